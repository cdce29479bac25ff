//! Scenarios in which two take part: every language on either side.

use crate::stage::{Stage, languages, pairs};

#[test]
fn each_calls_each() {
    let mut stage = Stage::new();
    for (foo, bar) in pairs() {
        assert_eq!(stage.value(foo, &["calls-foo", bar]), "spam, ham and eggs", "{foo} calls {bar}");
        let lines = [format!("{foo}: foo"), format!("{bar}: bar"), format!("{foo}: spam, ham and eggs")];
        assert_eq!(stage.heard(), lines, "{foo} calls {bar}");
    }
}

#[test]
fn each_signals_each() {
    let mut stage = Stage::new();
    for (foo, bar) in pairs() {
        let waiter = stage.engine.spawn(bar, "signals-bar").expect("there is room");
        stage.value(foo, &["signals-foo"]);
        assert!(waiter.outcome().is_some_and(|outcome| outcome.is_success()), "{foo} signals {bar}");
        let lines = ["spam", "ham", "eggs", "No more stuff!"].map(|line| format!("{bar}: {line}"));
        assert_eq!(stage.heard(), lines, "{foo} signals {bar}");
    }
}

#[test]
fn the_failure_of_each_is_read_in_each() {
    let mut stage = Stage::new();
    for (reader, failing) in pairs() {
        let read = stage.value(reader, &["failure-read", failing, "failure", "it is Tuesday"]);
        assert_eq!(read, format!("{failing} ended as failed: it is Tuesday"), "{reader} reads {failing}");
    }
}

/// What is a bug in one is told in another with what its language calls it.
#[test]
fn a_bug_in_each_is_read_in_each() {
    let mut stage = Stage::new();
    for (reader, failing) in pairs() {
        let read = stage.value(reader, &["failure-read", failing, "trap", "now"]);
        let (ending, message) = bug_in(failing);
        assert!(read.starts_with(&format!("{failing} ended as {ending}: ")), "{reader} reads {failing}: {read}");
        assert!(read.contains(message), "{reader} reads {failing}: {read}");
    }
}

/// How a bug ends a coroutine, and what is in its message.
fn bug_in(language: &str) -> (&'static str, &'static str) {
    match language {
        "python" => ("failed", "ZeroDivisionError: "),
        "js" => ("failed", "TypeError: "),
        _ => ("trapped", ""),
    }
}

#[test]
fn what_is_handed_down_by_each_reaches_each() {
    let mut stage = Stage::new();
    for (one, other) in pairs() {
        assert_eq!(stage.value(one, &["context", other]), "red", "{one} hands down to {other}");
    }
    for language in languages() {
        assert_eq!(stage.value(language, &["context-read"]), "none");
    }
}

#[test]
fn a_value_of_each_arrives_as_one_of_each() {
    let mut stage = Stage::new();
    for (from, to) in pairs() {
        assert_eq!(stage.value(from, &["payload", to]), "Ada 36 x,y 3.25 none yes", "{from} sends to {to}");
    }
}

#[test]
fn each_cancels_each() {
    let mut stage = Stage::new();
    for (one, other) in pairs() {
        assert_eq!(stage.value(one, &["cancel", other]), "cancelled", "{one} cancels {other}");
        let lines = [format!("{one}: timed out"), format!("{other}: cleaning up"), format!("{one}: cancelled")];
        assert_eq!(stage.heard(), lines, "{one} cancels {other}");
    }
}

#[test]
fn each_spawns_a_hundred_of_itself_and_joins_them_all() {
    let mut stage = Stage::new();
    for language in languages() {
        assert_eq!(stage.value(language, &["fan-out", language, "100"]), "338350", "{language}");
    }
}
