//! Bindings that are kept with an SDK, so that its users need no tool to make them. They are made anew by a chore when the WIT has
//! changed; beside them lies the digest of the WIT that they were made of.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::shell::{cargo, root, run_saying};
use crate::sources::files;

/// The bindings of one SDK.
pub(crate) struct Bindings {
    /// The folder of the SDK, with the crate `bindgen` in it.
    pub(crate) sdk: &'static str,
    /// Where they are in it.
    pub(crate) folder: &'static str,
    /// What makes them anew.
    pub(crate) chore: &'static str,
}

impl Bindings {
    pub(crate) fn folder(&self) -> PathBuf {
        root().join(self.sdk).join(self.folder)
    }

    /// Makes them of the WIT as it is now, and has them finished before their digest is written.
    pub(crate) fn make(&self, finish: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let crate_of_it = format!("{}/bindgen/Cargo.toml", self.sdk);
        let mut generate = cargo(&["run", "--quiet", "--locked", "--manifest-path", &crate_of_it, "--"]);
        run_saying("making the bindings", generate.arg("wit").arg(self.folder()))?;
        finish(&self.folder())?;
        fs::write(self.digest_file(), wit_digest()?).context("cannot write what the bindings were made of")
    }

    /// Whether they are still those of the WIT.
    pub(crate) fn check(&self) -> Result<()> {
        let file = self.digest_file();
        let made_of = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let Bindings { sdk, chore, .. } = self;
        ensure!(
            made_of == wit_digest()?,
            "the WIT has changed since the bindings of {sdk} were made: cargo xtask {chore}"
        );
        Ok(())
    }

    fn digest_file(&self) -> PathBuf {
        self.folder().join("wit.sha256")
    }
}

/// The digest of all that the WIT says, without its comments.
fn wit_digest() -> Result<String> {
    let mut digest = Sha256::new();
    let mut paths = vec![root().join("wit")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(files(&path)?);
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
            digest.update(format!("{line}\n"));
        }
    }
    Ok(format!("{:x}\n", digest.finalize()))
}
