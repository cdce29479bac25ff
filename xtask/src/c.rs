//! Guests in C, beside those in Rust. The files of each folder `guests/wasi/…/c` are a program of its own, which knows WASI alone and becomes
//! the component `wasi-…-c`. All other folders `guests/SCENARIO/c` become `all-c` together, over the SDK in `guest-sdk/c`.
//!
//! The compiler is clang 22, the machine's own or Debian's; the C library is Debian's `wasi-libc`; what links comes with Rust.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bindings::Bindings;
use crate::shell::{root, run_silently};
use crate::sources::{files, guests_in, is_older};
use crate::toolchain::{self, NAME, host};
use crate::{debian, programs};

const BINDINGS: Bindings = Bindings { sdk: "guest-sdk/c", folder: "bindings", chore: "c-bindings" };

/// A component and what it is made of.
struct Guest {
    name: String,
    /// Folders with files of C and their headers.
    folders: Vec<PathBuf>,
    is_over_sdk: bool,
}

/// Builds those that are older than their sources, into the folder where those in Rust are. Without a compiler, a line says that
/// they are not there; in CI that is an error.
pub(crate) fn build(into: &Path) -> Result<()> {
    let mut guests = Vec::new();
    find_programs(&root().join("guests/wasi"), &mut guests)?;
    guests.push(Guest { name: "all-c".to_owned(), folders: guests_in("c")?, is_over_sdk: true });
    let mut old = Vec::new();
    for guest in guests {
        if is_older(&guest.file(into), &guest.made_of()?)? {
            old.push(guest);
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    BINDINGS.check()?;
    let compiler = match Compiler::get() {
        Ok(compiler) => compiler,
        Err(why) => return programs::refuse("guests in C", &why),
    };
    old.iter().try_for_each(|guest| compiler.build(guest, into))
}

/// Makes the bindings of the SDK of the WIT as it is now.
pub(crate) fn make_bindings() -> Result<()> {
    BINDINGS.make(|_| Ok(()))
}

/// Finds the programs below a folder.
fn find_programs(folder: &Path, guests: &mut Vec<Guest>) -> Result<()> {
    for path in files(folder)? {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("target" | "src") | None => {}
            Some("c") => guests.push(Guest::program(path)?),
            Some(_) if path.is_dir() => find_programs(&path, guests)?,
            Some(_) => {}
        }
    }
    Ok(())
}

impl Guest {
    /// The program in this folder: `guests/wasi/io/c` is `wasi-io-c`.
    fn program(folder: PathBuf) -> Result<Self> {
        let scenario = folder.strip_prefix(root().join("guests"))?;
        let name: Vec<_> = scenario.iter().map(|part| part.to_string_lossy()).collect();
        Ok(Guest { name: name.join("-"), folders: vec![folder], is_over_sdk: false })
    }

    fn file(&self, into: &Path) -> PathBuf {
        into.join(&self.name).with_extension("wasm")
    }

    /// All files and folders that it is to be built anew after a change of.
    fn made_of(&self) -> Result<Vec<PathBuf>> {
        let mut made_of = self.folders.clone();
        if self.is_over_sdk {
            // What makes the bindings is not in them.
            made_of.extend(files(&sdk())?.into_iter().filter(|path| !path.ends_with("bindgen")));
        }
        Ok(made_of)
    }

    /// The files of C in its folders.
    fn sources(&self) -> Result<Vec<PathBuf>> {
        let mut sources = Vec::new();
        for folder in &self.folders {
            let before = sources.len();
            sources.extend(files(folder)?.into_iter().filter(|path| path.extension().is_some_and(|is| is == "c")));
            ensure!(sources.len() > before, "there is no C in {}", folder.display());
        }
        Ok(sources)
    }
}

fn sdk() -> PathBuf {
    root().join("guest-sdk/c")
}

/// What compiles and links.
struct Compiler {
    clang: PathBuf,
    sysroot: PathBuf,
    /// The folder of yyjson, with which payloads are read and written.
    json: PathBuf,
    path: std::ffi::OsString,
}

impl Compiler {
    fn get() -> Result<Self> {
        let rust = toolchain::sysroot()?.join("lib/rustlib").join(host()?).join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let linkers = [rust.join("gcc-ld"), rust];
        let path = std::env::join_paths(linkers.into_iter().chain(std::env::split_paths(&path)))?;
        Ok(Compiler { clang: programs::clang()?, sysroot: debian::c_sysroot()?, json: debian::yyjson()?, path })
    }

    fn build(&self, guest: &Guest, into: &Path) -> Result<()> {
        let mut compile = Command::new(&self.clang);
        compile.arg(format!("--target={NAME}")).arg(format!("--sysroot={}", self.sysroot.display()));
        compile.args(["-O2", "-g1", "-Wall", "-Wextra", "-Werror"]).args(guest.sources()?);
        if guest.is_over_sdk {
            compile.arg("-mexec-model=reactor").arg("-I").arg(sdk()).arg("-I").arg(root().join("guests/all/c"));
            compile.arg("-isystem").arg(&self.json).arg(sdk().join("cogen.c")).arg(self.json.join("yyjson.c"));
        }
        compile.arg("-o").arg(guest.file(into)).env("PATH", &self.path);
        run_silently(&mut compile).with_context(|| format!("cannot build the guest {}", guest.name))
    }
}
