//! The limits of a program: what each bounds, what becomes of whoever meets it, and what is said then.

use std::time::{Duration, Instant};

use cogen::{Limit, Limits};
use script_steps::net::{bind, close};

use crate::common::*;

/// An engine with the program `bounded`, which is the script with these limits.
fn stage(limits: impl IntoIterator<Item = (Limit, u64)>) -> Stage {
    Stage::with(|builder| builder.program("bounded", bounded(limits)))
}

fn bounded(limits: impl IntoIterator<Item = (Limit, u64)>) -> Program {
    let limits = limits.into_iter().fold(Limits::new(), |limits, (limit, number)| limits.with(limit, number));
    guest("script").limits(limits)
}

fn spawn(stage: &Stage, steps: impl IntoIterator<Item = Step>) -> Coroutine {
    stage.engine.spawn("bounded", script("b", steps)).expect("there is room")
}

/// How a script of these steps ends in a program with these limits, and what was heard. Nothing is left of it.
fn ends(limits: &[(Limit, u64)], steps: impl IntoIterator<Item = Step>) -> (Outcome, Vec<String>) {
    let mut stage = stage(limits.iter().copied());
    let coroutine = spawn(&stage, steps);
    stage.run();
    assert_eq!(stage.held(), [0; 4]);
    let mut heard = stage.heard();
    heard.retain(|line| !line.starts_with("bounded "));
    (coroutine.outcome().expect("it has ended"), heard)
}

/// The limit that a script of these steps exceeds, in the words of the report.
fn exceeds(limits: &[(Limit, u64)], steps: impl IntoIterator<Item = Step>) -> String {
    match ends(limits, steps).0 {
        Outcome::Exceeded { limit } => limit,
        outcome => panic!("{outcome:?}"),
    }
}

fn spawns(name: &str, steps: impl IntoIterator<Item = Step>) -> Step {
    Step::spawn(script(name, steps)).priority(Priority::Coroutine)
}

#[test]
fn memory() {
    let said = exceeds(&[(Limit::Memory, 4 << 20)], [Step::Grow]);
    let (asked, rest) = said.split_once(" bytes asked for; ").expect("it says how much");
    assert!(
        asked.strip_prefix("memory: ").and_then(|bytes| bytes.parse().ok()).is_some_and(|bytes: u64| bytes > 4 << 20)
    );
    assert_eq!(rest, "4194304 bytes allowed to bounded#1; raise `memory` in [program.bounded.limits]");
    let mut stage = Stage::with(|builder| builder.max_memory(4 << 20).program("bounded", bounded([])));
    let coroutine = spawn(&stage, [Step::Grow]);
    stage.run();
    let outcome = coroutine.outcome().expect("it has ended").to_string();
    assert!(outcome.ends_with("raise `max-memory` in [engine]"), "{outcome}");
}

#[test]
fn table_elements_and_instances() {
    let said = exceeds(&[(Limit::TableElements, 10)], []);
    assert!(said.starts_with("table-elements: ") && said.contains("10 allowed to bounded#1"), "{said}");
    let said = exceeds(&[(Limit::Instances, 1)], []);
    let whole =
        "instances: its component has more; 1 allowed to bounded#1; raise `instances` in [program.bounded.limits]";
    assert_eq!(said, whole);
}

/// How the last of these ends when it has the processor on the wall's time, and how long it took; others go on beside it.
fn overruns(limits: &[(Limit, u64)], steps: impl IntoIterator<Item = Step>) -> (String, Duration) {
    let bounded = bounded(limits.iter().copied());
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).program("bounded", bounded));
    let coroutine = spawn(&stage, steps);
    let began = Instant::now();
    stage.turn_until(&coroutine, State::Ended);
    (coroutine.outcome().expect("it has ended").to_string(), began.elapsed())
}

#[test]
fn cpu_time() {
    let (outcome, took) = overruns(&[(Limit::CpuTime, 50 * MILLISECOND)], [Step::Spin]);
    let allowed = "used; 50ms allowed to bounded#1; raise `cpu-time` in [program.bounded.limits]";
    assert!(outcome.starts_with("exceeded cpu-time: ") && outcome.ends_with(allowed), "{outcome}");
    assert!(took >= Duration::from_millis(50), "{took:?}");
    let (outcome, _) = overruns(&[(Limit::CpuTime, 50 * MILLISECOND)], [for_ever([Step::Yield])]);
    assert!(outcome.ends_with(allowed), "{outcome}");
}

#[test]
fn cpu_time_is_not_used_by_waiting() {
    let (outcome, _) = ends(&[(Limit::CpuTime, 500 * MILLISECOND)], [Step::Sleep(SECOND), Step::Sleep(3600 * SECOND)]);
    assert!(outcome.is_success(), "{outcome}");
}

#[test]
fn quiet_time() {
    let limits = [(Limit::QuietTime, 30 * MILLISECOND)];
    let (outcome, took) = overruns(&limits, [Step::Yield, Step::Spin]);
    let allowed = "without an operation; 30ms allowed to bounded#1; raise `quiet-time` in [program.bounded.limits]";
    assert!(outcome.starts_with("exceeded quiet-time: ") && outcome.ends_with(allowed), "{outcome}");
    assert!(took >= Duration::from_millis(30), "{took:?}");
    // Ten times as long in all, and never quiet.
    let busy = Step::Repeat { n: 100_000, steps: vec![Step::ContextNames, Step::Yield] };
    let both = [limits[0], (Limit::CpuTime, 300 * MILLISECOND)];
    let (outcome, _) = overruns(&both, [busy]);
    assert!(!outcome.contains("quiet-time"), "{outcome}");
}

#[test]
fn life_time() {
    let steps = [Step::Sleep(SECOND), Step::Sleep(SECOND), log("too late")];
    let limits = [(Limit::LifeTime, 1_500 * MILLISECOND)];
    let (outcome, heard) = ends(&limits, steps);
    assert_eq!(heard, ["b sleep ok"]);
    let said = "life-time: 1.5s lived; 1.5s allowed to bounded#1; raise `life-time` in [program.bounded.limits]";
    assert_eq!(outcome, Outcome::Exceeded { limit: said.to_owned() });
    let (outcome, _) = ends(&limits, [Step::Sleep(SECOND)]);
    assert!(outcome.is_success(), "{outcome}");
    // One that waits for what nobody can give has an end all the same.
    assert!(exceeds(&limits, [Step::wait("never")]).starts_with("life-time: "));
    let (outcome, _) = overruns(&[(Limit::LifeTime, 40 * MILLISECOND)], [Step::Spin]);
    assert!(outcome.starts_with("exceeded life-time: "), "{outcome}");
}

#[test]
fn fuel() {
    let used = |limits: &[(Limit, u64)], steps: &[Step]| {
        let limits = limits.to_vec();
        let mut stage = Stage::with(|builder| builder.fuel(true).program("bounded", bounded(limits)));
        let coroutine = spawn(&stage, steps.to_vec());
        stage.run();
        (coroutine.outcome().expect("it has ended"), coroutine.fuel())
    };
    let steps = [Step::Yield, Step::ContextSet("a".into(), "b".into()), Step::Sleep(SECOND)];
    let (outcome, first) = used(&[], &steps);
    assert!(outcome.is_success() && first > 1_000, "{outcome}: {first}");
    assert_eq!(used(&[], &steps), (outcome.clone(), first), "the same in every run");
    assert_eq!(used(&[(Limit::Fuel, first)], &steps), (outcome, first), "what it needs is enough");
    let (outcome, burnt) = used(&[(Limit::Fuel, first / 2)], &steps);
    let said =
        format!("fuel: all of it used; {} allowed to bounded#1; raise `fuel` in [program.bounded.limits]", first / 2);
    assert_eq!(outcome, Outcome::Exceeded { limit: said });
    assert!(burnt <= first, "{burnt}");
    // Nobody has to say that it is burnt where a program has a bound.
    assert!(exceeds(&[(Limit::Fuel, 100_000)], [Step::Spin]).starts_with("fuel: "));
}

#[test]
fn host_call_bytes() {
    let value = Step::BigValue { name: "x".into(), bytes: 40_000, recipients: 0 };
    let said = exceeds(&[(Limit::HostCallBytes, 32 << 10)], [value.clone()]);
    let whole = "host-call-bytes: more copied in one call; 32768 bytes allowed to bounded#1; raise `host-call-bytes` in \
                 [program.bounded.limits]";
    assert_eq!(said, whole);
    assert!(ends(&[(Limit::HostCallBytes, 64 << 10)], [value]).0.is_success());
}

#[test]
fn handles() {
    let said = exceeds(&[(Limit::Handles, 100)], [Step::Hoard(101)]);
    let whole = "handles: one more asked for; 100 allowed to bounded#1; raise `handles` in [program.bounded.limits]";
    assert_eq!(said, whole);
}

#[test]
fn sockets() {
    let at = |name: &str| bind(name, "127.0.0.1:0");
    let program = bounded([(Limit::Sockets, 2)]);
    let mut stage = Stage::with(|builder| builder.program("bounded", program));
    spawn(&stage, [at("a"), at("b"), at("c"), close("a"), at("d")]);
    stage.run();
    let heard = stage.heard();
    let met = "b error: limit reached: sockets: 3 at a time; 2 allowed to bounded#1; raise `sockets` in \
               [program.bounded.limits]";
    assert_eq!(heard.iter().filter(|line| line.contains("error")).collect::<Vec<_>>(), [met], "{heard:?}");
}

#[test]
fn pending() {
    let (outcome, heard) = ends(&[(Limit::Pending, 10)], [Step::Hoard(10), Step::Hoard(1)]);
    assert!(outcome.is_success(), "{outcome}");
    let met = "b error: limit reached: pending: 11 at a time; 10 allowed to bounded#1; raise `pending` in \
               [program.bounded.limits]";
    assert_eq!(heard, ["b hoard 10", met]);
}

#[test]
fn timers() {
    let select = |count| Step::Select(vec![Wait::Sleep(1); count]);
    assert!(ends(&[(Limit::Timers, 10)], [select(10)]).0.is_success());
    let said = exceeds(&[(Limit::Timers, 10)], [select(11)]);
    assert_eq!(said, "timers: 11 at a time; 10 allowed to bounded#1; raise `timers` in [program.bounded.limits]");
}

#[test]
fn signals_in_a_second() {
    let signals = Step::Repeat { n: 35, steps: vec![Step::signal("x", "")] };
    let (outcome, heard) = ends(&[(Limit::SignalsPerSecond, 10)], [signals, Step::Elapsed]);
    assert!(outcome.is_success(), "{outcome}");
    let elapsed = heard.last().and_then(|line| line.strip_prefix("b elapsed ")).expect("it says how long");
    let elapsed: u64 = elapsed.parse().expect("a number");
    // Ten at once, and ten in each second that follows.
    assert!((2_400 * MILLISECOND..2_600 * MILLISECOND).contains(&elapsed), "{elapsed}");
    let (_, heard) = ends(&[(Limit::SignalsPerSecond, 10)], vec![Step::signal("x", "").timeout(MILLISECOND); 11]);
    assert_eq!(heard[10], "b error: timed out", "a timeout holds for that wait, too");
}

#[test]
fn bytes_of_signals_in_a_second() {
    let value = || Step::BigValue { name: "x".into(), bytes: 1 << 20, recipients: 0 };
    let limits = [(Limit::SignalBytesPerSecond, 1 << 20)];
    let (_, heard) = ends(&limits, [value(), value(), value(), Step::Elapsed]);
    let elapsed: u64 = heard[3].strip_prefix("b elapsed ").and_then(|text| text.parse().ok()).expect("a number");
    assert!((SECOND..2_100 * MILLISECOND).contains(&elapsed), "{elapsed}");
}

#[test]
fn children_at_a_time_and_in_all() {
    let child = |name: &str| spawns(name, [Step::Sleep(SECOND)]);
    let (_, heard) = ends(&[(Limit::Children, 2)], [child("c"), child("d"), child("e"), Step::join("c"), child("f")]);
    let errors: Vec<_> = heard.iter().filter(|line| line.contains("error")).collect();
    let met = "b error: limit reached: children: 3 at a time; 2 allowed to bounded#1; raise `children` in \
               [program.bounded.limits]";
    assert_eq!(errors, [met]);
    let (_, heard) = ends(
        &[(Limit::ChildrenTotal, 2)],
        [Step::call(script("c", [])), child("d"), Step::join("d"), Step::call(script("e", []))],
    );
    let met = "b error: limit reached: children-total: 3 in all; 2 allowed to bounded#1; raise `children-total` in \
               [program.bounded.limits]";
    assert_eq!(heard.last().map(String::as_str), Some(met));
}

#[test]
fn call_depth() {
    let calls = |depth: usize| {
        let call = |inner: Script| {
            let args = Args::Script(inner);
            script("b", [Step::Call { program: "bounded".into(), args, opts: Default::default() }])
        };
        (0..depth).fold(script("last", []), |inner, _| call(inner))
    };
    let mut stage = stage([(Limit::CallDepth, 2)]);
    stage.engine.spawn("bounded", calls(3)).expect("there is room");
    stage.run();
    let heard = stage.heard();
    let met = "b error: limit reached: call-depth: 3 calls deep; 2 allowed to bounded#3; raise `call-depth` in \
               [program.bounded.limits]";
    assert_eq!(heard[0], met);
}

#[test]
fn log_bytes_in_a_second() {
    const CHUNK: usize = 32 << 10;
    let say = [Step::Log("x".repeat(CHUNK)), Step::Print("x".repeat(CHUNK)), Step::EPrint("x".repeat(CHUNK))];
    let (_, heard) =
        ends(&[(Limit::LogBytesPerSecond, 64 << 10)], say.iter().chain(&say).cloned().chain([Step::Elapsed]));
    let elapsed = heard.last().and_then(|line| line.strip_prefix("b elapsed ")).expect("it says how long");
    let elapsed: u64 = elapsed.parse().expect("a number");
    assert!((1_500 * MILLISECOND..2_600 * MILLISECOND).contains(&elapsed), "{elapsed}");
    let said: usize = heard.iter().map(String::len).sum();
    assert!(said >= 6 * CHUNK, "nothing is lost: {said}");
}

#[test]
fn one_that_is_cancelled_and_floods_is_heard_no_more_than_it_may() {
    let flood = for_ever([Step::Print("x".repeat(32 << 10)), Step::Log("y".repeat(32 << 10))]);
    let limits = [(Limit::LogBytesPerSecond, 64 << 10), (Limit::CancelGrace, MILLISECOND)];
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).program("bounded", bounded(limits)));
    let flooder = spawn(&stage, [flood]);
    stage.turn_until(&flooder, State::Parked);
    flooder.cancel();
    stage.turn_until(&flooder, State::Ended);
    assert_eq!(flooder.outcome(), Some(Outcome::Killed));
    let said: usize = stage.heard().iter().map(String::len).sum();
    assert!(said < 256 << 10, "{said}");
}

#[test]
fn coroutines_of_a_program() {
    let child = |name: &str| {
        let args = Args::Script(script(name, [log("runs"), Step::Sleep(SECOND)]));
        let save_as = name.to_owned();
        Step::Spawn { program: "bounded".into(), args, save_as, opts: Default::default() }
    };
    let call = Step::Call { program: "bounded".into(), args: Args::Script(script("x", [])), opts: Default::default() };
    let mut stage = stage([(Limit::Coroutines, 2)]);
    let steps = ["c", "d", "e"].map(child);
    stage.spawn(script("p", steps).steps([call, Step::Info("e".into())]).steps(["c", "d", "e"].map(Step::join)));
    stage.spawn(script("other", [log("has room")]));
    assert!(stage.run().parked.is_empty());
    let heard = stage.heard();
    let met = "p error: limit reached: coroutines: 2 of `bounded` have a store; raise `coroutines` in \
               [program.bounded.limits]";
    let at = |line: &str| heard.iter().position(|heard| heard == line).unwrap_or_else(|| panic!("{line}: {heard:?}"));
    assert!(at(met) < at("p info e bounded created"));
    assert!(at("c sleep ok") < at("e runs"), "it waits until one of the two has ended");
    assert!(at("other has room") < at("c sleep ok"), "others do not");
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn what_is_kept_for_one_program_leaves_room_for_the_others() {
    const PIECE: usize = 1 << 20;
    // What is kept for those whom the test starts is the engine's.
    const MORE: usize = 64 << 10;
    let keeps = |n: usize| {
        let args = Args::Padded(script("c", [Step::wait("never")]), PIECE);
        let spawn = Step::Spawn { program: "bounded".into(), args, save_as: "c".into(), opts: Default::default() };
        vec![spawn.priority(Priority::Coroutine); n]
    };
    // The callees have not begun before their parent waits: until then their arguments are kept.
    let mut stage = Stage::with(|builder| builder.max_payloads(8 * PIECE + MORE).program("bounded", bounded([])));
    spawn(&stage, keeps(8));
    stage.spawn(script("other", [Step::BigValue { name: "x".into(), bytes: PIECE, recipients: 0 }]));
    stage.run();
    let heard = stage.heard();
    let met = "b error: limit reached: payloads: 7397376 bytes are kept for `bounded` at most; raise `payloads` in \
               [program.bounded.limits]";
    assert_eq!(heard.iter().filter(|line| line.contains("error")).collect::<Vec<_>>(), [met], "{heard:?}");
    assert!(heard.contains(&"other big-value x woke 0".to_owned()), "{heard:?}");
}

#[test]
fn those_that_wait_to_start() {
    let child = || {
        let args = Args::Script(script("c", [Step::Sleep(SECOND)]));
        let spawn = Step::Spawn { program: "bounded".into(), args, save_as: "c".into(), opts: Default::default() };
        spawn.priority(Priority::Coroutine)
    };
    let mut stage = stage([(Limit::Coroutines, 2), (Limit::Waiting, 3)]);
    spawn(&stage, [child(), child(), child(), child(), child(), Step::Sleep(2 * SECOND), child()]);
    stage.run();
    let heard = stage.heard();
    let met =
        "b error: limit reached: waiting: 3 of `bounded` wait to start; raise `waiting` in [program.bounded.limits]";
    assert_eq!(heard.iter().filter(|line| line.contains("error")).collect::<Vec<_>>(), [met], "{heard:?}");
}

#[test]
fn those_of_one_program_leave_room_for_the_others() {
    let bombs = (0..100).map(|_| {
        let args = Args::Script(script("c", [Step::wait("never")]));
        Step::Spawn { program: "bounded".into(), args, save_as: "c".into(), opts: Default::default() }
    });
    let mut stage = stage([]);
    spawn(&stage, bombs);
    stage.run();
    let (waiting, room) = (stage.engine.snapshot(), 64 - 64 / 8);
    assert_eq!(waiting.iter().filter(|info| info.state == State::Created).count(), 100 - room);
    assert_eq!(waiting.iter().filter(|info| info.state == State::Parked).count(), room);
    let other = stage.spawn(script("other", [Step::call(script("callee", []))]));
    stage.run();
    assert_eq!(other.outcome(), Some(Outcome::Returned(Vec::new())));
}

#[test]
fn one_that_does_not_heed_its_cancel_is_killed_after_its_grace() {
    const GRACE: Duration = Duration::from_millis(100);
    // It asks again and again, computes, or waits for the next cancel: what it is told is that it was cancelled.
    for ignores in [for_ever([Step::Sleep(SECOND)]), Step::Spin, for_ever([Step::wait("never")])] {
        let bounded = bounded([(Limit::CancelGrace, GRACE.as_nanos() as u64)]);
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()).program("bounded", bounded));
        let coroutine = spawn(&stage, [ignores]);
        stage.engine.turn(Duration::ZERO);
        coroutine.cancel();
        let began = Instant::now();
        stage.turn_until(&coroutine, State::Ended);
        assert_eq!(coroutine.outcome(), Some(Outcome::Killed));
        assert!(began.elapsed() >= GRACE, "{:?}", began.elapsed());
        stage.run();
        assert_eq!(stage.held(), [0; 4]);
    }
}

#[test]
fn one_that_heeds_its_cancel_has_the_time_of_its_grace() {
    let cleans_up = script("c", [Step::wait("never"), log("cleans up"), Step::Fail("gave up".into())]);
    let mut stage = stage([]);
    let coroutine = stage.engine.spawn("bounded", cleans_up).expect("there is room");
    stage.run();
    coroutine.cancel();
    stage.run();
    assert_eq!(coroutine.outcome(), Some(Outcome::Cancelled));
    assert_eq!(stage.heard(), ["c error: cancelled", "c cleans up"]);
    assert_eq!(stage.held(), [0; 4], "the alarm of its grace is disarmed");
}
