//! The servers that the echo benchmark compares the engine with, where they are not written in Rust: the one in Go.

use anyhow::{Context, Result};

use crate::go::Go;
use crate::shell::{root, run_silently, tools};

/// Builds what can be built; the benchmark leaves out what is not there.
pub(crate) fn build() -> Result<()> {
    match Go::get() {
        Ok(go) => build_echo(&go),
        Err(error) => {
            eprintln!("SKIPPING the peer in Go ({error:#})");
            Ok(())
        }
    }
}

fn build_echo(go: &Go) -> Result<()> {
    let echo = tools().join("bin/echo-go");
    let mut build = go.command("build");
    build.arg("-o").arg(&echo).arg("host/benches/echo/peers/echo.go").current_dir(root());
    run_silently(build.env("CGO_ENABLED", "0")).context("cannot build the peer in Go")?;
    println!("built {}", echo.display());
    Ok(())
}
