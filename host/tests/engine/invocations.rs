//! Functions of a component, invoked by name: coroutines like all others.

use std::time::Duration;

use cogen::{ErrorKind, Limit, Limits};

use crate::common::*;

/// An engine with the program `exports`, of these limits.
fn stage(limits: Limits) -> Stage {
    Stage::with(|builder| builder.program("exports", guest("exports").limits(limits)))
}

fn invoke(stage: &Stage, invocation: &str) -> Coroutine {
    stage.engine.spawn("exports", invocation).expect("it makes sense")
}

#[test]
fn the_value_is_the_result_in_wave() {
    let mut stage = stage(Limits::default());
    let [sum, greeting, nothing] =
        ["add(1, 2)", "greet({name: \"Ada\"})", "nap(0)"].map(|invocation| invoke(&stage, invocation));
    stage.run();
    assert_eq!(sum.outcome(), returned("3"));
    assert_eq!(greeting.outcome(), returned("ok(\"hello Ada\")"));
    assert_eq!(nothing.outcome(), returned("()"));
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn a_function_that_waits_parks_the_coroutine() {
    let mut stage = stage(Limits::default());
    let began = std::time::Instant::now();
    let naps: Vec<_> = (0..50).map(|_| invoke(&stage, "nap(3600000)")).collect();
    stage.run();
    assert!(naps.iter().all(|nap| nap.outcome() == returned("()")));
    assert!(began.elapsed() < Duration::from_secs(3600), "time is simulated");
}

#[test]
fn it_can_be_killed_and_cancelled_where_it_waits() {
    let mut stage = stage(Limits::default());
    let [killed, cancelled] = [(); 2].map(|()| invoke(&stage, "nap(3600000)"));
    stage.turn_until(&killed, State::Parked);
    stage.turn_until(&cancelled, State::Parked);
    killed.kill();
    cancelled.cancel();
    stage.run();
    assert_eq!(killed.outcome(), Some(Outcome::Killed));
    assert!(cancelled.outcome().is_some());
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn limits_hold_for_what_it_is_given_and_for_what_it_answers() {
    let mut stage = stage(Limits::default().with(Limit::HostCallBytes, 1 << 20));
    let little = invoke(&stage, "repeat(18446744073709551615, 1000)");
    let much = invoke(&stage, "repeat(18446744073709551615, 1000000)");
    stage.run();
    assert!(little.outcome().is_some_and(|outcome| outcome.is_success()));
    let Some(Outcome::Exceeded { limit }) = much.outcome() else { panic!("{:?}", much.outcome()) };
    assert!(limit.contains("host-call-bytes"), "{limit}");
}

#[test]
fn text_that_is_longer_than_a_result_may_be_exceeds_the_bound() {
    let mut stage = stage(Limits::default());
    let much = invoke(&stage, "repeat(18446744073709551615, 800000)");
    stage.run();
    let told = "result: more than the 16777216 bytes that are allowed";
    assert_eq!(much.outcome(), Some(Outcome::Exceeded { limit: told.into() }));
}

#[test]
fn an_invocation_that_makes_no_sense_is_refused_before_anything_runs() {
    let stage = stage(Limits::default());
    let error = stage.engine.spawn("exports", "add(1, x)").expect_err("there is no such value");
    assert_eq!(error.kind(), ErrorKind::Invocation);
    let told = "cannot spawn `exports`: `b` is to be a value of type u32: this is of another type, at column 8:\n\
                add(1, x)\n       ^";
    assert_eq!(error.to_string(), told);
    assert_eq!(error.hint(), Some("add: func(a: u32, b: u32) -> u32"));
    for nonsense in [&b"\xff"[..], b"add(1, 2", b"\0", b"add(1, \"\\u{110000}\")"] {
        assert!(stage.engine.spawn("exports", nonsense).is_err(), "{}", nonsense.escape_ascii());
    }
    let deep = format!("sum({})", "[".repeat(1 << 20));
    let error = stage.engine.spawn("exports", deep).expect_err("it is too deep");
    assert!(error.to_string().len() < 1000, "{error}");
}

#[test]
fn one_that_calls_with_nonsense_is_told_so() {
    let mut stage = stage(Limits::default());
    let args = Args::Text("add(1)".into());
    stage.spawn(script("s", [Step::Call { program: "exports".into(), args, opts: Default::default() }]));
    stage.run();
    let heard = stage.heard();
    assert!(heard.iter().any(|line| line.contains("of arguments there are 1, and it takes 2")), "{heard:?}");
}
