//! `stdin`, `stdout` and `stderr` of a program.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::values::Reader;
use super::{ProgramSettings, Refusal};
use crate::stdio::{Stdin, Stdout};
use crate::wasi::stdio::streams::{Nonsense, readers};

/// A standard stream as it is written.
#[derive(Debug)]
pub(super) struct Written<T>(pub(super) T);

impl<'de> Deserialize<'de> for Written<Stdin> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let expected = "\"inherit\", \"null\", \"file:PATH\" or \"program:NAME\"";
        let text = |text: &str| match (text, argument(text)) {
            ("inherit", _) => Some(Stdin::Inherit),
            ("null", _) => Some(Stdin::Null),
            (_, Some(("file", path))) => Some(Stdin::File(path.into())),
            (_, Some(("program", name))) => Some(Stdin::Program(name.to_owned())),
            _ => None,
        };
        input.deserialize_any(Reader { expected, text: &text, number: &|_| None }).map(Written)
    }
}

impl<'de> Deserialize<'de> for Written<Stdout> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let expected = "\"inherit\", \"null\" or \"file:PATH\"";
        let text = |text: &str| match (text, argument(text)) {
            ("inherit", _) => Some(Stdout::Inherit),
            ("null", _) => Some(Stdout::Null),
            (_, Some(("file", path))) => Some(Stdout::File(path.into())),
            _ => None,
        };
        input.deserialize_any(Reader { expected, text: &text, number: &|_| None }).map(Written)
    }
}

/// Of `file:PATH` the two parts, neither of them empty.
fn argument(text: &str) -> Option<(&str, &str)> {
    text.split_once(':').filter(|(_, rest)| !rest.is_empty())
}

impl Written<Stdin> {
    /// As it is written, with the path from this folder.
    pub(super) fn within(&self, folder: &Path) -> Stdin {
        match &self.0 {
            Stdin::File(path) => Stdin::File(folder.join(path)),
            other => other.clone(),
        }
    }
}

impl Written<Stdout> {
    /// As it is written, with the path from this folder.
    pub(super) fn within(&self, folder: &Path) -> Stdout {
        match &self.0 {
            Stdout::File(path) => Stdout::File(folder.join(path)),
            other => other.clone(),
        }
    }
}

/// Refuses programs that could not be connected as they say.
pub(super) fn check(programs: &BTreeMap<String, ProgramSettings>) -> Result<(), Refusal> {
    let said = programs.iter().map(|(name, settings)| {
        let stdin = settings.stdin.as_ref().map(|stdin| &stdin.get_ref().0);
        (name.as_str(), (stdin, settings.stdout.as_ref().map(|stdout| &stdout.0)))
    });
    let Err(Nonsense { program, why }) = readers(&said.collect()) else { return Ok(()) };
    let at = programs[&program].stdin.as_ref().map(Spanned::span).unwrap_or_default();
    Err(Refusal { at, why })
}
