//! Coroutines that end with a scope.

use std::time::Duration;

use crate::common::*;

/// A script that makes the scope `g` and goes on with these steps.
fn owner(steps: impl IntoIterator<Item = Step>) -> Script {
    script("o", [Step::Scope("g".into())]).steps(steps)
}

/// A child of the scope `g`.
fn child(name: &str, steps: impl IntoIterator<Item = Step>) -> Step {
    Step::scope_spawn("g", script(name, steps))
}

fn join() -> Step {
    Step::scope_join("g")
}

fn fail() -> Step {
    Step::Fail("boom".into())
}

/// A child that says so when it is cancelled, and gives up.
fn polite(name: &str) -> Step {
    child(name, [Step::Sleep(100 * SECOND), log("tidies up"), Step::Fail("gave up".into())])
}

/// A child that does not care whether it is cancelled: from then on it only spins, for it could not wait any more. While it
/// does, a simulated clock stands still.
fn stubborn(name: &str) -> Step {
    child(name, [Step::wait("never"), Step::Spin])
}

/// Plays a scope to its end; answers what was heard but the spawns. Nothing may be left of it.
fn play(steps: impl IntoIterator<Item = Step>) -> Vec<String> {
    let mut stage = Stage::new();
    stage.spawn(owner(steps));
    let report = stage.run();
    assert_eq!((report.parked.len(), report.failed, stage.held()), (0, 0, [0; 4]), "{:?}", report.parked);
    said(&stage)
}

/// What was heard but of what was started.
fn said(stage: &Stage) -> Vec<String> {
    let starts = |line: &String| line.starts_with("o scope g") || line.starts_with("o scope-spawn");
    stage.heard().into_iter().filter(|line| !starts(line)).collect()
}

fn nothing_is_left(stage: &mut Stage) {
    let report = stage.run();
    assert_eq!((report.parked.len(), stage.held()), (0, [0; 4]), "{:?}", report.parked);
}

#[test]
fn a_scope_ends_when_its_last_child_does() {
    let sleeps = |name, seconds| child(name, [Step::Sleep(seconds * SECOND), Step::Return("v".into())]);
    let heard = play([sleeps("a", 1), sleeps("b", 3), sleeps("c", 2), join(), Step::Elapsed]);
    let ends = ["a sleep ok", "c sleep ok", "b sleep ok", "o scope-join g ok", "o elapsed 3000000000"];
    assert_eq!(heard, ends);
    assert_eq!(
        play([join(), Step::Elapsed]),
        ["o scope-join g ok", "o elapsed 0"],
        "without children it does not wait"
    );
}

#[test]
fn the_first_failure_cancels_the_others_and_is_told_where_they_are_waited_for_and_nowhere_else() {
    let heard = play([polite("a"), child("f", [Step::Sleep(SECOND), fail()]), polite("b"), join(), Step::Elapsed]);
    let told = [
        "f sleep ok",
        "a error: cancelled",
        "a tidies up",
        "b error: cancelled",
        "b tidies up",
        "o scope-join g `script` failed: boom",
        "o elapsed 1000000000",
    ];
    assert_eq!(heard, told, "nobody reports the failure");
}

#[test]
fn a_failure_acts_while_the_owner_is_busy_elsewhere() {
    let heard = play([polite("a"), child("f", [fail()]), Step::Sleep(SECOND), join()]);
    let told = ["a error: cancelled", "a tidies up", "o sleep ok", "o scope-join g `script` failed: boom"];
    assert_eq!(heard, told);
}

#[test]
fn whoever_ends_without_a_value_has_failed() {
    let mut stage = Stage::with(|builder| builder.max_memory(16 << 20));
    let by_handle = |act: fn(String) -> Step| vec![child("x", [Step::wait("never")]), act("x".into())];
    for (steps, told) in [
        (vec![child("x", [Step::Trap])], "trapped: wasm `unreachable` instruction executed"),
        (vec![child("x", [Step::Exit(1)])], "failed: exited with status 1"),
        (vec![child("x", [Step::Grow])], "exceeded a limit: "),
        (vec![child("x", [Step::KillSelf])], "was killed"),
        (by_handle(Step::Kill), "was killed"),
        (vec![child("x", [Step::wait("never"), fail()]), Step::Cancel("x".into())], "was cancelled"),
    ] {
        stage.spawn(owner([polite("a")].into_iter().chain(steps).chain([join()])));
        nothing_is_left(&mut stage);
        let heard = said(&stage);
        assert!(heard.iter().any(|line| line == "a tidies up"), "{told}: {heard:?}");
        let told = format!("o scope-join g `script` {told}");
        assert!(heard.iter().any(|line| line.starts_with(&told)), "{told}: {heard:?}");
    }
    // One that is cancelled may still return a value.
    stage.spawn(owner([child("x", [Step::wait("never"), Step::Return("v".into())]), Step::Cancel("x".into()), join()]));
    nothing_is_left(&mut stage);
    assert_eq!(said(&stage), ["o cancel x", "x error: cancelled", "o scope-join g ok"]);
}

#[test]
fn all_failures_are_told_in_the_order_of_the_ends() {
    let traps = |name| child(name, [Step::wait("never"), Step::Trap]);
    let killed = child("k", [Step::wait("never"), Step::KillSelf]);
    let heard = play([traps("a"), child("f", [Step::Sleep(SECOND), fail()]), killed, polite("p"), traps("b"), join()]);
    let joined = heard.iter().find(|line| line.starts_with("o scope-join")).expect("it is told");
    let endings: Vec<_> =
        joined.split("`script` ").skip(1).filter_map(|ending| ending.split([':', ';']).next()).collect();
    assert_eq!(endings, ["failed", "trapped", "was killed", "trapped"], "{joined}");
}

#[test]
fn of_many_failures_a_hundred_are_told_and_how_many_more_there_were() {
    let traps = (0..150).map(|number| child(&number.to_string(), [Step::wait("never"), Step::Trap]));
    let mut stage = Stage::with(|builder| builder.max_coroutines(200));
    stage.spawn(owner(traps.chain([child("f", [Step::Sleep(SECOND), fail()]), join()])));
    nothing_is_left(&mut stage);
    let heard = said(&stage);
    let joined = heard.iter().find(|line| line.starts_with("o scope-join")).expect("it is told");
    assert_eq!(joined.matches("`script` ").count(), 100);
    assert!(joined.ends_with("; and 51 more"), "{joined}");
}

#[test]
fn a_cancelled_scope_has_not_failed_and_starts_nobody() {
    let late = || child("late", [log("must not happen")]);
    let cancel = || Step::ScopeCancel("g".into());
    let heard = play([polite("a"), polite("b"), cancel(), late(), join(), late(), cancel(), join()]);
    let refused = "o error: invalid argument: the scope has been cancelled: nothing is started in it any more";
    let cancelled = "o scope-cancel g";
    let joined = "o scope-join g ok";
    let tidied = ["a error: cancelled", "a tidies up", "b error: cancelled", "b tidies up"];
    assert_eq!(heard, [&[cancelled, refused][..], &tidied, &[joined, refused, cancelled, joined]].concat());

    let failed = "o error: `script` failed: boom";
    assert_eq!(play([child("f", [fail()]), late(), join()]), [failed, "o scope-join g `script` failed: boom"]);
}

#[test]
fn a_scope_may_be_waited_for_again_and_filled_again() {
    let returns = |name| child(name, [Step::Sleep(SECOND)]);
    let heard = play([returns("a"), join(), returns("b"), join(), child("f", [fail()]), join(), join(), Step::Elapsed]);
    let ok = "o scope-join g ok";
    let failed = "o scope-join g `script` failed: boom";
    assert_eq!(heard, ["a sleep ok", ok, "b sleep ok", ok, failed, failed, "o elapsed 2000000000"]);
}

#[test]
fn a_wait_whose_time_is_up_leaves_the_children_alone() {
    let sleeps = child("a", [Step::Sleep(3 * SECOND)]);
    let heard = play([sleeps, join().timeout(SECOND), join().timeout(0), join(), Step::Elapsed]);
    let timed_out = "o scope-join g timed out";
    assert_eq!(heard, [timed_out, timed_out, "a sleep ok", "o scope-join g ok", "o elapsed 3000000000"]);
}

#[test]
fn the_end_of_a_scope_can_be_selected() {
    let select = |sleep| Step::Select(vec![Wait::Sleep(sleep), Wait::Scope("g".into())]);
    let heard = play([child("a", [Step::Sleep(2 * SECOND)]), select(SECOND), select(5 * SECOND), select(0), join()]);
    assert_eq!(heard, ["o select 0", "a sleep ok", "o select 1", "o select 0", "o scope-join g ok"]);
}

#[test]
fn the_table_tells_how_many_children_are_waited_for() {
    let mut stage = Stage::new();
    let owner = stage.spawn(owner([child("a", [Step::wait("x")]), child("b", [Step::wait("x")]), join()]));
    stage.run();
    let table = stage.engine.snapshot();
    assert_eq!(table[0].waits_for.as_deref(), Some("the end of 2 children"));
    assert!(table[1..].iter().all(|info| info.parent == Some(owner.id())), "{table:?}");
    stage.spawn(script("s", [Step::signal("x", "")]));
    nothing_is_left(&mut stage);
}

#[test]
fn children_do_not_outlive_their_owner_however_it_ends() {
    let nested = || {
        let steps = [Step::Scope("g".into()), stubborn("deep"), child("deeper", [Step::wait("never")]), join()];
        child("nested", steps)
    };
    for (end, outcome) in [
        (Step::Return("v".into()), "returned 1 bytes"),
        (fail(), "failed: boom"),
        (Step::Trap, "trapped: wasm `unreachable` instruction executed"),
        (Step::Exit(0), "returned 0 bytes"),
        (Step::KillSelf, "was killed"),
    ] {
        for workers in [1, 2] {
            let mut stage = Stage::with(|builder| builder.workers(workers));
            let owner = stage.spawn(owner([nested(), stubborn("a"), polite("b"), Step::Sleep(SECOND), end.clone()]));
            nothing_is_left(&mut stage);
            assert_eq!(owner.outcome().map(|outcome| outcome.to_string()).as_deref(), Some(outcome));
            assert!(!said(&stage).contains(&"b tidies up".to_owned()), "it is killed");
        }
    }
}

#[test]
fn children_do_not_outlive_an_owner_that_is_killed_wherever_it_is() {
    for wait in [join(), Step::Select(vec![Wait::Scope("g".into())]), Step::wait("never"), Step::Spin] {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
        let owner = stage.spawn(owner([stubborn("a"), child("b", [Step::Spin]), child("c", [Step::wait("x")]), wait]));
        for _ in 0..20 {
            stage.engine.turn(Duration::from_millis(1));
        }
        owner.kill();
        nothing_is_left(&mut stage);
        assert_eq!(owner.outcome(), Some(Outcome::Killed));
    }
}

#[test]
fn what_a_child_has_started_without_a_scope_is_not_the_scopes() {
    let mut stage = Stage::new();
    stage.spawn(owner([child("a", [Step::spawn(script("free", [Step::wait("x")]))]), join()]));
    let report = stage.run();
    assert_eq!(report.parked.len(), 1, "{:?}", report.parked);
    assert_eq!(said(&stage), ["a spawn free", "o scope-join g ok"]);
}

#[test]
fn to_drop_a_scope_half_way_kills_its_children_and_nobody_else() {
    let drops = Step::ScopeDrop("g".into());
    let heard = play([polite("a"), stubborn("b"), drops, Step::join("a"), Step::join("b"), Step::Sleep(SECOND)]);
    let killed = "o error: `script` was killed";
    assert_eq!(heard, ["o scope-drop g", killed, killed, "o sleep ok"]);
    // Failures that nobody asked for go with it, however long they are.
    let fails = || child("f", [Step::Fail("x".repeat(10_000))]);
    assert_eq!(play([fails(), Step::Yield]), ["o yield ok"]);
    let heard = play([fails(), Step::Yield, Step::ScopeDrop("g".into()), join()]);
    assert_eq!(heard, ["o yield ok", "o scope-drop g", "o error: the script keeps no scope `g`"]);
}

#[test]
fn a_cancelled_owner_is_told_so_once_its_children_have_had_the_time_to_end() {
    for wait in [join(), join().timeout(1000 * SECOND)] {
        let mut stage = Stage::new();
        let slow = child("slow", [Step::wait("never"), log("begins"), Step::Random, log("tidies up")]);
        let owner = stage.spawn(owner([polite("a"), slow, wait, Step::Elapsed]));
        stage.engine.turn(Duration::ZERO);
        owner.cancel();
        nothing_is_left(&mut stage);
        let heard = said(&stage);
        let tidied = |name: &str| heard.iter().position(|line| *line == format!("{name} tidies up"));
        let told = heard.iter().position(|line| line == "o scope-join g cancelled");
        assert!(tidied("a").is_some() && tidied("slow").is_some(), "{heard:?}");
        assert!(tidied("a") < told && tidied("slow") < told, "{heard:?}");
    }
}

#[test]
fn children_that_ignore_the_cancel_are_waited_for_no_longer_than_was_said() {
    let stage = || Stage::with(|builder| builder.clock(Clock::system()));
    let (soon, drops) = (50 * MILLISECOND, Step::ScopeDrop("g".into()));
    // A failure has cancelled them.
    let mut failed = stage();
    failed.spawn(owner([stubborn("s"), child("f", [fail()]), join().timeout(soon), drops.clone()]));
    nothing_is_left(&mut failed);
    assert_eq!(said(&failed), ["s error: cancelled", "o scope-join g timed out", "o scope-drop g"]);
    // Their owner has been cancelled.
    let mut cancelled = stage();
    let owner = cancelled.spawn(self::owner([stubborn("s"), join().timeout(soon), drops]));
    cancelled.turn_until(&owner, State::Parked);
    owner.cancel();
    nothing_is_left(&mut cancelled);
    assert_eq!(said(&cancelled), ["s error: cancelled", "o scope-join g cancelled", "o scope-drop g"]);
    // No time was said: somebody has to kill the owner.
    let mut endless = stage();
    let owner = endless.spawn(self::owner([stubborn("s"), join()]));
    endless.turn_until(&owner, State::Parked);
    owner.cancel();
    for _ in 0..20 {
        endless.engine.turn(Duration::from_millis(1));
    }
    assert_eq!(owner.state(), State::Parked);
    owner.kill();
    nothing_is_left(&mut endless);
}

#[test]
fn a_cancelled_owner_with_no_time_to_wait_does_not() {
    let mut stage = Stage::new();
    let tries = [Step::wait("never"), join().timeout(0), Step::Elapsed];
    let owner = stage.spawn(owner([polite("a")].into_iter().chain(tries)));
    stage.engine.turn(Duration::ZERO);
    owner.cancel();
    nothing_is_left(&mut stage);
    assert_eq!(said(&stage), ["o error: cancelled", "o scope-join g cancelled", "o elapsed 0"]);
}

#[test]
fn children_that_wait_for_room_never_begin_when_they_are_not_wanted_any_more() {
    let unborn = |number: usize| child(&number.to_string(), [log("must not happen")]);
    for end in [Step::ScopeDrop("g".into()), Step::ScopeCancel("g".into()), fail(), Step::KillSelf] {
        let mut stage = Stage::with(|builder| builder.max_coroutines(2));
        let steps = [child("a", [Step::wait("never")])].into_iter().chain((0..20).map(unborn)).chain([end, join()]);
        stage.spawn(owner(steps));
        nothing_is_left(&mut stage);
        let heard = said(&stage);
        assert!(!heard.iter().any(|line| line.ends_with("must not happen")), "{heard:?}");
    }
    // A failure of the one that has room does the same.
    let mut stage = Stage::with(|builder| builder.max_coroutines(2));
    let first = child("f", [Step::Sleep(SECOND), fail()]);
    stage.spawn(owner([first].into_iter().chain((0..20).map(unborn)).chain([join()])));
    nothing_is_left(&mut stage);
    assert_eq!(said(&stage), ["f sleep ok", "o scope-join g `script` failed: boom"]);
}

#[test]
fn children_that_wait_for_room_have_it_in_their_turn() {
    let mut stage = Stage::with(|builder| builder.max_coroutines(3));
    let children = (0..20).map(|number: usize| child(&number.to_string(), [Step::Sleep(SECOND)]));
    stage.spawn(owner(children.chain([join(), Step::Elapsed])));
    nothing_is_left(&mut stage);
    assert_eq!(said(&stage)[20..], ["o scope-join g ok", "o elapsed 10000000000"]);
}

#[test]
fn ten_thousand_children_end_with_their_scope() {
    // Most of them wait for room.
    let children = || (0..10_000).map(|number: usize| child(&number.to_string(), [Step::wait("never")]));
    let nobody = || child("n", []);
    let fails = || child("f", [Step::Sleep(SECOND), fail()]);
    for workers in [1, 2] {
        for (first, end, told) in [
            (fails(), vec![join()], Some("o scope-join g `script` failed: boom")),
            (nobody(), vec![Step::ScopeCancel("g".into()), join()], Some("o scope-join g ok")),
            (nobody(), vec![Step::ScopeDrop("g".into())], Some("o scope-drop g")),
            (nobody(), vec![], None),
        ] {
            let mut stage = Stage::with(|builder| builder.workers(workers));
            stage.spawn(owner([first].into_iter().chain(children()).chain(end)));
            let report = stage.run();
            assert_eq!((report.parked.len(), report.failed, stage.held()), (0, 0, [0; 4]));
            let heard = said(&stage);
            let own: Vec<_> = heard.iter().filter(|line| line.starts_with("o ")).map(String::as_str).collect();
            assert_eq!(own.last().copied(), told, "{workers} workers");
        }
    }
}

#[test]
fn a_shutdown_gives_the_children_of_scopes_their_time() {
    let mut stage = Stage::new();
    stage.spawn(owner([polite("a"), polite("b"), join()]));
    stage.engine.turn(Duration::ZERO);
    let report = stage.engine.shutdown(Duration::from_secs(60));
    assert_eq!((report.parked.len(), report.failed), (0, 0));
    let heard = said(&stage);
    assert!(heard.contains(&"b tidies up".to_owned()) && heard.contains(&"a tidies up".to_owned()), "{heard:?}");
}

#[test]
fn an_engine_that_is_dropped_with_open_scopes_lets_go_of_all() {
    for turns in 0..4 {
        let mut stage = Stage::with(|builder| builder.workers(2));
        let owner =
            stage.spawn(owner([stubborn("a"), child("f", [Step::wait("x")]), child("g", [Step::Trap]), join()]));
        for _ in 0..turns {
            stage.engine.turn(Duration::ZERO);
        }
        drop(stage);
        assert!(owner.outcome().is_some());
    }
}

#[test]
fn the_scope_of_the_sdk_waits_at_its_end_and_tells_what_went_wrong() {
    let in_scope = |steps: Vec<Step>| play([Step::in_scope("g", steps), Step::Elapsed]);
    let sleeps = || child("a", [Step::Sleep(SECOND), Step::Return("v".into())]);
    let waited = "o elapsed 1000000000";
    assert_eq!(in_scope(vec![sleeps()]), ["a sleep ok", "o in-scope g ok", waited]);
    assert_eq!(
        in_scope(vec![sleeps(), Step::join("a")]),
        ["a sleep ok", "o join a returned v", "o in-scope g ok", waited]
    );
    // The body fails: the children are cancelled, and waited for.
    let heard = in_scope(vec![polite("a"), Step::wait("never").timeout(SECOND), log("must not happen")]);
    assert_eq!(heard, ["a error: cancelled", "a tidies up", "o in-scope g timed out", waited]);
    // A child fails, and the body hears of it when it waits for it, or not at all.
    let fails = || child("f", [Step::Sleep(SECOND), fail()]);
    let heard = in_scope(vec![fails(), Step::join("f")]);
    assert_eq!(heard, ["f sleep ok", "o in-scope g `script` failed: boom; `script` failed: boom", waited]);
    assert_eq!(in_scope(vec![fails()]), ["f sleep ok", "o in-scope g `script` failed: boom", waited]);
}

#[test]
fn the_scope_of_the_sdk_kills_whom_it_does_not_wait_for() {
    let steps = [child("a", [Step::Sleep(100 * SECOND), log("must not happen")])];
    let heard = play([Step::in_scope("g", steps).timeout(SECOND), Step::Elapsed]);
    assert_eq!(heard, ["o in-scope g timed out", "o elapsed 1000000000"]);
}

#[test]
fn a_child_takes_the_grant_that_a_spawn_takes() {
    let may_start = |rules: &[&str]| guest("script").allow(allowed(rules));
    let mut stage = Stage::with(|builder| {
        builder.program("may", may_start(&["spawn=script"])).program("may-not", may_start(&["call=script"]))
    });
    for program in ["may", "may-not"] {
        stage.engine.spawn(program, owner([child("a", [log("runs")]), join()])).expect("there is room");
    }
    nothing_is_left(&mut stage);
    let heard = said(&stage);
    assert_eq!(heard.iter().filter(|line| *line == "a runs").count(), 1, "{heard:?}");
    assert!(
        heard.iter().any(|line| line.starts_with("o error: denied: program `may-not` is not granted")),
        "{heard:?}"
    );
}

#[test]
fn a_trace_tells_of_a_scope() {
    let mut stage = Stage::new();
    stage.engine.trace(cogen::Trace::All);
    stage.spawn(owner([child("f", [fail()]), join(), Step::ScopeCancel("g".into())]));
    stage.run();
    let heard = stage.heard();
    for line in ["scopes.spawn \"script\" -> script#2", "scopes.join  -> 1 failed", "scopes.cancel  -> ok"] {
        assert!(heard.contains(&line.to_owned()), "{line}: {heard:?}");
    }
}
