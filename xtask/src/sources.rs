//! Whether what was built is older than what it is made of.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

/// Whether any of these files, or any file in these folders, is younger.
pub(crate) fn is_older(built: &Path, sources: &[PathBuf]) -> Result<bool> {
    let age = |path: &Path| path.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    for source in sources {
        let is_older = if source.is_dir() { is_older(built, &files(source)?)? } else { age(source) >= age(built) };
        if is_older {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is in a folder, in order.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The folders `guests/SCENARIO/LANGUAGE` that there are.
pub(crate) fn guests_in(language: &str) -> Result<Vec<PathBuf>> {
    let scenarios = files(&crate::shell::root().join("guests"))?;
    Ok(scenarios.iter().map(|scenario| scenario.join(language)).filter(|folder| folder.is_dir()).collect())
}
