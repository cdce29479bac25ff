//! `wasi:filesystem`, and what the standard libraries make of it.
#![cfg(unix)]

use std::fs;

use cogen::{Limit, Limits};

use crate::case::Case;
use crate::disk::{Disk, make_pipe};

impl Disk {
    fn case(&self, guest: &'static str, case: &str, write: bool) -> Case {
        Case::new(guest, case).directory("data", self.path("granted"), write)
    }
}

/// What a case observes here and in the peer, each with a folder of its own: it may change what is there.
fn compare(guest: &'static str, case: &str, write: bool) -> String {
    let disks = [Disk::new(), Disk::new(), Disk::new()];
    Case::compare_each(disks.each_ref().map(|disk| disk.case(guest, case, write)))
}

#[test]
fn each_function_does_what_it_does_in_wasmtime() {
    for case in [
        "raw-open",
        "raw-read-write",
        "raw-streams",
        "raw-stat",
        "raw-times",
        "raw-links",
        "raw-names",
        "raw-listing",
        "raw-errors",
    ] {
        println!("{case}\n{}", compare("wasi-filesystem", case, true));
    }
}

#[test]
fn the_standard_library_does_with_files_what_it_does_in_wasmtime() {
    for case in ["std-files", "std-truncated", "std-escapes"] {
        println!("{case}\n{}", compare("wasi-filesystem", case, true));
    }
}

#[test]
fn a_file_may_be_larger_than_memory() {
    compare("wasi-filesystem", "std-large", true);
}

#[test]
fn a_folder_that_may_only_be_read_is_not_changed() {
    let observed = compare("wasi-filesystem", "std-read-only", false);
    assert!(observed.starts_with("Ok(\"spam\\nham\\neggs\\n\")\n"), "{observed}");
}

#[test]
fn a_program_in_c_reads_writes_and_lists() {
    compare("wasi-filesystem-c", "files", true);
    compare("wasi-filesystem-c", "errors", true);
}

#[test]
fn a_program_in_c_goes_to_a_folder_and_names_files_from_there() {
    let observed = compare("wasi-environment-c", "folders", false);
    assert!(observed.starts_with("1 /\n/data 0 Success: 1 /data\n"), "{observed}");
    assert!(observed.contains("folder 0 Success: 1 /data/folder\n-1 0\n"), "{observed}");
}

#[test]
fn a_folder_of_ten_thousand_is_listed() {
    let disk = Disk::new();
    fs::create_dir(disk.path("granted/many")).expect("a folder");
    for number in 0..10_000 {
        fs::write(disk.path(&format!("granted/many/{number:05}")), "").expect("a file");
    }
    let observed = disk.case("wasi-filesystem", "std-many", true).compare();
    assert_eq!(observed, "10000 Some(\"00000\") Some(\"09999\")\n");
}

#[test]
fn only_so_many_files_may_be_open_at_a_time() {
    let disk = Disk::new();
    let case = disk.case("wasi-filesystem", "std-open-many", false);
    let program = case.program().limits(Limits::default().with(Limit::Files, 10));
    let observed = case.run_with(|builder| builder.program(case.guest, program));
    assert_eq!(observed.stdout, "10 true\ntrue\n", "{observed:?}");
}

#[test]
fn a_stream_of_which_too_much_would_be_kept_has_not_ended() {
    let disk = Disk::new();
    let case = disk.case("wasi-filesystem", "raw-crowded", false);
    let program = case.program().limits(Limits::default().with(Limit::Payloads, 64 << 10));
    let observed = case.run_with(|builder| builder.program(case.guest, program));
    assert_eq!(observed.stdout, "[\"/data\"]\ntrue\n[14, 14, 14, 14]\n14\n", "{observed:?}");
}

#[test]
fn a_pipe_is_not_opened() {
    let disk = Disk::new();
    fs::remove_file(disk.path("granted/text")).expect("it was there");
    make_pipe(&disk.path("granted/text"));
    let observed = disk.case("wasi-filesystem", "std-read", true).run();
    assert!(observed.stdout.starts_with("Err("), "{observed:?}");
}
