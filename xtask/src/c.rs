//! Guests in C: the files of each folder `guests/SCENARIO/c` become the component `SCENARIO-c`, beside those in Rust.
//!
//! The compiler is clang 22, the machine's own or Debian's; the C library is Debian's `wasi-libc`; what links comes with Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::shell::{root, run_silently};
use crate::toolchain::{self, NAME, host};
use crate::{debian, programs};

/// A component and what it is made of.
struct Guest {
    name: String,
    sources: Vec<PathBuf>,
}

/// Builds those that are older than their sources, into the folder where those in Rust are. Without a compiler, a line says that
/// they are not there; in CI that is an error.
pub(crate) fn build(into: &Path) -> Result<()> {
    let mut guests = Vec::new();
    find(&root().join("guests"), &mut guests)?;
    guests.retain(|guest| guest.is_older_than_its_sources(into));
    if guests.is_empty() {
        return Ok(());
    }
    let compiler = Compiler::get();
    let compiler = match compiler {
        Ok(compiler) => compiler,
        Err(why) => return programs::refuse("guests in C", &why),
    };
    guests.iter().try_for_each(|guest| compiler.build(guest, into))
}

/// Finds the guests below a folder.
fn find(folder: &Path, guests: &mut Vec<Guest>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for path in entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()? {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("target" | "src") | None => {}
            Some("c") => guests.push(Guest::of(&path)?),
            Some(_) if path.is_dir() => find(&path, guests)?,
            Some(_) => {}
        }
    }
    Ok(())
}

impl Guest {
    /// The one in this folder: `guests/wasi/io/c` is `wasi-io-c`.
    fn of(folder: &Path) -> Result<Self> {
        let scenario = folder.strip_prefix(root().join("guests"))?;
        let name: Vec<_> = scenario.iter().map(|part| part.to_string_lossy()).collect();
        let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "c");
        let sources: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).filter(is_source).collect();
        ensure!(!sources.is_empty(), "there is no C in {}", folder.display());
        Ok(Guest { name: name.join("-"), sources })
    }

    fn file(&self, into: &Path) -> PathBuf {
        into.join(&self.name).with_extension("wasm")
    }

    fn is_older_than_its_sources(&self, into: &Path) -> bool {
        let age = |path: &Path| path.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let built = age(&self.file(into));
        self.sources.iter().any(|source| age(source) >= built)
    }
}

/// What compiles and links.
struct Compiler {
    clang: PathBuf,
    sysroot: PathBuf,
    path: std::ffi::OsString,
}

impl Compiler {
    fn get() -> Result<Self> {
        let rust = toolchain::sysroot()?.join("lib/rustlib").join(host()?).join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let linkers = [rust.join("gcc-ld"), rust];
        let path = std::env::join_paths(linkers.into_iter().chain(std::env::split_paths(&path)))?;
        Ok(Compiler { clang: programs::clang()?, sysroot: debian::c_sysroot()?, path })
    }

    fn build(&self, guest: &Guest, into: &Path) -> Result<()> {
        let mut compile = Command::new(&self.clang);
        compile.arg(format!("--target={NAME}")).arg(format!("--sysroot={}", self.sysroot.display()));
        compile.args(["-O2", "-g1", "-Wall", "-Wextra", "-Werror"]).args(&guest.sources);
        compile.arg("-o").arg(guest.file(into)).env("PATH", &self.path);
        run_silently(&mut compile).with_context(|| format!("cannot build the guest {}", guest.name))
    }
}
