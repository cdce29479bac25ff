//! Any component, or a guest made by dice, in an engine that must not mind.

use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use cogen::{Allow, Clock, Engine, ErrorKind, Limit, Limits, Program, ReactorKind, SimulatedNetwork};

use crate::guest;

/// How long one run may take. Most end by themselves; some call themselves again and again.
const BOUND: Duration = Duration::from_millis(100);

/// Small enough that dice meet them.
const LIMITS: &[(Limit, u64)] = &[
    (Limit::Handles, 100),
    (Limit::Sockets, 10),
    (Limit::Pending, 20),
    (Limit::Timers, 20),
    (Limit::Children, 10),
    (Limit::Waiting, 10),
    (Limit::SignalsPerSecond, 1000),
];

/// Bytes that begin as a component are one, in binary or as text; of all others a guest is made that uses what the engine offers
/// in ways that no compiler would. Whatever it does, the engine goes on, and nothing is left of it.
///
/// # Panics
/// When something else happens.
pub fn run(bytes: &[u8]) {
    let is_component = bytes.starts_with(b"\0asm") || bytes.starts_with(b"(");
    let component = if is_component { wat::parse_bytes(bytes).ok().map(Into::into) } else { made_of(bytes) };
    let Some(component) = component else { return };
    let limits = LIMITS.iter().fold(Limits::new(), |limits, &(limit, number)| limits.with(limit, number));
    let builder = Engine::builder()
        .workers(1)
        .clock(Clock::simulated())
        .reactor(ReactorKind::Simulated(SimulatedNetwork::new(1)))
        .default_timeout(Some(Duration::from_secs(1)))
        .max_coroutines(8)
        .max_call_depth(4)
        .max_memory(1 << 20)
        .max_payloads(1 << 20)
        .on_event(|event| drop(format!("{event:?}")))
        .program(guest::PROGRAM, Program::from_bytes(component).allow(Allow::all()).limits(limits));
    let mut engine = match builder.build() {
        Ok(engine) => engine,
        Err(error) => return assert!(is_component, "what was made is no component: {error}"),
    };
    let guest = match engine.spawn(guest::PROGRAM, *b"arguments") {
        Ok(guest) => guest,
        // One that only exports functions is entered by a name, and these are no arguments for that.
        Err(error) => return assert!(is_component && error.kind() == ErrorKind::Invocation, "{error}"),
    };
    let began = Instant::now();
    while engine.turn(Duration::ZERO) != cogen::Turn::Finished && began.elapsed() < BOUND {}
    engine.shutdown(Duration::ZERO);
    assert!(guest.outcome().is_some(), "it has ended, or was killed");
    drop(guest);
    let stats = engine.stats();
    assert_eq!([stats.coroutines, stats.timers, stats.waiters, stats.payloads], [0; 4], "something is left");
}

/// The guest that these bytes stand for, if there are enough of them.
fn made_of(bytes: &[u8]) -> Option<Vec<u8>> {
    guest::component(&mut Unstructured::new(bytes)).ok()
}
