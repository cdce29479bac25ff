//! What the command line grants.

use std::path::{Path, PathBuf};

use cogen::Program;
use cogen::manifest::Allow;

/// What all programs of a run are granted, beside what a manifest grants them.
#[derive(clap::Args)]
pub(crate) struct Grants {
    /// Let the programs use the network; without it they may use the connections that they are given
    #[arg(long)]
    allow_network: bool,
    /// Let the programs read the files of a folder, under paths that begin with NAME
    #[arg(long, value_name = "NAME=PATH", value_parser = directory)]
    allow_dir: Vec<(String, PathBuf)>,
}

impl Grants {
    /// Adds these grants to those that a program has.
    pub(crate) fn add_to(&self, allow: &mut Allow) {
        allow.network |= self.allow_network;
        allow.directories.extend(self.allow_dir.iter().cloned());
    }

    /// A program that is granted this and nothing else.
    pub(crate) fn give(&self, program: Program) -> Program {
        let mut allow = Allow::default();
        self.add_to(&mut allow);
        allow.grant(program, Path::new(""))
    }
}

/// A name and a folder. A manifest takes paths for its own, so that this one must not depend on where it is.
fn directory(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected NAME=PATH, as in public=www")?;
    let path = std::path::absolute(path).map_err(|error| format!("{path:?} is no path: {error}"))?;
    Ok((name.to_owned(), path))
}
