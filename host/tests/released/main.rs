//! What becomes of sockets, whatever becomes of those who use them: the engine holds nothing for them afterwards, and the process
//! has as many descriptors as before. A process of its own: those of others would be counted too.
#![cfg(target_os = "linux")]

mod churn;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "../engine/common.rs"]
mod common;
mod kills;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "../sockets/stage.rs"]
mod stage;
mod waits;

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use stage::*;

/// One test at a time: descriptors are the process's.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What is open, by its number and what it is.
pub(crate) type Open = BTreeMap<String, String>;

pub(crate) fn descriptors() -> Open {
    let entries = std::fs::read_dir("/proc/self/fd").expect("procfs is there").flatten();
    let entry = |entry: DirEntry| {
        let what = std::fs::read_link(entry.path()).ok()?.display().to_string();
        Some((entry.file_name().display().to_string(), what))
    };
    // But for the one by which this is looked at.
    entries.filter_map(entry).filter(|(_, what)| !what.ends_with("/fd")).collect()
}

/// These descriptors are open, and no others, as soon as threads that look up names for nobody any more are done with that.
pub(crate) fn assert_open(expected: &Open, what: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    while descriptors() != *expected {
        assert!(Instant::now() < end, "{what}: {expected:#?} were open before, and now {:#?}", descriptors());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Has this done, after which the same descriptors are open as before.
pub(crate) fn assert_released(what: &str, act: impl FnOnce()) {
    // The first engine opens what stays for good.
    played(&mut Stage::new(), &[script("first", [])]);
    let before = descriptors();
    act();
    assert_open(&before, what);
}
