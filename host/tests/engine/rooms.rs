//! Who may have a store when there is not room for all.

use crate::common::*;

fn runs(name: &str) -> Script {
    script(name, [log("runs"), Step::Sleep(SECOND)])
}

#[test]
fn those_that_wait_for_room_get_it_the_eldest_first() {
    let mut stage = Stage::with(|builder| builder.max_coroutines(1));
    for name in ["a", "b", "c", "d"] {
        stage.spawn(runs(name));
    }
    assert!(stage.run().parked.is_empty());
    let ran: Vec<_> = stage.heard().into_iter().filter(|line| line.ends_with("runs")).collect();
    assert_eq!(ran, ["a runs", "b runs", "c runs", "d runs"]);
}

#[test]
fn the_eldest_is_the_one_spawned_first_not_the_one_that_asked_first() {
    let spawn = |name| Step::spawn(runs(name)).priority(Priority::Coroutine);
    let mut stage = Stage::with(|builder| builder.max_coroutines(2));
    // The last one spawned is the first in the queue, and takes the only room; the others have asked in the order c, b, a.
    stage.spawn(
        script("p", [spawn("a"), spawn("b"), spawn("c"), spawn("d")]).steps(["a", "b", "c", "d"].map(Step::join)),
    );
    assert!(stage.run().parked.is_empty());
    let ran: Vec<_> = stage.heard().into_iter().filter(|line| line.ends_with("runs")).collect();
    assert_eq!(ran, ["d runs", "a runs", "b runs", "c runs"]);
}

/// D has spawned A, which has the only other room, and B and C, which wait for it. What becomes of B when D does `steps`?
fn b_and_c_wait(steps: impl IntoIterator<Item = Step>) -> Vec<String> {
    let waits = |name| script(name, [log("runs"), Step::wait("never")]);
    let spawns = [waits("a"), waits("b"), script("c", [log("runs")])].map(Step::spawn);
    let mut stage = Stage::with(|builder| builder.max_coroutines(2));
    stage.spawn(script("d", spawns).steps(steps).step(Step::join("c")));
    let parked = stage.run().parked;
    assert!(parked.is_empty(), "{parked:?}");
    assert_eq!(stage.held(), [0; 4]);
    stage.heard().into_iter().filter(|line| line.ends_with("runs") || line.starts_with("d join")).collect()
}

#[test]
fn one_that_is_ended_while_it_waits_for_room_never_runs_and_keeps_nobody_waiting() {
    let never_ran = ["a runs", "c runs", "d join c returned "];
    let kill = |name: &str| Step::Kill(name.into());
    for end in [Step::Kill, Step::Cancel] {
        assert_eq!(b_and_c_wait([end("b".into()), kill("a")]), never_ran, "while it waits");
        // Once A has ended, its room is B's, which is queued behind D.
        assert_eq!(b_and_c_wait([kill("a"), Step::Yield, end("b".into())]), never_ran, "with a room, before it runs");
        assert_eq!(b_and_c_wait([kill("a"), end("b".into()), Step::Yield]), never_ran, "in the same moment");
        let ran = ["a runs", "b runs", "c runs", "d join c returned "];
        assert_eq!(b_and_c_wait([kill("a"), Step::join("a"), Step::Yield, end("b".into())]), ran, "while it runs");
    }
}

#[test]
fn of_several_calls_with_one_room_left_one_is_begun_and_the_others_are_refused_at_once() {
    let calls = Step::StartCalls { program: "script".into(), args: Args::Script(runs("callee")), n: 3 };
    let mut stage = Stage::with(|builder| builder.max_coroutines(2));
    stage.spawn(script("p", [calls.clone(), Step::Elapsed, Step::Yield, Step::Yield, calls]));
    assert!(stage.run().parked.is_empty());
    let heard = stage.heard();
    let refused = ", limit reached: 2 coroutines have a store; raise `max-coroutines` in [engine]";
    let begun = format!("p start-calls 1{refused}{refused}");
    assert_eq!(heard, [&*begun, "p elapsed 0", "p yield ok", "p yield ok", &*begun], "its room comes back");
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn a_chain_of_a_thousand_calls_needs_no_settings_however_many_workers_there_are() {
    let mut stage = Stage::with(|builder| builder.workers(8).max_coroutines(4096));
    let top = stage.spawn(script("d", [Step::CallDepth { n: 1000 }]));
    stage.run();
    assert_eq!(top.outcome(), returned("1000"));
}

#[test]
fn one_worker_may_use_the_room_of_all() {
    for (asked_for, depth) in [(3, "3"), (4, "3")] {
        let mut stage = Stage::with(|builder| builder.workers(4).max_coroutines(4));
        let top = stage.spawn(script("d", [Step::CallDepth { n: asked_for }]));
        stage.run();
        assert_eq!(top.outcome(), returned(depth), "{asked_for}: {:?}", stage.heard());
    }
}
