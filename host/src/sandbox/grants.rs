//! What a program may touch. Nothing is allowed that was not granted.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

/// What a program is granted, as it is configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Granted {
    pub(crate) network: bool,
    /// Directories of the host, under the names that the program knows them by.
    pub(crate) directories: BTreeMap<String, PathBuf>,
}

impl Granted {
    /// Opens the directories: from now on they are the ones that they are now.
    pub(crate) fn open(&self) -> Result<Grants, (PathBuf, io::Error)> {
        let open = |(name, path): (&String, &PathBuf)| match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(directory) => Ok((name.clone(), Arc::new(directory))),
            Err(error) => Err((path.clone(), error)),
        };
        let directories = self.directories.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Grants { network: self.network, directories })
    }
}

/// What the coroutines of a program may touch.
#[derive(Default)]
pub(crate) struct Grants {
    network: bool,
    directories: BTreeMap<String, Arc<Dir>>,
}

impl Grants {
    /// Whether the network may be used; else what to tell the guest.
    pub(crate) fn network(&self, program: &str) -> Result<(), String> {
        if self.network {
            return Ok(());
        }
        Err(format!(
            "program `{program}` is not granted the network; write `network = true` in [program.{program}.allow], or run with \
             --allow-network"
        ))
    }

    /// A granted directory, or what to tell the guest.
    pub(crate) fn directory(&self, program: &str, name: &str) -> Result<Arc<Dir>, String> {
        self.directories.get(name).cloned().ok_or_else(|| {
            format!("program `{program}` is not granted a directory `{name}`; name it in [program.{program}.allow.directories]")
        })
    }
}
