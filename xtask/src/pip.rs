//! Tools that come by pip, which checks what it gets by its hash.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell::run_silently;

/// Puts what the lines of a requirements file name into a folder of its own, in place of what was there.
pub(crate) fn install(requirements: &str, folder: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join("requirements.txt");
    fs::write(&file, requirements)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]);
    // Whoever is offline is to wait for the tests, not for pip.
    pip.args(["--retries", "1", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--target"]).arg(folder);
    run_silently(pip.arg("-r").arg(&file))
}
