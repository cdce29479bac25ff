//! `cogen build`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use cogen::manifest::Manifest;

/// Run the build lines of a manifest, one after the other, in its folder
#[derive(clap::Args)]
pub(crate) struct Build {
    /// The manifest, or a folder with a cogen.toml
    #[arg(default_value = ".")]
    manifest: PathBuf,
}

impl Build {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let manifest = Manifest::load(&self.manifest)?;
        let mut done = Vec::new();
        for (name, program) in &manifest.programs {
            let Some(line) = program.build.as_ref().filter(|line| !done.contains(line)) else { continue };
            eprintln!("{name}: {line}");
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(line);
            if !manifest.folder.as_os_str().is_empty() {
                shell.current_dir(&manifest.folder);
            }
            let status = shell.status().with_context(|| format!("cannot start a shell to build `{name}`"))?;
            if !status.success() {
                eprintln!("error: the build line of `{name}` ended with {status}");
                return Ok(ExitCode::FAILURE);
            }
            done.push(line);
        }
        Ok(ExitCode::SUCCESS)
    }
}
