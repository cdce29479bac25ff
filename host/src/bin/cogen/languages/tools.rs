//! Where the tools of languages are, and how they are run.
//!
//! What is on the `PATH` comes first. What is not to be had of the system may be in a folder of this command's own, one for each
//! user, where nothing else is disturbed by it: that of `COGEN_TOOLS`, or `tools` in the folder of what is kept.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Missing;
use crate::cache;

/// The folder of this command's own tools.
pub(super) fn folder() -> PathBuf {
    let said = std::env::var_os("COGEN_TOOLS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let own = || cache::folder().map(|folder| folder.join("tools"));
    let folder = said.or_else(own).unwrap_or_else(|| PathBuf::from(".cogen/tools"));
    std::path::absolute(&folder).unwrap_or(folder)
}

/// What a command prints, if it succeeds.
pub(super) fn says(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(said)
}

/// The first number after `before` in what a tool says of its version: 24 of `v24.19.0` after `v`.
pub(super) fn number_after(said: &str, before: &str) -> Option<u32> {
    let rest = said.split_once(before)?.1;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok()
}

/// Runs a tool to its end; all that it says goes to standard error.
pub(super) fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(io::stderr()).status();
    judge(command, status)
}

/// Says so if a tool has not succeeded: why, it has said itself.
pub(super) fn judge(command: &Command, status: io::Result<std::process::ExitStatus>) -> Result<()> {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).display();
    let status = status.with_context(|| format!("cannot start {}", program.display()))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}

/// How pip puts a package into a folder of our own, in place of what is there.
pub(super) fn by_pip(package: &str, folder: &Path) -> String {
    format!("python3 -m pip install --upgrade --target {} {package}", quoted(folder))
}

/// A path as it is typed.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+:".contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The `PATH`, with these folders before all others.
pub(super) fn path_after(folders: &[PathBuf]) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&path));
    // A folder with the separator in its name cannot stand in it.
    std::env::join_paths(all).unwrap_or(path)
}

/// The first of these that answers as it must, with its answer.
pub(super) fn first_that<T>(
    candidates: impl IntoIterator<Item = PathBuf>,
    is_right: impl Fn(&Path) -> Option<T>,
    missing: impl FnOnce() -> Missing,
) -> Result<(PathBuf, T), Missing> {
    let mut found = candidates.into_iter().filter_map(|path| is_right(&path).map(|answer| (path, answer)));
    found.next().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_what_a_tool_says_of_its_version() {
        assert_eq!(number_after("v24.19.0", "v"), Some(24));
        assert_eq!(number_after("go version go1.27.3 linux/amd64", "go1."), Some(27));
        assert_eq!(number_after("v", "v"), None);
        assert_eq!(number_after("version", "go"), None);
        assert_eq!(number_after("v99999999999", "v"), None);
    }

    #[test]
    fn a_path_is_shown_as_it_can_be_typed() {
        assert_eq!(quoted(Path::new("/home/ann/.cache/cogen")), "/home/ann/.cache/cogen");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
