//! What a program may touch. Nothing is allowed that was not granted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::error::{Error, ErrorKind};

/// What a program is granted, as it is configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Granted {
    pub(crate) network: bool,
    /// Directories of the host, under the names that the program knows them by.
    pub(crate) directories: BTreeMap<String, PathBuf>,
}

impl Granted {
    /// Opens the directories: from now on they are the ones that they are now.
    pub(crate) fn open(&self, program: &str) -> Result<Grants, Error> {
        let open = |(name, path): (&String, &PathBuf)| {
            let refused = |why: &str| {
                let message = format!("cannot grant program `{program}` the directory {}{why}", path.display());
                Error::new(ErrorKind::Configuration, message)
            };
            if !is_directory_name(name) {
                return Err(refused(&format!(" under the name {name:?}: expected {DIRECTORY_NAME}")));
            }
            let directory = Dir::open_ambient_dir(path, ambient_authority());
            Ok((name.clone(), Arc::new(directory.map_err(|error| refused("").with_source(error))?)))
        };
        let directories = self.directories.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Grants { network: self.network, directories })
    }
}

/// What the name of a granted directory is, in words.
pub(crate) const DIRECTORY_NAME: &str =
    "a name of 1 to 64 letters, digits, `-`, `_` and `.`, and not `.` or `..` alone";

/// Whether guests may know a directory by this name: it is the first part of a path.
pub(crate) fn is_directory_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed) && name != "." && name != ".."
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
            format!(
                "program `{program}` is not granted a directory `{name}`; name it in [program.{program}.allow.directories], or \
                 run with --allow-dir {name}=PATH"
            )
        })
    }
}
