//! The target `wasm32-wasip2`, made from two of Debian's packages.
//!
//! The standard library's source of exactly this compiler (`rust-src`) is compiled over a C library (`wasi-libc`). Both
//! come from the folder that `COGEN_TOOLCHAIN_DIR` names, or from Debian by apt, which needs no rights for that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::apt::Apt;
use crate::shell::{cargo, root, run, run_saying};
use crate::toolchain::{NAME, has_target, host, release, version};

/// Where Debian keeps the two packages while they are newer than its release.
const SUITE: &str = "trixie-backports";

/// Makes a sysroot with the target in the folder `own`.
pub(crate) fn make(toolchain: &Path, own: &Path) -> Result<()> {
    let work = root().join(".cogen/toolchain");
    let _ = fs::remove_dir_all(own);
    fs::create_dir_all(&work)?;
    let archives = match std::env::var_os("COGEN_TOOLCHAIN_DIR") {
        Some(folder) => from_folder(Path::new(&folder))?,
        None => from_debian(&work)?,
    };
    let unpacked = work.join("unpacked");
    let _ = fs::remove_dir_all(&unpacked);
    fs::create_dir_all(&unpacked)?;
    for archive in &archives {
        unpack(archive, &unpacked)?;
    }
    let sources = library_in(&unpacked)?;
    let target = own.join("lib/rustlib").join(NAME).join("lib");
    fs::create_dir_all(target.join("self-contained"))?;
    copy_files(&unpacked.join("usr/lib").join(NAME), &target.join("self-contained"), |_| true)?;
    link_host(toolchain, own)?;
    let built = build_std(&work, own, &sources)?;
    copy_files(&built, &target, |name| name.ends_with(".rlib") && !name.starts_with("libempty"))?;
    ensure!(has_target(own), "the standard library was built, and is not there");
    fs::write(own.join("made-by"), version()?)?;
    Ok(())
}

/// The compiler finds its own things beside the target's.
fn link_host(toolchain: &Path, own: &Path) -> Result<()> {
    let host = host()?;
    let link = own.join("lib/rustlib").join(&host);
    #[cfg(unix)]
    std::os::unix::fs::symlink(toolchain.join("lib/rustlib").join(&host), link)?;
    #[cfg(not(unix))]
    bail!("this way works on Unix only: {}", link.display());
    Ok(())
}

fn build_std(work: &Path, own: &Path, sources: &Path) -> Result<PathBuf> {
    let empty = work.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(empty.join("src/lib.rs"), "")?;
    let manifest = "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n";
    fs::write(empty.join("Cargo.toml"), manifest)?;
    // Flags with a unit separator between two of them: the path may have spaces.
    let flags = format!("-Cembed-bitcode=yes\x1f--sysroot={}", own.display());
    let mut build = cargo(&["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort", "--target", NAME]);
    build
        .current_dir(&empty)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", sources)
        .env("CARGO_TARGET_DIR", empty.join("target"))
        .env("CARGO_ENCODED_RUSTFLAGS", flags);
    run_saying("compiling the standard library", &mut build)?;
    Ok(empty.join("target").join(NAME).join("release/deps"))
}

/// Both archives as somebody has put them into a folder.
fn from_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    ensure!(folder.is_dir(), "COGEN_TOOLCHAIN_DIR={} is no folder", folder.display());
    let release = release()?;
    let source = [&format!("rust-src-{release}")[..], &format!("rust-src_{release}")];
    Ok(vec![find(folder, &source)?, find(folder, &["wasi-libc"])?])
}

/// The file in `folder` whose name begins in one of these ways.
fn find(folder: &Path, starts: &[&str]) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let is_it = |name: &str| starts.iter().any(|start| name.starts_with(start));
    let mut files = entries.flatten().filter(|file| is_it(&file.file_name().to_string_lossy())).map(|file| file.path());
    files.next().with_context(|| format!("there is no {}* in {}", starts.join("* and no "), folder.display()))
}

/// Both archives as Debian has them, checked by apt against Debian's own signature.
fn from_debian(work: &Path) -> Result<Vec<PathBuf>> {
    let folder = work.join("archives");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let apt = Apt::of_suite(work.join("apt"), SUITE)?;
    run(&mut apt.get(&["update"]))?;
    let source = format!("rust-src={}*", release()?);
    let mut download = apt.get(&["download", &source, "wasi-libc"]);
    download.current_dir(&folder);
    run_saying("downloading the source of the standard library, and a C library", &mut download)?;
    Ok(vec![find(&folder, &["rust-src"])?, find(&folder, &["wasi-libc"])?])
}

fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let mut command = if archive.extension().is_some_and(|extension| extension == "deb") {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("-x").arg(archive).arg(folder);
        dpkg
    } else {
        let mut tar = Command::new("tar");
        tar.arg("-xf").arg(archive).arg("-C").arg(folder);
        tar
    };
    run(&mut command)
}

/// The folder of the standard library's source, in either layout.
fn library_in(unpacked: &Path) -> Result<PathBuf> {
    let packaged = unpacked.join(format!("usr/src/rustc-{}/library", release()?));
    let plain = unpacked.join("library");
    match [packaged, plain].into_iter().find(|folder| folder.join("std").is_dir()) {
        Some(folder) => Ok(folder),
        None => bail!("the archive of rust-src has no folder `library`"),
    }
}

fn copy_files(from: &Path, to: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<()> {
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() && is_wanted(&entry.file_name().to_string_lossy()) {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
