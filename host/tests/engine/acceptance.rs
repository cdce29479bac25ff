//! S3 to S6 and Q1 at every default priority: who runs first may differ, what comes of it may not. (S1 and S2, where the
//! order is the fact, stand with signals and calls.)

use crate::common::*;

const PRIORITIES: [cogen::Priority; 4] =
    [cogen::Priority::Last, cogen::Priority::Operation, cogen::Priority::Coroutine, cogen::Priority::First];

/// What was heard at each priority, without its order, and how many failed. Answers the numbers of each engine.
fn at_each(scripts: impl Fn() -> Vec<Script>, expected: &[&str], failed: u64) -> Vec<cogen::Stats> {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let stats = PRIORITIES.map(|priority| {
        let mut stage = Stage::with(|builder| builder.default_priority(priority));
        for script in scripts() {
            stage.spawn(script);
        }
        let report = stage.run();
        let mut heard = stage.heard();
        heard.sort_unstable();
        assert_eq!(heard, expected, "{priority:?}");
        assert_eq!((report.parked.len(), report.failed), (0, failed), "{priority:?}");
        assert_eq!(stage.held(), [0; 4], "{priority:?}");
        stage.engine.stats()
    });
    stats.into()
}

#[test]
fn s3_calls() {
    at_each(
        || {
            let two = script("c", [Step::Yield, Step::Return("2".into())]);
            vec![script("a", [Step::call(two), Step::call(script("n", [])), Step::call(script("d", [log("here")]))])]
        },
        &["c yield ok", "a call script returned 2", "a call script returned ", "d here", "a call script returned "],
        0,
    );
}

#[test]
fn s3_an_error_of_a_callee_can_be_caught_and_is_not_reported() {
    let failing = || script("f", [Step::Yield, Step::Fail("boom".into())]);
    at_each(
        || vec![script("a", [Step::call(failing()), log("goes on")])],
        &["f yield ok", "a error: `script` failed: boom", "a goes on"],
        0,
    );
}

#[test]
fn s3_three_deep() {
    let level = |name: &str, step| script(name, [Step::Yield, step]).strict();
    let sum = |calls: &[Script], plus| Step::ReturnSum { calls: calls.to_vec(), plus };
    let five = || sum(&[level("middle", sum(&[level("inner", sum(&[], 1))], 2))], 2);
    let boom = || Step::call(level("middle", Step::call(level("inner", Step::Fail("boom".into())))));
    at_each(
        || vec![script("a", [Step::call(script("top", [five()]))])],
        &["middle yield ok", "inner yield ok", "a call script returned 5"],
        0,
    );
    at_each(
        || vec![script("top", [boom()]).strict()],
        &["middle yield ok", "inner yield ok", "script failed: `script` failed: `script` failed: boom"],
        1,
    );
}

#[test]
fn s3_arguments_and_results_come_as_they_were_given() {
    let says = |text: &str| script("c", [log(text), Step::Return(text.into())]);
    let texts = ["", "0", "ein Wort", "\0", "äöü ∀∃ 🦀", "{\"name\":[]}"];
    let heard = texts.map(|text| [format!("c {text}"), format!("a call script returned {text}")]).concat();
    let heard: Vec<_> = heard.iter().map(String::as_str).collect();
    at_each(|| vec![script("a", texts.map(|text| Step::call(says(text))))], &heard, 0);
    // A command takes its arguments as one text.
    let hello =
        |args: &str| Step::Call { program: "hello".into(), args: Args::Text(args.into()), opts: Default::default() };
    at_each(
        || vec![script("a", [hello("1\0\0x y")])],
        &["a call hello returned ", "hello [\"1\", \"\", \"x y\"]", "slept 1 ms", "4 letters"],
        0,
    );
}

#[test]
fn s4_joins() {
    at_each(
        || {
            let two = script("two", [Step::Sleep(MILLISECOND), Step::Return("2".into())]);
            let failing = script("failing", [Step::Yield, Step::Fail("boom".into())]);
            let steps = [Step::spawn(two), Step::spawn(failing), Step::join("two"), Step::Info("failing".into())];
            vec![script("j", steps)]
        },
        &[
            "j spawn two",
            "j spawn failing",
            "two sleep ok",
            "failing yield ok",
            "script failed: boom",
            "j join two returned 2",
            "j info failing script ended",
        ],
        1,
    );
}

#[test]
fn s5_no_timer_of_an_ended_wait_fires_into_later_sleeps() {
    let stats = at_each(
        || {
            let wait = Step::wait("x").timeout(10 * MILLISECOND);
            let rest = [Step::Sleep(5 * MILLISECOND), Step::Sleep(20 * MILLISECOND), Step::Elapsed];
            vec![script("w", [vec![wait], rest.to_vec()].concat()), script("s", [Step::signal("x", "v")])]
        },
        &["w wait x got v", "s signal x woke 1", "w sleep ok", "w sleep ok", "w elapsed 25000000"],
        0,
    );
    // Two that start, one that is signalled, two sleeps that end: a timer left behind would wake the second sleep.
    assert!(stats.iter().all(|stats| stats.wakes == 5), "{stats:?}");
}

#[test]
fn s6_a_sleep_of_one_second() {
    at_each(|| vec![script("s", [Step::Sleep(SECOND), Step::Elapsed])], &["s sleep ok", "s elapsed 1000000000"], 0);
}

#[test]
fn q1_a_signal_for_two() {
    at_each(
        || {
            vec![
                script("s", [Step::signal_to("x", "v", 2), Step::Elapsed]),
                script("a", [Step::wait("x")]),
                script("b", [Step::Sleep(SECOND), Step::wait("x")]),
            ]
        },
        &["a wait x got v", "b sleep ok", "b wait x got v", "s signal x woke 2", "s elapsed 1000000000"],
        0,
    );
}
