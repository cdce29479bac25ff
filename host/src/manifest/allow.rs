//! `[program.NAME.allow]`: what a program may touch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::values;
use crate::program::Program;

/// `[program.NAME.allow]`: nothing is allowed that is not here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// Whether it may connect, listen, send and look up names.
    #[serde(default)]
    pub network: bool,
    /// Folders of which it may read the files, under the names that it knows them by.
    #[serde(default, deserialize_with = "values::directories")]
    pub directories: BTreeMap<String, PathBuf>,
}

impl Allow {
    /// The program with these grants; paths are relative to `folder`.
    pub fn grant(&self, mut program: Program, folder: &Path) -> Program {
        if self.network {
            program = program.allow_network();
        }
        for (name, path) in &self.directories {
            program = program.allow_directory(name, folder.join(path));
        }
        program
    }
}
