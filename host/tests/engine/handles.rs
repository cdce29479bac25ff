//! What a handle of another coroutine is good for, and what the engine tells of each.

use std::time::Duration;

use crate::common::*;

fn child(steps: impl IntoIterator<Item = Step>) -> Step {
    Step::spawn(script("v", steps))
}

fn kill() -> Step {
    Step::Kill("v".into())
}

#[test]
fn a_guest_kills_by_its_handle_on_its_own_worker_and_on_another() {
    for workers in [1, 2] {
        for steps in [vec![Step::wait("never")], vec![Step::Sleep(1000 * SECOND)], vec![Step::Spin]] {
            let mut stage = Stage::with(|builder| builder.workers(workers));
            stage.spawn(script("d", [child(steps), kill(), Step::join("v"), kill(), Step::Elapsed]));
            let report = stage.run();
            assert_eq!((report.ended, report.failed, report.parked.len()), (2, 0, 0));
            let expected =
                ["d spawn v", "d kill v", "d error: `script` was killed", "d kill v", "d elapsed 0"].map(str::to_owned);
            assert_eq!(stage.heard(), expected, "{workers} workers");
        }
    }
}

#[test]
fn who_cancels_itself_is_told_at_its_next_wait_and_may_still_return() {
    for (end, outcome) in
        [(Step::Return("v".into()), returned("v")), (Step::Fail("gave up".into()), Some(Outcome::Cancelled))]
    {
        let mut stage = Stage::new();
        let own = stage.spawn(script("s", [Step::CancelSelf, Step::Now, Step::Sleep(SECOND), Step::Elapsed, end]));
        let report = stage.run();
        assert_eq!((own.outcome(), report.failed), (outcome, 0));
        assert_eq!(stage.heard(), ["s cancel-self ok", "s now 0", "s error: cancelled", "s elapsed 0"]);
    }
}

#[test]
fn to_forget_a_handle_ends_nobody() {
    let steps = [child([Step::Sleep(SECOND), log("goes on")]), Step::Forget("v".into()), Step::join("v")];
    let heard = Stage::play([script("d", steps)]);
    let unknown = "d error: the script keeps no handle `v`";
    assert_eq!(heard, ["d spawn v", "d forget v", unknown, "v sleep ok", "v goes on"]);
}

#[test]
fn a_select_is_won_by_whatever_comes_first() {
    let args = |ns| Args::Script(script("c", [Step::Sleep(ns), Step::Return("called".into())]));
    let call = |ns| Wait::Call { program: "script".into(), args: args(ns) };
    let give = || Wait::Give { name: "x".into(), value: "v".into(), recipients: 1 };
    let end = || Wait::End("v".into());
    let (soon, late) = (SECOND, 9 * SECOND);
    let ends = |ns| child([Step::Sleep(ns), Step::Return("ended".into())]);
    let takes = |ns| script("t", [Step::Sleep(ns), Step::wait("x").timeout(0)]);
    let cases = [
        ("a call", ends(late), takes(late), vec![call(soon), give(), end()], "d select 0 got called"),
        ("a signal", ends(late), takes(soon), vec![call(late), give(), end()], "d select 1 got 1"),
        ("an end", ends(soon), takes(late), vec![call(late), give(), end()], "d select 2 got ended"),
        ("one end twice", ends(soon), takes(late), vec![end(), end()], "d select 0 got ended"),
        ("a call in the same moment", ends(soon), takes(soon), vec![end(), call(soon)], "d select 0 got ended"),
    ];
    for (what, spawn, taker, waits, expected) in cases {
        let mut stage = Stage::new();
        stage.spawn(script("d", [spawn, Step::Select(waits), Step::Elapsed]));
        stage.spawn(taker);
        assert!(stage.run().parked.is_empty(), "{what}");
        let heard: Vec<_> = stage.heard().into_iter().filter(|line| line.starts_with("d ")).collect();
        assert_eq!(heard, ["d spawn v", expected, "d elapsed 1000000000"], "{what}");
        assert_eq!(stage.held(), [0; 4], "{what}");
    }
}

#[test]
fn a_timeout_may_be_a_moment_and_may_be_none_against_the_default() {
    let mut stage = Stage::with(|builder| builder.default_timeout(Some(Duration::from_secs(1))));
    let steps = [
        Step::wait("x"),
        Step::Elapsed,
        Step::wait("x").by(3 * SECOND),
        Step::Elapsed,
        Step::wait("x").by(0),
        Step::Elapsed,
        Step::wait("x").never(),
        Step::Elapsed,
    ];
    stage.spawn(script("w", steps));
    let taker = script("s", [Step::Sleep(1000 * SECOND), Step::signal("x", "v")]);
    stage.spawn(taker);
    assert!(stage.run().parked.is_empty());
    let heard: Vec<_> = stage.heard().into_iter().filter(|line| line.starts_with("w ")).collect();
    let timed_out = "w error: timed out";
    let [first, second, last] = [1, 4, 1000].map(|seconds| format!("w elapsed {}", seconds * SECOND));
    assert_eq!(heard, [timed_out, &first, timed_out, &second, timed_out, &second, "w wait x got v", &last]);
}

#[test]
fn the_default_timeout_of_a_program_goes_before_the_engines() {
    let elapsed = |program: &str| {
        let own = guest("script").default_timeout(Duration::from_secs(2));
        let mut stage =
            Stage::with(|builder| builder.default_timeout(Some(Duration::from_secs(5))).program("own", own));
        stage.engine.spawn(program, script("w", [Step::wait("x"), Step::Elapsed])).expect("there is room");
        assert!(stage.run().parked.is_empty());
        stage.heard().remove(1)
    };
    assert_eq!(elapsed("own"), "w elapsed 2000000000");
    assert_eq!(elapsed("script"), "w elapsed 5000000000");
}

#[test]
fn the_default_priority_of_a_program_goes_before_the_engines() {
    let order = |program: &str| {
        let own = guest("script").default_priority(cogen::Priority::First);
        let mut stage = Stage::with(|builder| builder.default_priority(cogen::Priority::Operation).program("own", own));
        for name in ["a", "b"] {
            stage.spawn(script(name, [Step::wait("x")]));
        }
        stage.engine.spawn(program, script("s", [Step::signal("x", "v")])).expect("there is room");
        stage.run();
        stage.heard()
    };
    let (a, b, s) = ("a wait x got v", "b wait x got v", "s signal x woke 2");
    assert_eq!(order("own"), [s, b, a]);
    assert_eq!(order("script"), [b, a, s]);
}

#[test]
fn a_guest_learns_who_another_coroutine_is() {
    let mut stage = Stage::new();
    // Before the spawner goes on the child has parked; with `coroutine` it has not begun.
    let describe = || Step::Describe("v".into());
    let rests = || child([Step::wait("x")]);
    let steps =
        [rests(), describe(), Step::signal("x", "v"), describe(), rests().priority(Priority::Coroutine), describe()];
    let parent = stage.spawn(script("d", steps.into_iter().chain([Step::Yield, kill(), Step::Yield, describe()])));
    stage.run();
    let describes: Vec<_> = stage.heard().into_iter().filter(|line| line.starts_with("d describe")).collect();
    let (first, second) = (parent.id(), "3");
    let line = |id: &str, state: &str| format!("d describe v script#{id} of {first} {state}");
    let expected = [line("2", "parked"), line("2", "ended"), line(second, "created"), line(second, "ended")];
    assert_eq!((first.to_string(), describes), ("1".into(), expected.to_vec()));
}

#[test]
fn the_table_tells_the_parent_the_worker_the_wait_its_time_and_the_work() {
    let mut stage = Stage::with(|builder| builder.workers(2));
    let worked = [Step::Repeat { n: 1000, steps: vec![Step::Now] }, Step::Sleep(SECOND), Step::wait("x")];
    let parent = stage.spawn(script("p", [child(worked), Step::wait("y").timeout(3 * SECOND), Step::wait("y")]));
    stage.run();
    let table = stage.engine.snapshot();
    let told: Vec<_> = table
        .iter()
        .map(|info| {
            (info.program.as_str(), info.parent, info.state, info.worker, info.waits_for.as_deref(), info.since)
        })
        .collect();
    // Three seconds have passed: the child waits since the first.
    let expected = [
        ("script", None, State::Parked, 0, Some("signal \"y\""), Some(Duration::ZERO)),
        ("script", Some(parent.id()), State::Parked, 1, Some("signal \"x\""), Some(Duration::from_secs(2))),
    ];
    assert_eq!(told, expected);
    assert!(table.iter().all(|info| info.cpu > Duration::ZERO && info.cpu < Duration::from_secs(60)), "{table:?}");
    assert!(table[1].id > table[0].id);
}

#[test]
fn the_spawned_are_balanced_over_the_workers() {
    let counts = |stage: &Stage| {
        let mut counts = [0; 4];
        stage.engine.snapshot().iter().for_each(|info| counts[info.worker] += 1);
        counts
    };
    let rests = || script("v", [Step::wait("never")]);
    let stage = Stage::with(|builder| builder.workers(4));
    for _ in 0..10 {
        stage.spawn(rests());
    }
    assert_eq!(counts(&stage), [3, 3, 2, 2], "from outside");
    let mut stage = Stage::with(|builder| builder.workers(4));
    stage.spawn(script("d", vec![Step::spawn(rests()); 9]).step(Step::wait("never")));
    stage.run();
    assert_eq!(counts(&stage), [3, 3, 2, 2], "by a guest");
    // A call stays with its caller, so that it costs no way between threads.
    let mut stage = Stage::with(|builder| builder.workers(4));
    stage.spawn(script("d", [Step::call(script("c", [Step::call(rests())]))]));
    stage.run();
    assert_eq!(counts(&stage), [3, 0, 0, 0], "by calls");
}

#[test]
fn an_outcome_tells_every_way_to_end_and_is_never_an_error() {
    let mut stage = Stage::with(|builder| builder.max_memory(16 << 20));
    let watch = |name: &str, steps: Vec<Step>| [Step::spawn(script(name, steps)), Step::outcome(name)];
    let cancelled = [
        Step::spawn(script("c", [Step::Sleep(SECOND), Step::Fail("gave up".into())])),
        Step::Cancel("c".into()),
        Step::outcome("c"),
        Step::outcome("c"),
    ];
    let steps = [
        watch("r", vec![Step::Sleep(SECOND), Step::Return("value".into())]).to_vec(),
        watch("f", vec![Step::Fail("boom".into())]).to_vec(),
        watch("t", vec![Step::Trap]).to_vec(),
        watch("e", vec![Step::Grow]).to_vec(),
        watch("k", vec![Step::KillSelf]).to_vec(),
        cancelled.to_vec(),
    ];
    stage.spawn(script("w", steps.concat()));
    stage.run();
    let heard = stage.heard();
    for (line, times) in [
        ("w outcome r returned value", 1),
        ("w outcome f failed: `script` failed: boom", 1),
        ("w outcome t failed: `script` trapped: ", 1),
        ("w outcome e failed: `script` exceeded a limit: ", 1),
        ("w outcome k failed: `script` was killed", 1),
        ("w outcome c failed: `script` was cancelled", 2),
        ("w error", 0),
    ] {
        assert_eq!(heard.iter().filter(|heard| heard.starts_with(line)).count(), times, "{line}: {heard:?}");
    }
}

#[test]
fn of_an_outcome_the_wait_alone_can_fail() {
    let waits = || child([Step::wait("never")]);
    let mut stage = Stage::new();
    stage.spawn(script("t", [waits(), Step::outcome("v").timeout(SECOND), Step::Elapsed, Step::Kill("v".into())]));
    stage.run();
    assert_eq!(stage.heard(), ["t spawn v", "t error: timed out", "t elapsed 1000000000", "t kill v"]);
    let waiter = stage.spawn(script("w", [waits(), Step::outcome("v"), Step::Kill("v".into())]));
    stage.run();
    let table = stage.engine.snapshot();
    let told = format!("the end of script#{}", table[1].id);
    assert_eq!(table[0].waits_for.as_deref(), Some(&*told));
    waiter.cancel();
    stage.run();
    assert_eq!(stage.heard(), ["w spawn v", "w error: cancelled", "w kill v"]);
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn nobody_waits_for_its_own_outcome() {
    let own = script("s", [Step::OutcomeSelf]);
    assert_eq!(Stage::play([own]), ["s error: invalid argument: a coroutine cannot wait for its own end"]);
}
