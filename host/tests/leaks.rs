//! What a process holds of the operating system before and after an engine has lived in it. One test, in a process of its
//! own: what others hold would be counted too.
#![cfg(target_os = "linux")]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;

use common::*;

/// Descriptors, threads, and mappings.
fn held() -> [usize; 3] {
    let entries = |folder: &str| std::fs::read_dir(folder).map(Iterator::count).expect("procfs is there");
    let mappings = std::fs::read_to_string("/proc/self/maps").expect("procfs is there").lines().count();
    [entries("/proc/self/fd"), entries("/proc/self/task"), mappings]
}

/// Every kind of wait: some come to their end, some are parked when the engine goes.
fn a_life() {
    let mut stage = Stage::with(|builder| builder.workers(2));
    for _ in 0..20 {
        let callee = script("c", [Step::Sleep(1), Step::Return("v".into())]);
        stage.spawn(script("s", [Step::wait("x").timeout(MILLISECOND), Step::call(callee), Step::Sleep(1)]));
        stage.spawn(script("w", [Step::Select(vec![Wait::Signal("never".into()), Wait::Signal("ever".into())])]));
        stage.spawn(script("f", [Step::Trap]));
    }
    let report = stage.run();
    assert_eq!((report.parked.len(), report.failed), (20, 20));
}

#[test]
fn an_engine_gives_back_what_it_took_of_the_system() {
    // The first one makes what stays for good: the allocator's arenas, the tables of threads.
    a_life();
    let before = held();
    for _ in 0..5 {
        a_life();
    }
    let after = held();
    assert_eq!(after[..2], before[..2], "descriptors and threads");
    // The allocator may split or join some arenas of its own; an engine has hundreds of mappings.
    assert!(after[2] < before[2] + 20, "{} mappings before, {} after five engines", before[2], after[2]);
}
