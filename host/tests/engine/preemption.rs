//! Guests that never ask for anything.

use std::time::Duration;

use crate::common::*;

#[test]
fn an_engine_with_a_spinning_guest_can_be_dropped() {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).workers(2));
    stage.spawn(script("spin", [Step::Spin]));
    stage.spawn(script("spin", [Step::Spin]));
    stage.engine.turn(Duration::ZERO);
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_engine_uses_no_time() {
    /// The time that the calling thread has used, in clock ticks of 10 ms.
    fn used() -> u64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("procfs is there");
        let fields: Vec<_> = stat.rsplit(')').next().expect("a command").split_whitespace().collect();
        fields[11].parse::<u64>().expect("a number") + fields[12].parse::<u64>().expect("a number")
    }
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
    for _ in 0..20 {
        stage.spawn(script("s", [Step::Sleep(SECOND / 2)]));
    }
    stage.engine.turn(Duration::ZERO);
    let before = used();
    stage.run();
    assert!(used() - before <= 5, "{} ticks in half a second of waiting", used() - before);
}
