//! `cogen inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use cogen::GrantKey;
use cogen::component::{self, Entry, Inspection};

use crate::grants;
use crate::output::{self, visible_name};
use crate::targets;

/// Show what a component imports, exports, lacks here and can be granted
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
        Some(Entry::Functions) => "its functions, by name: cogen run FILE --invoke 'NAME(ARGUMENTS)'",
        None => "none: it exports neither `run` nor `wasi:cli/run`, and no functions",
    };
    let mut text = match inspection.is_module {
        true => "this is a core module; what follows is of the component that is made of it\n".to_owned(),
        false => String::new(),
    };
    text += &format!("entry: {entry}\n");
    for (title, names) in [
        ("imports", &inspection.imports),
        ("exports", &inspection.exports),
        ("functions to invoke", &inspection.functions),
        ("not served here", &inspection.missing),
    ] {
        text += &format!("{title}:{}\n", if names.is_empty() { " nothing" } else { "" });
        text.extend(names.iter().map(|name| format!("  {}\n", visible_name(name))));
    }
    // Every standard library imports the environment, whether anybody reads it or not.
    let needs: Vec<_> = inspection.needs.iter().filter(|key| **key != GrantKey::Environment).collect();
    text += &format!("grants it can use:{}\n", if needs.is_empty() { " nothing" } else { "" });
    for &&key in &needs {
        text += &format!("  {}: {}\n    ({})\n", key.name(), what_for(key), grants::ways_to_grant(key, "NAME"));
    }
    text
}

/// What a component does that asks for a grant of this key.
fn what_for(key: GrantKey) -> &'static str {
    match key {
        GrantKey::Connect => "it connects, over TCP or Unix sockets",
        GrantKey::Listen => "it listens",
        GrantKey::Udp => "it sends datagrams to addresses that it chooses",
        GrantKey::UdpBind => "it makes sockets for datagrams; a rule of udp is enough if any port will do",
        GrantKey::Resolve => "it looks names up; those that connect and udp name need no other rule",
        GrantKey::Directories => "it uses files; which folders it names is not to be seen here",
        GrantKey::Spawn => "it starts coroutines",
        GrantKey::Call => "it calls programs",
        GrantKey::Cancel => "it cancels or kills coroutines; those that it has started it may in any case",
        GrantKey::Send => "it sends signals",
        GrantKey::Wait => "it waits for signals",
        _ => "it asks for it",
    }
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
            "entry: none: it exports neither `run` nor `wasi:cli/run`, and no functions\n\
             imports:\n  a\\nnot served here: nothing\\u{1b}[8m\n\
             exports: nothing\n\
             functions to invoke: nothing\n\
             not served here:\n  a\\nnot served here: nothing\\u{1b}[8m\n\
             grants it can use: nothing\n"
        );
    }

    #[test]
    fn each_grant_comes_with_what_to_type() {
        let inspection = Inspection { needs: GrantKey::ALL.to_vec(), ..Inspection::default() };
        let text = text(&inspection);
        let (_, grants) = text.split_once("grants it can use:\n").expect("there are some");
        let keys = GrantKey::ALL.into_iter().filter(|key| *key != GrantKey::Environment);
        for (key, lines) in keys.zip(grants.lines().collect::<Vec<_>>().chunks(2)) {
            assert!(lines[0].starts_with(&format!("  {}: it ", key.name())), "{grants}");
            let typed = format!("--allow '{}={}'", key.name(), key.example());
            assert!(lines[1].contains(&typed) && lines[1].contains("[program.NAME.allow]"), "{grants}");
        }
    }
}
