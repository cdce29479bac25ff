//! `cogen inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cogen::component::{self, Entry};

/// Show what a component imports, exports and lacks here
#[derive(clap::Args)]
pub(crate) struct Inspect {
    /// The component's file
    file: PathBuf,
}

impl Inspect {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let inspection =
            component::inspect(&bytes).with_context(|| format!("cannot inspect {}", self.file.display()))?;
        let entry = match inspection.entry {
            Some(Entry::Run) => "a coroutine: it exports `run`",
            Some(Entry::Command) => "a command: it exports `wasi:cli/run`",
            None => "none: it exports neither `run` nor `wasi:cli/run`",
        };
        println!("entry: {entry}");
        for (title, names) in [
            ("imports", &inspection.imports),
            ("exports", &inspection.exports),
            ("not served here", &inspection.missing),
        ] {
            println!("{title}:{}", if names.is_empty() { " nothing" } else { "" });
            names.iter().for_each(|name| println!("  {name}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
