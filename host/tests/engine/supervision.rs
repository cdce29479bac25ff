//! Coroutines that are started again when they end.

use std::time::Duration;

use cogen::{ErrorKind, Group, Limit, Limits, RestartWhen, Restarts, Strategy};

use crate::common::*;

/// A member that says when it starts, and goes on with these steps.
fn member(group: Group, name: &str, steps: impl IntoIterator<Item = Step>, when: RestartWhen) -> Group {
    let script = script(name, [Step::Now]).strict().steps(steps);
    group.member("script", script, when)
}

fn group(strategy: Strategy) -> Group {
    Group::new("g").strategy(strategy)
}

/// A group of one that is started again when it fails.
fn one(steps: impl IntoIterator<Item = Step>) -> Group {
    member(group(Strategy::OneForOne), "a", steps, RestartWhen::OnFailure)
}

fn fail() -> Step {
    Step::Fail("boom".into())
}

/// Restarts that come after this many milliseconds, up to that many, so often in so many seconds.
fn restarts(delay: u64, max_delay: u64, max_restarts: u32, period: u64) -> Restarts {
    let [delay, max_delay] = [delay, max_delay].map(Duration::from_millis);
    Restarts { delay, max_delay, max_restarts, period: Duration::from_secs(period) }
}

fn supervise(stage: &Stage, group: Group) -> Coroutine {
    stage.engine.supervise(group).expect("it makes sense")
}

/// Runs a group alone to its end, where nothing may be left; answers what became of the supervisor, how many failures
/// count, and what was heard.
fn play(group: Group) -> (Outcome, u64, Vec<String>) {
    play_with(group, [])
}

/// As [`play`], beside these.
fn play_with(group: Group, others: impl IntoIterator<Item = Script>) -> (Outcome, u64, Vec<String>) {
    let mut stage = Stage::new();
    let supervisor = supervise(&stage, group);
    others.into_iter().for_each(|script| drop(stage.spawn(script)));
    let report = stage.run();
    assert_eq!((report.parked.len(), stage.held()), (0, [0; 4]), "{:?}", report.parked);
    (supervisor.outcome().expect("it has ended"), report.failed, stage.heard())
}

/// When those who are named so have started, in milliseconds.
fn starts(heard: &[String], name: &str) -> Vec<u64> {
    let began = format!("{name} now ");
    let moments = heard.iter().filter_map(|line| line.strip_prefix(&began)?.parse::<u64>().ok());
    moments.map(|moment| moment / MILLISECOND).collect()
}

fn ended_well() -> Outcome {
    Outcome::Returned(Vec::new())
}

#[test]
fn who_fails_is_started_again_until_it_ends_well() {
    let waits = [Step::wait("go").timeout(SECOND), Step::Return("v".into())];
    let goes = script("s", [Step::Sleep(2500 * MILLISECOND), Step::signal("go", "")]);
    let (outcome, failed, heard) = play_with(one(waits), [goes]);
    assert_eq!((outcome, failed), (ended_well(), 0), "failures that were made good do not count");
    let told = [
        "a now 0",
        "script failed: timed out",
        "restarted script#3 as script#4 after 100ms",
        "a now 1100000000",
        "script failed: timed out",
        "restarted script#4 as script#5 after 200ms",
        "a now 2300000000",
        "s sleep ok",
        "a wait go got ",
        "s signal go woke 1",
    ];
    assert_eq!(heard, told);
}

#[test]
fn each_restart_waits_twice_as_long_up_to_a_bound_and_after_too_many_the_supervisor_gives_up() {
    let (outcome, failed, heard) = play(one([fail()]).restarts(restarts(1000, 3000, 5, 60)));
    assert_eq!(starts(&heard, "a"), [0, 1000, 3000, 6000, 9000, 12_000]);
    assert_eq!(heard.iter().filter(|line| *line == "script failed: boom").count(), 6, "each failure is told once");
    assert_eq!(heard.last().expect("it is told"), "supervise g#1 gave up on script after 5 in 60s");
    let Outcome::Failed { message } = outcome else { panic!("{outcome:?}") };
    assert_eq!(message, "gave up: `script` has ended again, and 5 restarts are allowed within 60s");
    assert_eq!(failed, 7, "six coroutines and the supervisor");
}

#[test]
fn a_restart_counts_for_a_while_and_no_longer() {
    let ends = script("s", [Step::Sleep(100 * SECOND), Step::signal("go", "")]);
    // One restart in six seconds, and two in ten: there is one that counts, at most.
    let fails_late = [Step::wait("go").timeout(6 * SECOND)];
    let (outcome, failed, heard) = play_with(one(fails_late).restarts(restarts(1000, 9000, 2, 10)), [ends]);
    assert_eq!((outcome, failed), (ended_well(), 0));
    let starts = starts(&heard, "a");
    let pauses: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0] - 6000).collect();
    assert_eq!(pauses[..4], [1000, 2000, 2000, 2000], "the one before counts, and none before that");
}

#[test]
fn without_any_restart_allowed_a_supervisor_gives_up_at_once() {
    let (outcome, failed, heard) = play(one([fail()]).restarts(restarts(0, 0, 0, 60)));
    assert_eq!((outcome.is_success(), failed, starts(&heard, "a").len()), (false, 2, 1));
}

#[test]
fn which_ends_are_followed_by_a_restart_is_said_for_each_member() {
    use RestartWhen::{Always, Never, OnFailure};
    let ends = [
        (Step::Return("v".into()), [false, false, true]),
        (Step::Exit(0), [false, false, true]),
        (fail(), [false, true, true]),
        (Step::Exit(1), [false, true, true]),
        (Step::Trap, [false, true, true]),
        (Step::ReturnBytes((16 << 20) + 1), [false, true, true]),
        (Step::KillSelf, [false, false, true]),
    ];
    for (step, expected) in ends {
        for (when, is_expected) in [Never, OnFailure, Always].into_iter().zip(expected) {
            let group = member(group(Strategy::OneForOne), "a", [step.clone()], when);
            let (_, _, heard) = play(group.restarts(restarts(1000, 1000, 1, 60)));
            let expected = if is_expected { vec![0, 1000] } else { vec![0] };
            assert_eq!(starts(&heard, "a"), expected, "{step:?} {when:?}");
        }
    }
    // One that is cancelled, and gives up.
    for (when, expected) in [(OnFailure, vec![0]), (Always, vec![0, 1000])] {
        let steps = [Step::CancelSelf, Step::Sleep(1)];
        let group = member(group(Strategy::OneForOne), "a", steps, when).restarts(restarts(1000, 1000, 1, 60));
        assert_eq!(starts(&play(group).2, "a"), expected, "{when:?}");
    }
}

#[test]
fn who_is_always_started_again_and_always_ends_well_makes_its_supervisor_give_up_too() {
    let group = member(group(Strategy::OneForOne), "a", [], RestartWhen::Always);
    let (outcome, failed, heard) = play(group);
    assert_eq!((outcome.is_success(), failed), (false, 1));
    assert_eq!(starts(&heard, "a"), [0, 100, 300, 700, 1500, 3100]);
}

/// Three members, of which the second fails after five seconds, again and again.
fn three(strategy: Strategy) -> Group {
    let waits = || [Step::Sleep(100 * SECOND)];
    let group = member(group(strategy), "a", waits(), RestartWhen::OnFailure);
    let group = member(group, "b", [Step::Sleep(5 * SECOND), fail()], RestartWhen::OnFailure);
    member(group, "c", waits(), RestartWhen::Never).restarts(restarts(1000, 1000, 1, 60))
}

#[test]
fn a_strategy_says_who_is_started_again_with_one_that_fails() {
    let twice = vec![0, 6000];
    for (strategy, a, c) in [
        (Strategy::OneForOne, vec![0], vec![0]),
        (Strategy::OneForAll, twice.clone(), twice.clone()),
        (Strategy::RestForOne, vec![0], twice.clone()),
    ] {
        let (outcome, failed, heard) = play(three(strategy));
        let told = ["a", "b", "c"].map(|name| starts(&heard, name));
        assert_eq!(told, [a, twice.clone(), c], "{strategy:?}");
        // At the second failure it gives up, and everybody else is cancelled.
        assert_eq!((outcome.is_success(), failed), (false, 3), "{strategy:?}");
    }
}

#[test]
fn a_group_is_started_and_started_again_in_its_order() {
    let (_, _, heard) = play(three(Strategy::OneForAll));
    let order: Vec<_> = heard.iter().filter_map(|line| line.split_once(" now ").map(|(name, _)| name)).collect();
    assert_eq!(order, ["a", "b", "c", "a", "b", "c"]);
    let restarted: Vec<_> = heard.iter().filter(|line| line.starts_with("restarted")).collect();
    assert_eq!(restarted.len(), 3, "{restarted:?}");
}

#[test]
fn whoever_has_ended_well_is_started_again_with_its_group() {
    let group = member(group(Strategy::OneForAll), "first", [], RestartWhen::OnFailure);
    let group = member(group, "fails", [Step::Sleep(SECOND), fail()], RestartWhen::OnFailure);
    let (_, _, heard) = play(group.restarts(restarts(1000, 1000, 1, 60)));
    assert_eq!(starts(&heard, "first"), [0, 2000]);
}

#[test]
fn failures_of_two_members_count_together_and_each_waits_for_its_own_time() {
    let fails_after = |seconds| [Step::Sleep(seconds * SECOND), fail()];
    let group = member(group(Strategy::OneForOne), "a", fails_after(10), RestartWhen::OnFailure);
    let group = member(group, "b", fails_after(11), RestartWhen::OnFailure);
    let (_, failed, heard) = play(group.restarts(restarts(4000, 60_000, 2, 60)));
    // b waits for 8 seconds while a, which waits for 4, goes on.
    assert_eq!((starts(&heard, "a"), starts(&heard, "b")), (vec![0, 14_000], vec![0, 19_000]));
    assert_eq!(failed, 4, "a fails once more at 24 s, and that is too often");
}

#[test]
fn a_failure_while_others_wait_for_their_restart_makes_all_of_them_wait_for_the_later_one() {
    let group = member(group(Strategy::RestForOne), "a", [Step::Sleep(6 * SECOND), fail()], RestartWhen::OnFailure);
    let group = member(group, "b", [Step::Sleep(5 * SECOND), fail()], RestartWhen::OnFailure);
    let (_, _, heard) = play(group.restarts(restarts(4000, 60_000, 2, 60)));
    // b would be due at 9 s. At 6 s a fails, and both are due 8 s later.
    assert_eq!((starts(&heard, "a"), starts(&heard, "b")), (vec![0, 14_000], vec![0, 14_000]));
}

#[test]
fn who_fails_because_it_is_stopped_is_not_the_reason_for_another_restart() {
    // A cancelled one that traps is reported as every failure is.
    let group = member(group(Strategy::OneForAll), "a", [Step::Sleep(SECOND), fail()], RestartWhen::OnFailure);
    let script = script("b", [Step::Now, Step::wait("never"), Step::Trap]);
    let group = group.member("script", script, RestartWhen::OnFailure).restarts(restarts(1000, 1000, 1, 60));
    let (_, failed, heard) = play(group);
    assert_eq!((starts(&heard, "a"), starts(&heard, "b")), (vec![0, 2000], vec![0, 2000]));
    assert_eq!(failed, 5, "two of each, and the supervisor");
}

#[test]
fn a_cancelled_supervisor_cancels_its_members_and_starts_none_again() {
    let mut stage = Stage::new();
    let tidies = script("t", [Step::wait("never"), log("tidies up"), fail()]);
    let group = member(group(Strategy::OneForOne), "always", [Step::wait("never")], RestartWhen::Always);
    let supervisor = supervise(&stage, group.member("script", tidies, RestartWhen::Always));
    stage.run();
    stage.heard();
    supervisor.cancel();
    let report = stage.run();
    assert_eq!((supervisor.outcome(), report.failed, report.parked.len()), (Some(Outcome::Cancelled), 0, 0));
    assert_eq!(stage.heard(), ["t error: cancelled", "t tidies up"]);
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn a_supervisor_that_is_cancelled_while_it_waits_for_a_restart_ends_at_once() {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
    let supervisor = supervise(&stage, one([fail()]).restarts(restarts(3_600_000, 3_600_000, 5, 60)));
    while stage.engine.stats().failed == 0 {
        stage.engine.turn(Duration::from_millis(1));
    }
    stage.turn_until(&supervisor, State::Parked);
    let waits_for = stage.engine.snapshot()[0].waits_for.clone().expect("it waits");
    assert!(waits_for.starts_with("the clock to reach 3600."), "{waits_for}");
    supervisor.cancel();
    let report = stage.run();
    assert_eq!((supervisor.outcome(), stage.held()), (Some(Outcome::Cancelled), [0; 4]));
    assert_eq!(report.failed, 1, "the failure was not made good");
}

#[test]
fn a_killed_supervisor_takes_its_members_with_it() {
    for steps in [vec![Step::wait("never")], vec![Step::Sleep(1000 * SECOND)], vec![Step::Spin]] {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
        let group = member(one(steps.clone()), "b", steps, RestartWhen::Always);
        let supervisor = supervise(&stage, group);
        for _ in 0..10 {
            stage.engine.turn(Duration::from_millis(1));
        }
        supervisor.kill();
        let report = stage.run();
        assert_eq!((supervisor.outcome(), report.parked.len()), (Some(Outcome::Killed), 0));
        assert_eq!((report.ended, report.failed, stage.held()), (3, 0, [0; 4]));
    }
}

#[test]
fn nobody_is_started_while_one_of_the_group_is_still_being_stopped() {
    let limits = Limits::new().with(Limit::CancelGrace, 200 * MILLISECOND);
    let program = guest("script").limits(limits);
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).program("stubborn", program));
    let group = member(group(Strategy::OneForAll), "a", [Step::Sleep(MILLISECOND), fail()], RestartWhen::OnFailure);
    let stubborn = script("stubborn", [Step::Now, Step::wait("never"), Step::Spin]);
    let group = group.member("stubborn", stubborn, RestartWhen::OnFailure).restarts(restarts(1, 1, 1, 60));
    supervise(&stage, group);
    let report = stage.run();
    assert_eq!((report.parked.len(), stage.held()), (0, [0; 4]));
    let heard = stage.heard();
    let (a, stubborn) = (starts(&heard, "a"), starts(&heard, "stubborn"));
    assert_eq!((a.len(), stubborn.len()), (2, 2), "{heard:?}");
    assert!(a[1] >= 200 && stubborn[1] >= 200, "only when its grace was over: {heard:?}");
}

#[test]
fn a_shutdown_ends_supervisors_and_members_and_nothing_is_started_again() {
    let mut stage = Stage::new();
    let supervisor = supervise(&stage, member(one([Step::wait("never")]), "b", [Step::Spin], RestartWhen::Always));
    stage.engine.turn(Duration::ZERO);
    let report = stage.engine.shutdown(Duration::from_millis(100));
    assert_eq!((report.parked.len(), stage.held(), stage.engine.stats().restarts), (0, [0; 4], 0));
    assert!(supervisor.outcome().is_some_and(|outcome| !outcome.is_success()));
    let error = stage.engine.supervise(one([])).expect_err("it is over");
    assert_eq!(error.to_string(), "cannot supervise `script`: the engine is shutting down");
}

#[test]
fn an_engine_that_is_dropped_lets_go_of_supervisors_wherever_they_are() {
    for turns in 0..6 {
        let mut stage = Stage::with(|builder| builder.workers(2).clock(Clock::system()));
        let group = member(one([fail()]), "b", [Step::Sleep(SECOND)], RestartWhen::Always);
        let supervisor = supervise(&stage, group.strategy(Strategy::OneForAll).restarts(restarts(1, 1, 10_000, 60)));
        for _ in 0..turns {
            stage.engine.turn(Duration::from_millis(1));
        }
        drop(stage);
        assert!(supervisor.outcome().is_some());
    }
}

#[test]
fn the_table_has_the_supervisor_and_whom_it_waits_for() {
    let mut stage = Stage::new();
    let supervisor = supervise(&stage, one([Step::wait("x")]));
    stage.run();
    let table = stage.engine.snapshot();
    assert_eq!((&*table[0].program, table[1].parent), ("supervise g", Some(supervisor.id())));
    assert_eq!(table[0].waits_for.as_deref(), Some("the end of script#2"));
    supervise(&stage, member(one([Step::wait("x")]), "b", [Step::wait("x")], RestartWhen::Never));
    stage.run();
    assert_eq!(stage.engine.snapshot()[2].waits_for.as_deref(), Some("one of 2 coroutines to end"));
}

#[test]
fn members_wait_for_room_as_all_others_do() {
    let mut stage = Stage::with(|builder| builder.max_coroutines(1));
    let group = (0..5).fold(group(Strategy::OneForOne), |group, number| {
        member(group, &number.to_string(), [Step::Sleep(SECOND)], RestartWhen::OnFailure)
    });
    let supervisor = supervise(&stage, group);
    let report = stage.run();
    assert_eq!((supervisor.outcome(), report.parked.len(), stage.held()), (Some(ended_well()), 0, [0; 4]));
    assert_eq!(starts(&stage.heard(), "4"), [4000]);
}

#[test]
fn what_cannot_be_supervised_is_told() {
    let stage = Stage::new();
    let unknown = Group::new("g").member("scrpt", "", RestartWhen::Always);
    let many = (0..1001).fold(Group::new("g"), |group, _| group.member("script", "", RestartWhen::Always));
    let often = one([]).restarts(Restarts { max_restarts: 10_001, ..Restarts::default() });
    for (group, kind, told) in [
        (Group::new("g"), ErrorKind::Configuration, "cannot supervise `g`: it has no members"),
        (many, ErrorKind::Configuration, "cannot supervise `g`: it has 1001 members; 1000 are allowed"),
        (often, ErrorKind::Configuration, "cannot supervise `g`: `max-restarts` is 10001; 0 to 10000 are allowed"),
        (unknown, ErrorKind::UnknownProgram, "cannot supervise `scrpt`: no such program"),
    ] {
        let error = stage.engine.supervise(group).expect_err("it makes no sense");
        assert_eq!((error.kind(), error.to_string()), (kind, told.to_owned()));
    }
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn thousands_of_restarts_on_several_workers_leave_nothing() {
    for workers in [1, 2] {
        let mut stage = Stage::with(|builder| builder.workers(workers).clock(Clock::system()));
        let fails = Script::new("f").step(Step::Fail("x".repeat(2000)));
        let group = (0..4)
            .fold(Group::new("g"), |group, _| group.member("script", fails.padded_to(4000), RestartWhen::OnFailure));
        let supervisor = supervise(&stage, group.restarts(restarts(0, 0, 4000, 3600)));
        let report = stage.run();
        assert!(supervisor.outcome().is_some_and(|outcome| !outcome.is_success()));
        // Those that were due when it gave up are not started any more.
        let restarts = stage.engine.stats().restarts;
        assert!((3997..=4000).contains(&restarts), "{restarts}");
        drop(supervisor);
        assert_eq!((report.parked.len(), stage.held()), (0, [0; 4]));
    }
}

#[test]
fn a_failure_whose_restart_has_not_ended_yet_still_counts() {
    let mut stage = Stage::new();
    let waits = [Step::wait("go").timeout(SECOND), Step::Return("v".into())];
    supervise(&stage, one(waits));
    // It fails at 1 s, is started again at 1.1 s, and ends well at 1.2 s.
    stage.spawn(script("s", [Step::Sleep(1200 * MILLISECOND), Step::signal("go", "")]));
    let mut failures = Vec::new();
    while stage.engine.turn(Duration::ZERO) != cogen::Turn::Finished {
        let failed = stage.engine.stats().failed;
        if failures.last() != Some(&failed) {
            failures.push(failed);
        }
    }
    assert_eq!(failures, [0, 1, 0]);
}
