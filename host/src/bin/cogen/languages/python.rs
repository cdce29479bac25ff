//! Python, by componentize-py, which brings the interpreter.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{Compiler, Language, Missing, Work, files, template, tools};

pub(super) static LANGUAGE: Language = Language {
    name: "python",
    title: "Python",
    known_by: "pyproject.toml or app.py",
    is_known: |folder| ["pyproject.toml", "app.py"].iter().any(|name| folder.join(name).is_file()),
    sdk: files::PYTHON,
    beside: &[],
    knows_changes: false,
    template: template!("python": ".gitignore", "pyproject.toml", "app.py"),
    find: || Ok(Box::new(Componentize::find()?)),
};

/// The one that the SDK is made for: another makes other bindings.
const VERSION: &str = "0.25.1";

/// `componentize-py`.
struct Componentize {
    program: PathBuf,
    version: String,
}

impl Componentize {
    fn find() -> Result<Self, Missing> {
        let folder = tools::folder().join("python");
        let candidates = [PathBuf::from("componentize-py"), folder.join("bin/componentize-py")];
        let is_right = |path: &Path| tools::says(command(path).arg("--version")).filter(|said| said.ends_with(VERSION));
        let missing = || {
            let what = format!("componentize-py {VERSION} is not on the PATH, nor in {}", folder.display());
            Missing::new(what, tools::by_pip(&format!("componentize-py=={VERSION}"), &folder))
        };
        let (program, version) = tools::first_that(candidates, is_right, missing)?;
        Ok(Componentize { program, version })
    }
}

/// A command of it; that of our own folder finds its package there.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(folder) = program.parent().and_then(Path::parent).filter(|folder| folder.is_absolute()) {
        command.env("PYTHONPATH", folder);
    }
    command
}

impl Compiler for Componentize {
    fn version(&self) -> &str {
        &self.version
    }

    fn compile(&self, work: &Work) -> Result<()> {
        let mut build = command(&self.program);
        build.arg("-d").arg(work.kept.join("wit")).args(["-w", "coroutine", "componentize"]);
        build.arg("-p").arg(work.kept.join("guest-sdk/python")).arg("-p").arg(root(&work.source)?);
        build.arg("cogen_entry").arg("-o").arg(&work.component).current_dir(&work.source);
        tools::run(&mut build)
    }
}

/// Where the module `app` is.
fn root(source: &Path) -> Result<PathBuf> {
    let folders = [source.to_owned(), source.join("src")];
    let has_app = |folder: &PathBuf| folder.join("app.py").is_file() || folder.join("app/__init__.py").is_file();
    match folders.into_iter().find(has_app) {
        Some(folder) => Ok(folder),
        None => {
            bail!("there is no app.py in {}: a coroutine is the function `run` of the module `app`", source.display())
        }
    }
}
