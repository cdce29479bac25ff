//! S2, S3, S4: spawn, call, join.

use cogen::{Limit, Limits};

use crate::common::*;

fn s2(priority: Priority) -> Vec<String> {
    let child = script("child", [log("runs")]);
    Stage::play([script("parent", [Step::spawn(child).priority(priority)])])
}

#[test]
fn s2_the_spawned_runs_before_the_spawner_goes_on_unless_coroutine() {
    for priority in [Priority::Last, Priority::Operation] {
        assert_eq!(s2(priority), ["child runs", "parent spawn child"], "{priority:?}");
    }
    for priority in [Priority::Coroutine, Priority::First] {
        assert_eq!(s2(priority), ["parent spawn child", "child runs"], "{priority:?}");
    }
}

#[test]
fn the_spawned_and_the_spawner_stand_in_the_queue_as_the_priority_says() {
    let order = |priority| {
        let child = script("child", [log("runs")]);
        let heard = Stage::play([script("p", [Step::spawn(child).priority(priority)]), script("third", [log("runs")])]);
        heard.iter().map(|line| line.split(' ').next().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    // The third one stands in the queue when the first one spawns.
    assert_eq!(order(Priority::Default), ["child", "third", "p"]);
    assert_eq!(order(Priority::Last), ["child", "third", "p"]);
    assert_eq!(order(Priority::Operation), ["third", "child", "p"]);
    assert_eq!(order(Priority::Coroutine), ["p", "child", "third"]);
    assert_eq!(order(Priority::First), ["p", "third", "child"]);
}

#[test]
fn s3_a_call_returns_what_the_callee_returned() {
    let callee = script("c", [Step::Yield, Step::Return("2".into())]);
    let nothing = script("n", []);
    let heard = Stage::play([script("a", [Step::call(callee), Step::call(nothing)])]);
    assert_eq!(heard, ["c yield ok", "a call script returned 2", "a call script returned "]);
}

#[test]
fn s3_an_error_of_the_callee_can_be_caught_and_is_not_reported() {
    let callee = script("c", [Step::Yield, Step::Fail("boom".into())]);
    let mut stage = Stage::new();
    stage.spawn(script("a", [Step::call(callee), log("goes on")]));
    let report = stage.run();
    let heard = stage.heard();
    assert!(heard[1].starts_with("a error:") && heard[1].contains("boom"), "{heard:?}");
    assert_eq!(heard[2..], ["a goes on"]);
    assert_eq!(report.failed, 0);
}

#[test]
fn s3_an_error_three_deep_names_every_level() {
    let level = |name: &str, step| script(name, [step]).strict();
    let inner = level("inner", Step::Fail("boom".into()));
    let middle = level("middle", Step::call(inner));
    let outer = level("outer", Step::call(middle));
    let mut stage = Stage::new();
    let top = stage.spawn(outer);
    stage.run();
    let Some(Outcome::Failed { message }) = top.outcome() else { panic!("{:?}", top.outcome()) };
    assert_eq!(message.matches("`script`").count(), 2, "{message}");
    assert!(message.ends_with("boom"), "{message}");
}

#[test]
fn s3_three_deep_returns_the_innermost_value() {
    let mut stage = Stage::new();
    let top = stage.spawn(script("d", [Step::CallDepth { n: 3 }]));
    stage.run();
    assert_eq!(top.outcome(), returned("3"));
}

#[test]
fn s3_three_deep_each_adds_to_what_the_one_below_returned() {
    let level = |calls: &[Script], plus| script("s", [Step::ReturnSum { calls: calls.to_vec(), plus }]);
    let inner = level(&[], 1);
    let middle = level(&[inner], 2);
    let mut stage = Stage::new();
    let top = stage.spawn(level(&[middle], 2));
    stage.run();
    assert_eq!(top.outcome(), returned("5"));
}

#[test]
fn a_chain_of_a_thousand_calls_works() {
    let mut stage = Stage::with(|builder| builder.max_coroutines(1200));
    let top = stage.spawn(script("d", [Step::CallDepth { n: 1000 }]));
    stage.run();
    assert_eq!(top.outcome(), returned("1000"));
}

#[test]
fn the_limits_on_depth_and_room_answer_the_caller() {
    let mut stage = Stage::with(|builder| builder.max_call_depth(10));
    let top = stage.spawn(script("d", [Step::CallDepth { n: 20 }]));
    stage.run();
    assert_eq!(top.outcome(), returned("10"));
    assert!(stage.heard()[0].contains("max-call-depth"));

    let all = Limits::new().with(Limit::Coroutines, 8);
    let mut stage = Stage::with(|builder| builder.max_coroutines(8).program("script", guest("script").limits(all)));
    let top = stage.spawn(script("d", [Step::CallDepth { n: 20 }]));
    stage.run();
    assert_eq!(top.outcome(), returned("7"));
    assert!(stage.heard()[0].contains("max-coroutines"));
}

#[test]
fn s4_join_answers_the_value_and_of_a_failed_one_its_error() {
    let two = script("two", [Step::Sleep(MILLISECOND), Step::Return("2".into())]);
    let nothing = script("nothing", []);
    let failing = script("failing", [Step::Yield, Step::Fail("boom".into())]);
    let steps = [
        Step::spawn(two),
        Step::spawn(nothing),
        Step::spawn(failing),
        Step::join("two"),
        Step::join("two"),
        Step::join("nothing"),
        Step::join("failing"),
        Step::Info("two".into()),
    ];
    let mut stage = Stage::new();
    stage.spawn(script("j", steps));
    let report = stage.run();
    let heard = stage.heard();
    let joins: Vec<_> = heard.iter().filter(|line| line.starts_with("j ") && !line.contains("spawn")).collect();
    assert_eq!(joins[..3], ["j join two returned 2", "j join two returned 2", "j join nothing returned "]);
    assert!(joins[3].contains("boom"), "{heard:?}");
    assert_eq!(joins[4], "j info two script ended");
    assert_eq!(report.failed, 1);
    assert_eq!(heard.iter().filter(|line| *line == "script failed: boom").count(), 1, "reported once: {heard:?}");
}

#[test]
fn a_join_that_timed_out_can_be_repeated_and_one_in_time_is_answered() {
    let slow = script("slow", [Step::Sleep(SECOND), Step::Return("v".into())]);
    let in_time = || Step::join("slow").timeout(2 * SECOND);
    let steps = [Step::spawn(slow), Step::join("slow").timeout(MILLISECOND), in_time(), Step::Elapsed, in_time()];
    let heard = Stage::play([script("j", steps)]);
    let answer = "j join slow returned v";
    assert_eq!(heard, ["j spawn slow", "j error: timed out", "slow sleep ok", answer, "j elapsed 1000000000", answer]);
}

#[test]
fn a_caller_that_times_out_takes_its_callee_along() {
    let callee = script("c", [Step::Sleep(SECOND), log("must not happen")]);
    let mut stage = Stage::new();
    stage.spawn(script("a", [Step::call(callee).timeout(MILLISECOND), Step::Elapsed]));
    let report = stage.run();
    let heard = stage.heard();
    assert!(heard[0].starts_with("a error:"), "{heard:?}");
    assert_eq!(heard[1..], ["a elapsed 1000000"]);
    assert_eq!(report.ended, 2);
    assert!(report.parked.is_empty());
}

#[test]
fn context_is_inherited_as_it_was_at_that_moment() {
    let get = |name: &str| Step::ContextGet(name.into());
    let child = script("child", [get("k"), Step::ContextSet("k".into(), "child's".into()), get("k")]);
    let heard = Stage::play([script(
        "parent",
        [
            Step::ContextSet("k".into(), "v".into()),
            Step::call(child.clone()),
            get("k"),
            Step::ContextRemove("k".into()),
            Step::spawn(child),
            Step::ContextNames,
        ],
    )]);
    let expected =
        ["parent context-set k", "child context-get k = v", "child context-set k", "child context-get k = child's"];
    assert_eq!(heard[..4], expected);
    assert_eq!(heard[5], "parent context-get k = v");
    assert!(heard[7].starts_with("child error:"), "{heard:?}");
    assert_eq!(heard.last().map(String::as_str), Some("parent context-names "));
}

#[test]
fn a_call_that_is_dropped_kills_its_callee() {
    let callee = script("c", [Step::Sleep(SECOND), log("must not happen")]);
    let mut stage = Stage::new();
    stage.spawn(script("a", [Step::StartCallDrop { program: "script".into(), args: Args::Script(callee) }]));
    assert!(stage.run().parked.is_empty());
    assert_eq!(stage.heard(), ["a start-call-drop ok"]);
    assert_eq!(stage.engine.snapshot().len(), 0);
}
