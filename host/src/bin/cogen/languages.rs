//! The languages that programs are built of: by which file a project is known, what compiles it, what a new one begins with.

mod c;
mod files;
mod go;
mod js;
mod python;
mod rust;
mod tools;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use files::Files;
pub(crate) use tools::quoted;

/// A language with an SDK.
pub(crate) struct Language {
    /// What `--lang` takes.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// The files of which any says that a folder is a project in it, in words.
    known_by: &'static str,
    is_known: fn(&Path) -> bool,
    sdk: Files,
    /// What that needs around it.
    beside: Files,
    /// Whether its tools know best what has changed, also outside of the folder, and are asked each time.
    pub(crate) knows_changes: bool,
    /// The files of a new project; `NAME` stands for what it is called, also in their names.
    template: Files,
    find: fn() -> Result<Box<dyn Compiler>, Missing>,
}

/// What makes components of one language, as it was found on this machine.
pub(crate) trait Compiler {
    /// What it is, with its version.
    fn version(&self) -> &str;

    /// Makes the component. Whatever the tools have to say goes to standard error as they say it.
    fn compile(&self, work: &Work) -> Result<()>;
}

/// One component to be made. The paths are whole.
pub(crate) struct Work {
    /// The project's folder.
    pub(crate) source: PathBuf,
    /// The folder with the SDKs.
    pub(crate) kept: PathBuf,
    /// The file to write.
    pub(crate) component: PathBuf,
}

/// What is needed and not there, or not as it must be, and what to do about it.
#[derive(Debug)]
pub(crate) struct Missing {
    what: String,
    /// What to type.
    install: String,
}

impl Missing {
    pub(crate) fn new(what: impl Into<String>, install: impl Into<String>) -> Self {
        Missing { what: what.into(), install: install.into() }
    }

    pub(crate) fn install(&self) -> &str {
        &self.install
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Missing {}

pub(crate) static ALL: [&Language; 5] =
    [&rust::LANGUAGE, &python::LANGUAGE, &js::LANGUAGE, &go::LANGUAGE, &c::LANGUAGE];

impl Language {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|language| language.name == name)
    }

    /// The language of the project in this folder.
    pub(crate) fn of(folder: &Path) -> Result<&'static Self> {
        let mut known: Vec<_> = ALL.into_iter().filter(|language| (language.is_known)(folder)).collect();
        // Projects in other languages may have files of C, too.
        if known.len() > 1 {
            known.retain(|language| language.name != c::LANGUAGE.name);
        }
        let shown = folder.display();
        match known[..] {
            [only] => Ok(only),
            [] if !folder.is_dir() => bail!("there is no folder {shown}"),
            [] => {
                let files: Vec<_> = ALL.into_iter().map(|it| format!("{} ({})", it.known_by, it.title)).collect();
                bail!("there is no project in {shown}; one is known by {}", files.join(", "))
            }
            [one, other, ..] => bail!(
                "{shown} is a project in {} by {} and one in {} by {}; give each a folder of its own",
                one.title,
                one.known_by,
                other.title,
                other.known_by
            ),
        }
    }

    /// What compiles it.
    pub(crate) fn compiler(&self) -> Result<Box<dyn Compiler>, Missing> {
        (self.find)()
    }

    /// The SDK, with the contract that it is for, and what their files have in them.
    pub(crate) fn sdk(&self) -> impl Iterator<Item = &'static (&'static str, &'static [u8])> {
        files::WIT.iter().chain(self.sdk).chain(self.beside)
    }

    /// The folders of those files, which have nothing else in them.
    pub(crate) fn folders(&self) -> impl Iterator<Item = String> {
        ["wit".to_owned(), format!("guest-sdk/{}", self.name)].into_iter()
    }

    /// Writes a new project into a folder that is there and empty.
    pub(crate) fn begin(&self, name: &str, folder: &Path) -> Result<()> {
        for (path, contents) in self.template {
            let path = folder.join(path.replace("NAME", name));
            let text = std::str::from_utf8(contents).context("a template is text")?.replace("NAME", name);
            let parent = path.parent().context("it is in a folder")?;
            std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// The files of a template, which lie in a folder of their own here.
macro_rules! template {
    ($language:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("templates/", $language, "/", $path)))),*]
    };
}
use template;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_project_of_each_language_is_known_as_one() {
        for language in ALL {
            let folder = tempfile::tempdir().expect("a temporary folder");
            language.begin("first", folder.path()).expect("it is written");
            assert_eq!(Language::of(folder.path()).map(|known| known.name).ok(), Some(language.name));
            assert_eq!(Language::named(language.name).map(|named| named.title), Some(language.title));
        }
    }

    #[test]
    fn a_folder_with_no_project_or_with_two_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refusal = || Language::of(folder.path()).map(|known| known.name).expect_err("it is none").to_string();
        let shown = folder.path().display();
        assert_eq!(
            refusal(),
            format!(
                "there is no project in {shown}; one is known by Cargo.toml (Rust), pyproject.toml or app.py (Python), \
                 package.json (JavaScript), go.mod (Go), a file *.c (C)"
            )
        );
        std::fs::write(folder.path().join("go.mod"), "").expect("it is written");
        std::fs::write(folder.path().join("app.py"), "").expect("it is written");
        let two =
            "a project in Python by pyproject.toml or app.py and one in Go by go.mod; give each a folder of its own";
        assert_eq!(refusal(), format!("{shown} is {two}"));
    }
}
