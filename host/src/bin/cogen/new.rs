//! `cogen new`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cogen::manifest::FILE_NAME;

use crate::languages::{self, Language, quoted};
use crate::output::{self, visible_name};

/// Begin a project: a program in a language of your choice, and a manifest that runs it
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cogen new --lang python hello && cd hello && cogen run")]
pub(crate) struct New {
    /// The language
    #[arg(long, value_name = "LANG", value_parser = language())]
    lang: &'static Language,
    /// The folder to make; its name is that of the program: a letter, and then letters, digits, `-` and `_`
    folder: PathBuf,
}

impl New {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let folder = &self.folder;
        let name =
            name_of(folder).with_context(|| format!("cannot name a program as the folder {}", folder.display()))?;
        let is_empty = fs::read_dir(folder).map(|mut entries| entries.next().is_none());
        ensure!(
            is_empty.unwrap_or(!folder.exists()),
            "cannot begin a project in {}: it is not empty",
            folder.display()
        );
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        self.lang.begin(&name, folder)?;
        write(&folder.join(FILE_NAME), &manifest(&name))?;
        let shown = visible_name(&quoted(folder));
        output::say(&format!(
            "made {shown}, a program in {}; to run it, type: cd {shown} && cogen run",
            self.lang.title
        ));
        if let Err(missing) = self.lang.compiler() {
            output::say(&format!("before that: {missing}; to install it, type: {}", missing.install()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A name that every language takes for one of its own.
fn name_of(folder: &Path) -> Result<String> {
    let name = folder.file_name().and_then(|name| name.to_str()).context("it has no name, or one that is no UTF-8")?;
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    ensure!(begins && name.chars().all(is_plain), "expected a letter, and then letters, digits, `-` and `_`");
    Ok(name.to_owned())
}

fn manifest(name: &str) -> String {
    format!(
        "# What there is to run, and what it may touch.\n\n\
         [program.{name}]\nsource = \".\"\n# Nothing else is granted; `cogen check` compares this with what the program can use.\n\
         allow = {{ wait = [\"bell\"] }}\n\n[[start]]\nprogram = \"{name}\"\nargs = [\"you\"]\n"
    )
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads the name of a language.
pub(crate) fn language() -> impl TypedValueParser<Value = &'static Language> {
    let names = languages::ALL.map(|language| language.name);
    PossibleValuesParser::new(names).try_map(|name| Language::named(&name).ok_or("there is no such language"))
}
