//! A program may know both WASI and this engine.

use cogen::{Allow, Clock, Outcome, Program};

use crate::case::engine;
use crate::guests;

#[test]
fn one_list_of_pollables_waits_for_things_of_wasi_and_of_the_engine() {
    let mut allow = Allow::default();
    for rule in ["spawn=wasi-mixed", "send=mixed", "wait=mixed"] {
        allow.add(rule.parse().expect("a rule"));
    }
    let program = Program::from_file(guests::path("wasi_mixed")).allow(allow);
    let mut engine = engine().clock(Clock::simulated()).program("wasi-mixed", program).build().expect("an engine");
    let coroutine = engine.spawn("wasi-mixed", "").expect("there is room");
    engine.run();
    assert_eq!(coroutine.outcome(), Some(Outcome::Returned(b"clock signal end sleep".to_vec())));
}
