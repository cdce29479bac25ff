//! The folder for what is kept from one run to the next.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// Where things are kept that can be had again: of this user, unless the user says otherwise.
pub(crate) fn folder() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    cache.or_else(home).map(|folder| folder.join("cogen"))
}

/// Makes a folder for this user alone, if it is not there. Without one that was asked for, every run would compile anew, and
/// nobody would know why.
pub(crate) fn make(folder: &Path) -> Result<()> {
    ensure!(folder.is_dir() || !folder.exists(), "it is no folder");
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    ensure!(folder.is_dir(), "there is no such folder");
    Ok(())
}
