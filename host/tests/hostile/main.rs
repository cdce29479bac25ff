//! Attackers beside a victim: what they get, and that the victim does not notice.
//!
//! The attackers are those of `guests/hostile`, each a row of a table here; `arena.rs` has one attack at a time in an engine of one
//! worker, on which a server of echoes and somebody who keeps time go on. The wall's time is the fact here, and descriptors
//! are the process's: the groups take turns, and have a process of their own.
#![cfg(target_os = "linux")]

mod arena;
mod attack;
#[path = "../common/guests.rs"]
mod guests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attack::Attack;

/// A module of attacks for each group, and a test that has them in the arena one after the other.
macro_rules! groups {
    ($($(#[$documentation:meta])* $test:ident: $group:ident,)*) => {
        $(mod $group;)*

        $(
            $(#[$documentation])*
            #[test]
            fn $test() {
                arena::each($group::ATTACKS);
            }
        )*

        /// All attacks that a test runs.
        const ALL: &[&[Attack]] = &[$($group::ATTACKS,)*];
    };
}

groups! {
    nobody_gets_more_than_a_share_of_the_processor: processor,
    nobody_gets_more_memory_than_is_allowed: memory,
    nobody_makes_the_host_keep_more_than_is_allowed: hoards,
    nobody_harms_others_by_starting_more: coroutines,
    nobody_touches_what_was_not_granted: grants,
    nobody_keeps_the_victim_from_its_network: network,
    nobody_has_a_way_past_the_contract: contract,
}

/// Where the attackers are.
fn attackers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/hostile")
}

/// The names of the files of a folder with this extension.
fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    let entries = attackers().join(folder).read_dir().expect("it is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// The names of all attackers that there are.
fn all_names() -> BTreeSet<String> {
    names("rust/src/attacks", "rs").union(&names("wat", "wat")).cloned().collect()
}

fn assert_all(found: &[String]) {
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), all_names());
    assert_eq!(found.len(), all_names().len(), "one of them is there twice");
}

#[test]
fn there_is_no_attacker_that_no_test_runs() {
    let run: Vec<_> = ALL.iter().flat_map(|group| group.iter().map(|attack| attack.name.to_owned())).collect();
    assert!(run.len() >= 30);
    assert_all(&run);
}

#[test]
fn there_is_no_attacker_that_the_manual_does_not_tell_of() {
    let manual = include_str!("../../../docs/hostile.md");
    let told = manual.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned()));
    assert_all(&told.collect::<Vec<_>>());
}
