//! Getting `wasm32-wasip2`: it is there; or rustup brings it; or it is made from Debian's packages.
//!
//! What is made goes to `.cogen/sysroot` in the project, never into the user's toolchain. Debian's way takes the standard
//! library's source of exactly this compiler (package `rust-src`) and the C library (`wasi-libc`), from the folder that
//! `COGEN_TOOLCHAIN_DIR` names or from Debian's mirror, and compiles the one over the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{cargo, output, root, run, run_saying};

/// The target of all guests.
pub(crate) const NAME: &str = "wasm32-wasip2";

/// Where Debian keeps the two packages while they are newer than its release.
const SUITE: &str = "trixie-backports";

/// The mirror asked when apt's own settings name none.
const MIRROR: &str = "http://deb.debian.org/debian";

/// Makes sure that guests can be built; answers the sysroot to build them with if it is not the toolchain's own.
/// `COGEN_TARGET=debian` makes it from Debian's packages even where there is a simpler way.
pub(crate) fn get() -> Result<Option<PathBuf>> {
    let own = root().join(".cogen/sysroot");
    let forced = std::env::var_os("COGEN_TARGET").is_some_and(|way| way == "debian");
    let toolchain = PathBuf::from(output(Command::new(rustc()).args(["--print", "sysroot"]))?);
    if !forced && has_target(&toolchain) {
        return Ok(None);
    }
    if is_made(&own)? {
        return Ok(Some(own));
    }
    if !forced && by_rustup(&toolchain) {
        return Ok(None);
    }
    eprintln!("making {NAME} from Debian's packages, in {}", own.display());
    from_debian(&toolchain, &own).with_context(|| {
        format!(
            "cannot get the target {NAME}: rustup does not bring it, and it cannot be made from Debian's packages; \
             type `rustup target add {NAME}`, or set COGEN_TOOLCHAIN_DIR to a folder with \
             rust-src-VERSION-library.tar.xz and wasi-libc_VERSION_all.deb"
        )
    })?;
    Ok(Some(own))
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Whether a sysroot has the target's standard library.
fn has_target(sysroot: &Path) -> bool {
    let library = sysroot.join("lib/rustlib").join(NAME).join("lib");
    fs::read_dir(library).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().starts_with("libstd-") && name.to_string_lossy().ends_with(".rlib")
        })
    })
}

/// Whether our own sysroot is there and was made by this compiler.
fn is_made(own: &Path) -> Result<bool> {
    Ok(has_target(own) && fs::read_to_string(own.join("made-by")).is_ok_and(|by| version().is_ok_and(|now| by == now)))
}

fn version() -> Result<String> {
    output(Command::new(rustc()).arg("-vV"))
}

fn by_rustup(toolchain: &Path) -> bool {
    eprintln!("getting {NAME} by rustup …");
    // It may say no and exit with zero: what counts is what is there afterwards.
    let asked = Command::new("rustup").args(["target", "add", NAME]).current_dir(root()).output();
    asked.is_ok() && has_target(toolchain)
}

fn from_debian(toolchain: &Path, own: &Path) -> Result<()> {
    let work = root().join(".cogen/toolchain");
    let _ = fs::remove_dir_all(own);
    fs::create_dir_all(&work)?;
    let archives = match std::env::var_os("COGEN_TOOLCHAIN_DIR") {
        Some(folder) => from_folder(Path::new(&folder))?,
        None => from_mirror(&work)?,
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
    let version = version()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let link = own.join("lib/rustlib").join(host);
    #[cfg(unix)]
    std::os::unix::fs::symlink(toolchain.join("lib/rustlib").join(host), link)?;
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
    let flags = format!("-Cembed-bitcode=yes --sysroot={}", own.display());
    let mut build = cargo(&["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort", "--target", NAME]);
    build
        .current_dir(&empty)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", sources)
        .env("CARGO_TARGET_DIR", empty.join("target"))
        .env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", flags);
    run_saying("compiling the standard library", &mut build)?;
    Ok(empty.join("target").join(NAME).join("release/deps"))
}

fn from_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read COGEN_TOOLCHAIN_DIR={}", folder.display()))?;
    let files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let find = |start: &str| {
        let is_it = |file: &&PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
        files.iter().find(is_it).cloned().with_context(|| format!("no {start}* in {}", folder.display()))
    };
    Ok(vec![find(&format!("rust-src-{}", release()?))?, find("wasi-libc")?])
}

/// The compiler's version: `1.95.0`.
fn release() -> Result<String> {
    let version = version()?;
    Ok(version.lines().find_map(|line| line.strip_prefix("release: ")).context("rustc names no release")?.to_owned())
}

fn from_mirror(work: &Path) -> Result<Vec<PathBuf>> {
    let mirror = mirror();
    let index = work.join("Packages.xz");
    download(&format!("{mirror}/dists/{SUITE}/main/binary-all/Packages.xz"), &index)
        .or_else(|_| download(&format!("{mirror}/dists/{SUITE}/main/binary-amd64/Packages.xz"), &index))?;
    let index = output(Command::new("xz").arg("-dc").arg(&index))?;
    let release = release()?;
    [("rust-src", release.as_str()), ("wasi-libc", "")]
        .into_iter()
        .map(|(package, version)| {
            let path = find_package(&index, package, version)
                .with_context(|| format!("{SUITE} of {mirror} has no {package} {version}"))?;
            let file = work.join(path.rsplit('/').next().unwrap_or(path));
            if !file.exists() {
                eprintln!("downloading {package} …");
                download(&format!("{mirror}/{path}"), &file)?;
            }
            Ok(file)
        })
        .collect()
}

/// The path of a package in an index of Debian's.
fn find_package<'a>(index: &'a str, package: &str, version: &str) -> Option<&'a str> {
    index.split("\n\n").find_map(|paragraph| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let is_it = field("Package") == Some(package) && field("Version")?.starts_with(version);
        is_it.then(|| field("Filename")).flatten()
    })
}

/// The mirror that apt uses.
fn mirror() -> String {
    let output = output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]));
    let found = output.ok().and_then(|uris| {
        uris.lines().map(|uri| uri.trim_end_matches('/')).find(|uri| uri.ends_with("/debian")).map(str::to_owned)
    });
    found.unwrap_or_else(|| MIRROR.to_owned())
}

fn download(url: &str, file: &Path) -> Result<()> {
    let draft = file.with_extension("part");
    run(Command::new("curl")
        .args(["--fail", "--silent", "--show-error", "--location", "--output"])
        .arg(&draft)
        .arg(url))?;
    Ok(fs::rename(draft, file)?)
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
