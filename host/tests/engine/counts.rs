//! How often coroutines run and are woken: work that nobody asked for shows in no answer, but here.

use crate::common::*;

/// A life, and how many slices and wakes it takes in all.
type Row = (&'static str, Vec<Script>, (u64, u64));

/// Each coroutine is queued once to start, and has its first slice then.
fn lives() -> Vec<Row> {
    let signal = |priority| script("s", [Step::signal("go", "v").priority(priority)]);
    let waiters = |n: usize| (0..n).map(|n| script(&n.to_string(), [Step::wait("go")]));
    let among = |n, priority| waiters(n).chain([signal(priority)]).collect();
    let recipients = || script("s", [Step::signal_to("go", "v", 1)]);
    let nothing = || script("n", []);
    let sleeper = || script("n", [Step::Sleep(MILLISECOND)]);
    let at_once = [
        log("said"),
        Step::Now,
        Step::ContextSet("k".into(), "v".into()),
        Step::ContextGet("k".into()),
        Step::wait("x").timeout(0),
        Step::signal_to("x", "v", 1).timeout(0),
        Step::Select(vec![Wait::Sleep(0), Wait::Signal("x".into())]),
        Step::signal("x", "v").priority(Priority::Coroutine),
    ];
    let joins_ended =
        [Step::spawn(nothing()), Step::join("n"), Step::join("n").timeout(SECOND), Step::Info("n".into())];
    // The end of one that is no longer waited for wakes nobody.
    let late = || Step::spawn(script("n", [Step::Sleep(2 * SECOND)]));
    let joins_in_vain = [late(), Step::join("n").timeout(SECOND), Step::Sleep(4 * SECOND)];
    let selects_in_vain = [late(), Step::Select(vec![Wait::End("n".into()), Wait::Sleep(1)]), Step::Sleep(4 * SECOND)];
    let cancelled = [Step::spawn(script("n", [Step::wait("x")])), Step::Cancel("n".into()), Step::join("n")];
    let killed = [Step::spawn(script("n", [Step::wait("x")])), Step::Kill("n".into()), Step::join("n")];
    vec![
        ("one that never waits", vec![nothing()], (1, 1)),
        ("what is ready at once adds nothing", vec![script("s", at_once)], (1, 1)),
        ("a sleep", vec![sleeper()], (2, 2)),
        ("a sleep of std", vec![script("s", [Step::StdSleep(MILLISECOND)])], (2, 2)),
        ("a wait that times out", vec![script("w", [Step::wait("x").timeout(MILLISECOND)])], (2, 2)),
        ("a yield is a slice and no wake", vec![script("y", [Step::Yield])], (2, 1)),
        ("ten yields beside one another", (0..2).map(|_| script("y", vec![Step::Yield; 10])).collect(), (22, 2)),
        ("a sleep of zero is a yield", vec![script("s", [Step::Sleep(0)])], (2, 1)),
        // The signaller lets the woken go first: one slice more, and no wake.
        ("a signal to one", among(1, Priority::Last), (4, 3)),
        ("a signal to five: each once more", among(5, Priority::Last), (12, 11)),
        ("a signal to five whose signaller goes on", among(5, Priority::Coroutine), (11, 11)),
        ("a signal to five, who go first", among(5, Priority::First), (11, 11)),
        // The signaller parks; its recipient is answered at once, and may then sleep undisturbed.
        ("a signal that waits", vec![recipients(), script("w", [Step::wait("go")])], (3, 3)),
        (
            "a sleep after an answer that came at once",
            vec![recipients(), script("w", [Step::wait("go"), Step::Sleep(SECOND)])],
            (4, 4),
        ),
        ("a call", vec![script("c", [Step::call(nothing())])], (3, 3)),
        ("a call of one that sleeps", vec![script("c", [Step::call(sleeper()).timeout(SECOND)])], (4, 4)),
        ("a spawn lets the new one go first", vec![script("p", [Step::spawn(nothing())])], (3, 2)),
        ("a join of one that has ended adds nothing", vec![script("p", joins_ended)], (3, 2)),
        ("a join", vec![script("p", [Step::spawn(sleeper()), Step::join("n")])], (5, 4)),
        ("a join that times out", vec![script("p", joins_in_vain)], (6, 5)),
        ("a select that another wins", vec![script("p", selects_in_vain)], (6, 5)),
        ("a cancel", vec![script("p", cancelled)], (5, 4)),
        // What is killed does not run again.
        ("a kill", vec![script("p", killed)], (4, 4)),
    ]
}

/// Slices and wakes. A machine that is very busy may let a tick fall into a slice, which is then cut in two: the fewest of
/// some tries count.
fn counted(scripts: &[Script]) -> (u64, u64) {
    let run = || {
        let mut stage = Stage::new();
        for script in scripts {
            stage.spawn(script.clone());
        }
        assert!(stage.run().parked.is_empty());
        let stats = stage.engine.stats();
        (stats.slices, stats.wakes)
    };
    (0..3).map(|_| run()).min().expect("there are some")
}

#[test]
fn nobody_runs_or_is_woken_more_often_than_it_must() {
    let counts: Vec<_> = lives().iter().map(|(life, scripts, _)| (*life, counted(scripts))).collect();
    let expected: Vec<_> = lives().iter().map(|&(life, _, expected)| (life, expected)).collect();
    assert_eq!(counts, expected);
}
