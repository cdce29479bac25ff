//! The Rust toolchain that is installed: what it is, and what it has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell::output;

/// The target of all guests.
pub(crate) const NAME: &str = "wasm32-wasip2";

/// Where the toolchain keeps its own libraries.
pub(crate) fn sysroot() -> Result<PathBuf> {
    Ok(PathBuf::from(output(Command::new(rustc()).args(["--print", "sysroot"]))?))
}

/// Whether a sysroot has a target's standard library.
pub(crate) fn has_target(sysroot: &Path, name: &str) -> bool {
    let library = sysroot.join("lib/rustlib").join(name).join("lib");
    fs::read_dir(library).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().starts_with("libstd-") && name.to_string_lossy().ends_with(".rlib")
        })
    })
}

/// What the compiler says of itself.
pub(crate) fn version() -> Result<String> {
    output(Command::new(rustc()).arg("-vV"))
}

/// The compiler's version: `1.95.0`.
pub(crate) fn release() -> Result<String> {
    let version = version()?;
    Ok(version.lines().find_map(|line| line.strip_prefix("release: ")).context("rustc names no release")?.to_owned())
}

/// The machine that the compiler runs on: `x86_64-unknown-linux-gnu`.
pub(crate) fn host() -> Result<String> {
    let version = version()?;
    Ok(version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?.to_owned())
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}
