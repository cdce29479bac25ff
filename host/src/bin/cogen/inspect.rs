//! `cogen inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cogen::component::{self, Entry, Inspection};

use crate::output::{self, visible_name};
use crate::targets;

/// Show what a component imports, exports, lacks here and must be granted
#[derive(clap::Args)]
pub(crate) struct Inspect {
    /// The component's file
    file: PathBuf,
}

impl Inspect {
    pub(crate) fn run(self) -> Result<ExitCode> {
        targets::ensure_file(&self.file)?;
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let inspection =
            component::inspect(&bytes).with_context(|| format!("cannot inspect {}", self.file.display()))?;
        output::data(text(&inspection).as_bytes());
        Ok(ExitCode::SUCCESS)
    }
}

/// What is shown. Names are a stranger's: each keeps to its line.
fn text(inspection: &Inspection) -> String {
    let entry = match inspection.entry {
        Some(Entry::Run) => "a coroutine: it exports `run`",
        Some(Entry::Command) => "a command: it exports `wasi:cli/run`",
        None => "none: it exports neither `run` nor `wasi:cli/run`",
    };
    let mut text = format!("entry: {entry}\n");
    for (title, names) in
        [("imports", &inspection.imports), ("exports", &inspection.exports), ("not served here", &inspection.missing)]
    {
        text += &format!("{title}:{}\n", if names.is_empty() { " nothing" } else { "" });
        text.extend(names.iter().map(|name| format!("  {}\n", visible_name(name))));
    }
    let grants = [
        inspection.asks_for_network.then_some(
            "network: it connects, listens, sends datagrams or looks names up\n    \
             (--allow-network; network = true in [program.NAME.allow])",
        ),
        inspection.asks_for_files.then_some(
            "directories: it sends files; which folders it names is not to be seen here\n    \
             (--allow-dir; [program.NAME.allow.directories])",
        ),
    ];
    let mut grants = grants.into_iter().flatten().peekable();
    text += &format!("grants needed:{}\n", if grants.peek().is_none() { " nothing" } else { "" });
    text.extend(grants.map(|grant| format!("  {grant}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_forge_a_section() {
        let hostile = || vec!["a\nnot served here: nothing\x1b[8m".to_owned()];
        let inspection = Inspection { imports: hostile(), missing: hostile(), ..Inspection::default() };
        assert_eq!(
            text(&inspection),
            "entry: none: it exports neither `run` nor `wasi:cli/run`\n\
             imports:\n  a\\nnot served here: nothing\\u{1b}[8m\n\
             exports: nothing\n\
             not served here:\n  a\\nnot served here: nothing\\u{1b}[8m\n\
             grants needed: nothing\n"
        );
    }

    #[test]
    fn each_grant_comes_with_what_to_type() {
        let inspection = Inspection { asks_for_network: true, asks_for_files: true, ..Inspection::default() };
        let text = text(&inspection);
        let (_, grants) = text.split_once("grants needed:\n").expect("there are some");
        let lines: Vec<_> = grants.lines().collect();
        assert!(lines[0].starts_with("  network: ") && lines[1].contains("--allow-network"), "{grants}");
        assert!(lines[2].starts_with("  directories: ") && lines[3].contains("--allow-dir"), "{grants}");
    }
}
