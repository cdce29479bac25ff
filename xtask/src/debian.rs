//! The target `wasm32-wasip2`, made from two of Debian's packages.
//!
//! The standard library's source of exactly this compiler (`rust-src`) is compiled over a C library (`wasi-libc`). Both
//! come from the folder that `COGEN_TOOLCHAIN_DIR` names, or from Debian by apt, which needs no rights for that. The first
//! is enough to check code for any other target.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::apt::Apt;
use crate::shell::{cargo, root, run, run_saying, run_silently, tools};
use crate::toolchain::{NAME, has_target, host, release, version};

/// The source of the standard library.
const SOURCE: &str = "rust-src";

/// The C library of the target.
const C_LIBRARY: &str = "wasi-libc";

/// Where Debian keeps the two packages while they are newer than its release.
const SUITE: &str = "trixie-backports";

/// Makes a sysroot with the target in the folder `own`.
pub(crate) fn make(toolchain: &Path, own: &Path) -> Result<()> {
    let work = root().join(".cogen/toolchain");
    let _ = fs::remove_dir_all(own);
    fs::create_dir_all(&work)?;
    let unpacked = get(&work, &[SOURCE, C_LIBRARY])?;
    let sources = library_in(&unpacked)?;
    let target = own.join("lib/rustlib").join(NAME).join("lib");
    fs::create_dir_all(target.join("self-contained"))?;
    copy_files(&unpacked.join("usr/lib").join(NAME), &target.join("self-contained"), |_| true)?;
    link_host(toolchain, own)?;
    let built = build_std(&work, own, &sources)?;
    copy_files(&built, &target, |name| name.ends_with(".rlib") && !name.starts_with("libempty"))?;
    ensure!(has_target(own, NAME), "the standard library was built, and is not there");
    fs::write(own.join("made-by"), version()?)?;
    Ok(())
}

/// The standard library's source of exactly this compiler.
pub(crate) fn source() -> Result<PathBuf> {
    let work = root().join(format!(".cogen/source-{}", release()?));
    match library_in(&work.join("unpacked")) {
        Ok(there) => Ok(there),
        Err(_) => library_in(&get(&work, &[SOURCE])?),
    }
}

/// A sysroot with the C library, for programs in C.
pub(crate) fn c_sysroot() -> Result<PathBuf> {
    let work = tools().join("c");
    let (sysroot, include) = (work.join("sysroot"), Path::new("include").join(NAME));
    if sysroot.join(&include).join("stdio.h").is_file() {
        return Ok(sysroot);
    }
    let unpacked = get(&work, &[C_LIBRARY])?.join("usr");
    let _ = fs::remove_dir_all(&sysroot);
    fs::create_dir_all(&sysroot)?;
    fs::rename(unpacked.join("lib"), sysroot.join("lib"))?;
    fs::rename(unpacked.join("include"), sysroot.join("include"))?;
    Ok(sysroot)
}

/// The archive of yyjson's source as Debian 13 has it, and its SHA-256.
const YYJSON: &str = "yyjson_0.10.0+ds.orig.tar.xz";
const YYJSON_DIGEST: &str = "ae6fde69a193e10afab426ef13f113d6903446405f9db9ee98bfb572bd6c961a";

/// The folder with `yyjson.c` and `yyjson.h`, for programs in C.
pub(crate) fn yyjson() -> Result<PathBuf> {
    let work = tools().join("c");
    let sources = work.join("yyjson");
    if sources.join("yyjson.c").is_file() {
        return Ok(sources);
    }
    let archive = yyjson_archive(&work).with_context(|| {
        format!("cannot get yyjson: put {YYJSON} into a folder, and set COGEN_TOOLCHAIN_DIR to that")
    })?;
    let unpacked = work.join("yyjson-unpacked");
    let _ = fs::remove_dir_all(&unpacked);
    fs::create_dir_all(&unpacked)?;
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(&archive).arg("-C").arg(&unpacked).args(["--strip-components", "1"]);
    run_silently(&mut tar)?;
    fs::rename(unpacked.join("src"), &sources)?;
    fs::remove_dir_all(&unpacked)?;
    Ok(sources)
}

/// The archive from the folder that `COGEN_TOOLCHAIN_DIR` names if it is there, or from Debian.
fn yyjson_archive(work: &Path) -> Result<PathBuf> {
    let given = std::env::var_os("COGEN_TOOLCHAIN_DIR").map(|folder| Path::new(&folder).join(YYJSON));
    let archive = match given.filter(|archive| archive.is_file()) {
        Some(archive) => archive,
        None => {
            fs::create_dir_all(work)?;
            let archive = work.join(YYJSON);
            Apt::of_machine(work.join("apt-of-machine"))?
                .download(&format!("pool/main/y/yyjson/{YYJSON}"), &archive)?;
            archive
        }
    };
    let bytes = fs::read(&archive).with_context(|| format!("cannot read {}", archive.display()))?;
    let digest = format!("{:x}", Sha256::digest(bytes));
    ensure!(digest == YYJSON_DIGEST, "{} has the SHA-256 {digest} instead of {YYJSON_DIGEST}", archive.display());
    Ok(archive)
}

/// Gets packages, and answers the folder that they are unpacked in.
fn get(work: &Path, packages: &[&str]) -> Result<PathBuf> {
    fs::create_dir_all(work)?;
    let archives = match std::env::var_os("COGEN_TOOLCHAIN_DIR") {
        Some(folder) => from_folder(Path::new(&folder), packages)?,
        None => from_debian(work, packages)?,
    };
    let unpacked = work.join("unpacked");
    let _ = fs::remove_dir_all(&unpacked);
    fs::create_dir_all(&unpacked)?;
    for archive in &archives {
        unpack(archive, &unpacked)?;
    }
    Ok(unpacked)
}

/// The compiler finds its own things beside the target's.
#[cfg(unix)]
fn link_host(toolchain: &Path, own: &Path) -> Result<()> {
    let host = Path::new("lib/rustlib").join(host()?);
    std::os::unix::fs::symlink(toolchain.join(&host), own.join(&host))?;
    Ok(())
}

#[cfg(not(unix))]
fn link_host(_: &Path, own: &Path) -> Result<()> {
    bail!("this way works on Unix only: no target can be made for {} in {}", host()?, own.display());
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

/// Archives as somebody has put them into a folder.
fn from_folder(folder: &Path, packages: &[&str]) -> Result<Vec<PathBuf>> {
    ensure!(folder.is_dir(), "COGEN_TOOLCHAIN_DIR={} is no folder", folder.display());
    packages.iter().map(|&package| find(folder, package)).collect()
}

/// The archive of a package in `folder`; that of a source is of exactly this compiler.
fn find(folder: &Path, package: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let starts = match package {
        SOURCE => {
            let release = release()?;
            vec![format!("{SOURCE}-{release}"), format!("{SOURCE}_{release}")]
        }
        package => vec![package.to_owned()],
    };
    let is_it = |name: &str| starts.iter().any(|start| name.starts_with(start));
    let mut files = entries.flatten().filter(|file| is_it(&file.file_name().to_string_lossy())).map(|file| file.path());
    files.next().with_context(|| format!("there is no {}* in {}", starts.join("* and no "), folder.display()))
}

/// Archives as Debian has them, checked by apt against Debian's own signature.
fn from_debian(work: &Path, packages: &[&str]) -> Result<Vec<PathBuf>> {
    let folder = work.join("archives");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let apt = Apt::of_suite(work.join("apt"), SUITE)?;
    run(&mut apt.get(&["update"]))?;
    let source = format!("{SOURCE}={}*", release()?);
    let mut download = apt.get(&["download"]);
    download.args(packages.iter().map(|&package| if package == SOURCE { &source } else { package }));
    run_saying(&format!("downloading {}", packages.join(" and ")), download.current_dir(&folder))?;
    packages.iter().map(|&package| find(&folder, package)).collect()
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
