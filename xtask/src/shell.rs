//! Running other programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How long something may take in silence.
const SILENCE: Duration = Duration::from_secs(2);

/// The project's folder: asked when run, since a checkout may have been moved after this was built.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().expect("xtask is a folder of the project").to_owned()
}

/// Where the tools are that the project gets for itself.
pub(crate) fn tools() -> PathBuf {
    root().join(".cogen/tools")
}

/// A cargo command in the project's folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end; an exit code other than zero is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// Runs a command, and says what it does if that takes longer than two seconds.
pub(crate) fn run_saying(what: &str, command: &mut Command) -> Result<()> {
    let mut child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let (began, mut silent) = (Instant::now(), true);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if silent && began.elapsed() > SILENCE {
            eprintln!("{what} …");
            silent = false;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    ensure!(status.success(), "{what} failed: {command:?} ended with {status}");
    Ok(())
}

/// What a command printed, if it succeeded.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    ensure!(output.status.success(), "{command:?} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Runs a command that nobody is to hear, unless it fails: then the error has what it complained of.
pub(crate) fn run_silently(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let complaint = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    ensure!(output.status.success(), "{:?} ended with {}: {complaint}", command.get_program(), output.status);
    Ok(())
}
