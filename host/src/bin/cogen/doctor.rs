//! `cogen doctor`.

use std::process::ExitCode;

use anyhow::Result;

use crate::languages::{self, Language};
use crate::{new, output};

const NOTES: &str = "\
What is wrong is told with what to type. The exit code is 1 if a language that was named cannot be built.
Tools are looked for on the PATH, and in the folder that COGEN_TOOLS names [default: tools in the user's
cache folder], where those have their place that are installed for cogen alone.";

/// Tell in which languages programs can be built on this machine, and what is wrong with the others
#[derive(clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct Doctor {
    /// The languages [default: all]
    #[arg(value_name = "LANG", value_parser = new::language())]
    languages: Vec<&'static Language>,
}

impl Doctor {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let asked = if self.languages.is_empty() { &languages::ALL[..] } else { &self.languages };
        let mut is_well = true;
        for language in asked {
            let line = match language.compiler() {
                Ok(compiler) => format!("{:<12} ok: {}", language.title, compiler.version()),
                Err(missing) => {
                    is_well = false;
                    format!(
                        "{:<12} no: {missing}\n{:<12} to install it, type: {}",
                        language.title,
                        "",
                        missing.install()
                    )
                }
            };
            output::data(format!("{line}\n").as_bytes());
        }
        let was_asked = !self.languages.is_empty();
        Ok(if is_well || !was_asked { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
