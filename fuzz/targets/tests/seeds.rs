//! What is in `fuzz/seeds` is given to its target: examples to begin with, and all that has ever been found.

use std::path::Path;

/// Gives a target each file of its folder; libFuzzer is not needed for that.
fn assert_survives(name: &str, target: fn(&[u8])) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../seeds")).join(name);
    let seeds: Vec<_> = folder.read_dir().expect("it is there").map(|entry| entry.expect("a file").path()).collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for seed in seeds {
        // Captured, and shown if it fails.
        println!("{}", seed.display());
        target(&std::fs::read(seed).expect("it can be read"));
    }
}

#[test]
fn no_manifest_is_too_odd() {
    assert_survives("manifest", fuzz_targets::manifest);
}

#[test]
fn rules_mean_what_they_say() {
    assert_survives("grants", fuzz_targets::grants);
}

#[test]
fn no_file_is_too_odd_to_be_inspected() {
    assert_survives("inspect", fuzz_targets::inspect);
}

#[test]
fn no_component_is_too_odd_to_be_run() {
    assert_survives("run", fuzz_targets::run);
}
