//! Whether the project compiles for systems that it cannot be run on here.
//!
//! Code is checked, never linked. Where the toolchain has no standard library for a target, that is checked with the rest,
//! from its source.

use anyhow::{Result, ensure};

use crate::debian;
use crate::shell::{cargo, root, run};
use crate::toolchain::{has_target, sysroot};

/// The targets that are checked.
const TARGETS: [&str; 2] = ["x86_64-pc-windows-gnu", "x86_64-apple-darwin"];

/// Checks all targets, and says of each what came of it.
pub(crate) fn check() -> Result<()> {
    let outcomes = TARGETS.map(|target| (target, check_one(target)));
    let passed = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    for (target, outcome) in outcomes {
        match outcome {
            Ok(()) => println!("{target}: checked; neither linked nor run, and without the C code of dependencies"),
            Err(error) => println!("{target}: could not be checked: {error:#}"),
        }
    }
    ensure!(passed == TARGETS.len(), "{passed} of {} targets were checked", TARGETS.len());
    Ok(())
}

fn check_one(target: &str) -> Result<()> {
    // The libraries and the programs; tests run what there is on Unix only.
    // libFuzzer is C++, and its library is there for those who build it only.
    let mut check = cargo(&["check", "--workspace", "--exclude", "cogen-fuzz", "--locked", "--target", target]);
    // What is compiled for this machine, such as macros, runs for moments only.
    check.args(["--config", "profile.dev.package.\"*\".opt-level=0"]);
    if !has_target(&sysroot()?, target) {
        check.arg("-Zbuild-std=std,panic_abort");
        check.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", debian::source()?);
    }
    // Nothing is linked: where a dependency has C code, a program that does nothing is compiler enough.
    let suffix = target.replace('-', "_");
    for tool in ["CC", "AR"] {
        check.env(format!("{tool}_{suffix}"), "true");
    }
    // Else it would be looked for, and there is none.
    check.env("SDKROOT", "/");
    // Of its own: with other settings for the compiler, everything else would be compiled anew afterwards.
    run(check.env("CARGO_TARGET_DIR", root().join(".cogen/platforms")))
}
