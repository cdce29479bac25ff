//! `cogen build`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use cogen::manifest::Manifest;

use crate::output::{self, visible, visible_name};

/// Run the build lines of a manifest, one after the other, in its folder
#[derive(clap::Args)]
#[command(after_help = "The first line that fails is the last one that is run, and makes the exit code 1.")]
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
            output::say(&format!("{}: {}", visible_name(name), visible(line)));
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(line);
            if !manifest.folder.as_os_str().is_empty() {
                shell.current_dir(&manifest.folder);
            }
            let status = shell.status().with_context(|| format!("cannot start a shell to build `{name}`"))?;
            if !status.success() {
                let message = format!("the build line of `{name}` ended with {status}: {line}");
                let again = format!("mend what it says above, then type: cogen build {}", self.manifest.display());
                output::complain(&message, Some(&again));
                return Ok(ExitCode::FAILURE);
            }
            done.push(line);
        }
        Ok(ExitCode::SUCCESS)
    }
}
