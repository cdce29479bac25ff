//! The example c100k, as it is told: twenty thousand connections, each end of each a parked coroutine. One test, in a process of
//! its own: it takes both cores and some gibibytes.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::process::Command;

/// The program that `cargo test` builds beside this one.
fn example() -> PathBuf {
    let mut path = std::env::current_exe().expect("this program");
    path.pop();
    path.pop();
    path.join("examples/c100k")
}

#[test]
fn twenty_thousand_connections_are_held_and_nothing_is_left() {
    let example = example();
    assert!(example.exists(), "`cargo test` builds {}, and `cargo test --test c100k` does not", example.display());
    let ran = Command::new(example).args(["--connections", "20000"]).output().expect("it starts");
    let (said, complained) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}{complained}");
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("20000 connections over "), "{said}");
    // The last line of the table: seconds, connections, connections a second, and KiB for each on either side.
    let table: Vec<f64> = lines[lines.len() - 3].split_whitespace().filter_map(|cell| cell.parse().ok()).collect();
    assert!(table.len() == 5 && table[1] as usize == 20_000, "{said}");
    assert!(table[3..].iter().all(|&memory| memory > 0.0 && memory < 150.0), "KiB for each: {said}");
    assert_eq!(lines.last(), Some(&"nothing is left"));
}
