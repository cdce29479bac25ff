//! What an engine uses of the processor while it has nothing to do. One test, in a process of its own: all threads are looked
//! at.
#![cfg(target_os = "linux")]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;

use std::time::Duration;

use common::*;

/// The time that all threads of this process have used.
fn used() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("procfs is there");
    let fields: Vec<_> = stat.rsplit(')').next().expect("a command").split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<u64>().expect("a number");
    Duration::from_millis(10) * u32::try_from(ticks(11) + ticks(12)).expect("a short life")
}

#[test]
fn an_engine_that_waits_uses_no_time_on_any_thread() {
    const WAITS: Duration = Duration::from_secs(1);
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).workers(4));
    for _ in 0..20 {
        let waits = vec![Wait::Sleep(WAITS.as_nanos() as u64), Wait::Signal("never".into())];
        stage.spawn(script("s", [Step::Select(waits)]));
    }
    let all_parked = |stage: &Stage| stage.engine.snapshot().iter().all(|info| info.state == State::Parked);
    while !all_parked(&stage) {
        stage.engine.turn(Duration::from_millis(1));
    }
    // The ticker rests once everybody has rested for a tick.
    stage.engine.turn(Duration::from_millis(100));
    let before = used();
    let report = stage.run();
    let used = used() - before;
    assert_eq!((report.ended, report.failed), (20, 0));
    // To end twenty coroutines takes some, of which a tick of 4 ms for a second would take more.
    assert!(used <= Duration::from_millis(50), "{used:?} in {WAITS:?} of waiting");
}
