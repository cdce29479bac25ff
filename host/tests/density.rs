//! What many parked coroutines take of the operating system. One test, in a process of its own: what others hold would
//! be counted too.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;

use common::*;

const PARKED: usize = 20_000;

/// The bounds of what one takes, parked: memory and stack of the guest, its instance, and the host's books. The guest
/// alone has some tens of KiB of data; without optimisation the host's frames are larger. Measured were 126 KiB, and 7 of page
/// tables.
const BYTES_EACH: usize = 150 << 10;
const TABLES_EACH: usize = 10 << 10;

/// More than any engine takes, and far less than one for each.
const MAPPINGS: usize = 400;

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").expect("procfs is there").lines().count()
}

/// Bytes of physical memory, and of page tables.
fn taken() -> [usize; 2] {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs is there");
    ["VmRSS:", "VmPTE:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it is listed");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
    })
}

#[test]
fn twenty_thousand_parked_coroutines_take_some_kibibytes_each_and_a_few_mappings_in_all() {
    let without = mappings();
    let mut stage = Stage::with(|builder| builder.workers(2).max_coroutines(30_000));
    let before = taken();
    let parked: Vec<_> = (0..PARKED).map(|_| stage.spawn(script("w", [Step::wait("x")]))).collect();
    let report = stage.run();
    assert_eq!((report.parked.len(), report.failed), (PARKED, 0));

    let [memory, tables] = taken();
    let [memory, tables] = [(memory - before[0]) / PARKED, (tables - before[1]) / PARKED];
    assert!(memory < BYTES_EACH && tables < TABLES_EACH, "{memory} bytes each, {tables} of page tables");
    assert!(mappings() < MAPPINGS, "{} mappings", mappings());

    let recipients = u32::try_from(PARKED).expect("it is small");
    let signaller = stage.spawn(script("s", [Step::signal_to("x", "v", recipients)]));
    let report = stage.run();
    assert_eq!((report.parked.len(), report.failed), (0, 0));
    assert!(parked.iter().chain([&signaller]).all(|one| one.outcome().is_some_and(|outcome| outcome.is_success())));

    // The allocator keeps arenas of its own, one for each thread.
    drop(stage);
    assert!(mappings() < without + 100, "{} mappings before, {} after", without, mappings());
}
