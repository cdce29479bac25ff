//! Rust, by cargo.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Compiler, Language, Missing, Work, files, template, tools};

pub(super) static LANGUAGE: Language = Language {
    name: "rust",
    title: "Rust",
    known_by: "Cargo.toml",
    is_known: |folder| folder.join("Cargo.toml").is_file(),
    sdk: files::RUST,
    beside: &[("Cargo.toml", WORKSPACE.as_bytes())],
    knows_changes: true,
    template: template!("rust": ".gitignore", "Cargo.toml", "src/lib.rs"),
    find: || Ok(Box::new(Cargo::find()?)),
};

/// The workspace of which the SDK's crates have their version.
const WORKSPACE: &str = concat!(
    "[workspace]\nresolver = \"3\"\nmembers = [\"guest-sdk/rust\", \"guest-sdk/rust/macros\"]\n\n",
    "[workspace.package]\nedition = \"2024\"\nversion = \"",
    env!("CARGO_PKG_VERSION"),
    "\"\nrust-version = \"",
    env!("CARGO_PKG_RUST_VERSION"),
    "\"\nlicense = \"",
    env!("CARGO_PKG_LICENSE"),
    "\"\n\n[workspace.lints]\n"
);

const TARGET: &str = "wasm32-wasip2";

/// Cargo and a compiler that has the target.
struct Cargo {
    version: String,
}

impl Cargo {
    fn find() -> Result<Self, Missing> {
        let version = tools::says(Command::new("cargo").arg("--version"));
        let version = version.ok_or_else(|| {
            Missing::new("cargo is not on the PATH", "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh")
        })?;
        if !has_target() {
            let what = format!("the compiler of Rust has no standard library for {TARGET}");
            return Err(Missing::new(what, format!("rustup target add {TARGET}")));
        }
        Ok(Cargo { version })
    }
}

/// Whether the standard library is there, also where flags say that it is elsewhere.
fn has_target() -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    rustc.args(flags());
    let library = tools::says(&mut rustc).map(PathBuf::from);
    let entries = library.and_then(|library| std::fs::read_dir(library).ok());
    entries.is_some_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

/// What cargo passes to the compiler: the first of these that is set, as cargo has it. (Of its own settings cargo says nothing.)
fn flags() -> Vec<String> {
    let split = |variable: &str, at: &dyn Fn(char) -> bool| {
        let flags = std::env::var_os(variable)?;
        Some(flags.to_string_lossy().split(at).filter(|flag| !flag.is_empty()).map(str::to_owned).collect())
    };
    split("CARGO_ENCODED_RUSTFLAGS", &|letter| letter == '\x1f')
        .or_else(|| split("RUSTFLAGS", &char::is_whitespace))
        .or_else(|| split("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", &char::is_whitespace))
        .unwrap_or_default()
}

impl Compiler for Cargo {
    fn version(&self) -> &str {
        &self.version
    }

    fn compile(&self, work: &Work) -> Result<()> {
        // Those that share the SDK share what is compiled of it.
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--release", "--target", TARGET, "--message-format=json-render-diagnostics"]);
        cargo.arg("--target-dir").arg(work.kept.join("target")).current_dir(&work.source).stdin(Stdio::null());
        let output = cargo.stderr(Stdio::inherit()).output();
        let said = output.as_ref().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let said = said.unwrap_or_default();
        tools::judge(&cargo, output.map(|output| output.status))?;
        let made = artifact(&said, &work.source)?;
        std::fs::copy(&made, &work.component).with_context(|| format!("cannot copy {}", made.display()))?;
        Ok(())
    }
}

/// The one component that the project in this folder has become, by the lines that cargo prints for programs.
fn artifact(said: &str, source: &Path) -> Result<PathBuf> {
    let manifest = source.join("Cargo.toml").canonicalize()?;
    let is_own = |path: &str| Path::new(path).canonicalize().is_ok_and(|path| path == manifest);
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = messages.filter(|message| message["manifest_path"].as_str().is_some_and(is_own));
    let files = own.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
    let components: Vec<_> = files
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .filter(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    match &components[..] {
        [only] => Ok(only.clone()),
        [] => bail!("{} makes no component; it takes [lib] crate-type = [\"cdylib\"], or a main", manifest.display()),
        several => bail!("{} makes {} components, and a program is one", manifest.display(), several.len()),
    }
}
