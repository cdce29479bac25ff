//! The fuzz targets for a short while, with a stable compiler: `cargo fuzz run NAME` needs a nightly one, and is for long runs.
//!
//! Only the project's own crates are built so that libFuzzer sees what runs in them; all others are those of the tests.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::shell::{cargo, root, run};

/// The targets: the programs of `fuzz`.
const TARGETS: [&str; 4] = ["manifest", "grants", "inspect", "run"];

/// The longest input: none of what is fuzzed needs more to show its worst.
const LONGEST: &str = "-max_len=4096";

/// Whatever takes longer than so many seconds, or more than so many MiB, is found, too.
const BOUNDS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=4096"];

/// Gives each target so many seconds, one after the other.
pub(crate) fn fuzz(seconds: u32) -> Result<()> {
    for (name, program) in build()? {
        println!("--- fuzz target {name}, {seconds} s");
        let mut fuzz = std::process::Command::new(program);
        let folder = |of: &str| root().join("fuzz").join(of).join(name);
        std::fs::create_dir_all(folder("corpus"))?;
        std::fs::create_dir_all(folder("artifacts"))?;
        fuzz.arg(folder("corpus")).arg(folder("seeds")).arg(LONGEST).args(BOUNDS);
        fuzz.arg(format!("-max_total_time={seconds}")).args(["-print_final_stats=1", "-verbosity=0"]);
        fuzz.arg(format!("-artifact_prefix={}/", folder("artifacts").display()));
        run(&mut fuzz).with_context(|| {
            format!("{name} has found something; mend it, and move the file that it names to fuzz/seeds/{name}")
        })?;
    }
    Ok(())
}

/// Builds the targets, and answers where they are. They are built as tests: else dependencies would have other features, and most of
/// them would be compiled twice.
fn build() -> Result<Vec<(&'static str, String)>> {
    let mut build =
        cargo(&["test", "--quiet", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"]);
    for name in TARGETS {
        build.args(["--bin", name]);
    }
    build.env("RUSTC_WORKSPACE_WRAPPER", root().join("fuzz/instrument")).stderr(Stdio::inherit());
    let output = build.output()?;
    ensure!(output.status.success(), "{build:?} ended with {}", output.status);
    let messages: Vec<Value> =
        String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let program = |name: &'static str| {
        let of_target =
            messages.iter().find(|message| message["target"]["name"] == name && message["executable"].is_string());
        let path = of_target.and_then(|message| message["executable"].as_str());
        Ok((name, path.with_context(|| format!("cargo has built no {name}"))?.to_owned()))
    };
    TARGETS.into_iter().map(program).collect()
}
