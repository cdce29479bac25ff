//! What the command line names: programs, and which of them to start.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cogen::manifest::{Manifest, Restart, Serve, Start, other_than_file};
use cogen::{Builder, Engine, Group, Program, Stdin};

use crate::grants::Grants;

/// What is to be run.
pub(crate) struct Plan {
    /// An engine with the programs.
    pub(crate) builder: Builder,
    /// Their names.
    pub(crate) programs: Vec<String>,
    /// What to start of them, in order.
    pub(crate) starts: Vec<Start>,
    /// What to serve of them, in order.
    pub(crate) serves: Vec<Serve>,
    /// What to supervise of them, in order.
    pub(crate) groups: Vec<Group>,
}

impl Plan {
    /// Of a manifest, a folder with one, or files; with these grants for all programs.
    pub(crate) fn of(targets: &[PathBuf], grants: &Grants) -> Result<Self> {
        match targets {
            [only] if names_manifest(only) => Self::of_manifest(only, grants),
            files => Self::of_files(files, grants),
        }
    }

    fn of_manifest(path: &Path, grants: &Grants) -> Result<Self> {
        let mut manifest = Manifest::load(path)?;
        let has_work = !manifest.starts.is_empty() || !manifest.serves.is_empty() || !manifest.groups.is_empty();
        ensure!(has_work, "{} has several programs and no [[start]], [[serve]] or [group.NAME]", path.display());
        manifest.programs.values_mut().for_each(|program| grants.add_to(&mut program.allow));
        let builder = manifest.apply(builder())?;
        let Manifest { programs, starts, serves, groups, .. } = manifest;
        Ok(Plan { builder, programs: programs.into_keys().collect(), starts, serves, groups })
    }

    /// Of one file, of which a function is invoked.
    pub(crate) fn of_invocation(targets: &[PathBuf], grants: &Grants, invocation: &str) -> Result<Self> {
        let [file] = targets else { bail!("--invoke takes one component, and there are {}", targets.len()) };
        ensure!(!names_manifest(file), "--invoke takes the file of a component, and no manifest or folder");
        let mut plan = Self::of_files(targets, grants)?;
        let [start] = &mut plan.starts[..] else { unreachable!("each file is started") };
        plan.builder = plan.builder.program(&start.program, grants.give(Program::from_file(file)).invoked());
        start.args.extend((!invocation.is_empty()).then(|| invocation.to_owned()));
        Ok(plan)
    }

    /// Each file is a program, and each is started.
    fn of_files(files: &[PathBuf], grants: &Grants) -> Result<Self> {
        let mut plan = Plan {
            builder: builder(),
            programs: Vec::new(),
            starts: Vec::new(),
            serves: Vec::new(),
            groups: Vec::new(),
        };
        for file in files {
            ensure!(
                !names_manifest(file),
                "cannot run {} among others: a manifest or folder stands alone",
                file.display()
            );
            let program = name_of(file)?;
            if plan.programs.contains(&program) {
                bail!("two files are named `{program}`; give them names in a cogen.toml");
            }
            ensure_file(file)?;
            let mut given = grants.give(Program::from_file(file));
            // A single one is run as a command of the system is; of several nobody could say who should read.
            if files.len() == 1 {
                given = given.stdin(Stdin::Inherit);
            }
            plan.builder = plan.builder.program(&program, given);
            plan.programs.push(program.clone());
            plan.starts.push(Start { program, args: Vec::new(), restart: Restart::default() });
        }
        Ok(plan)
    }
}

/// Whoever types a command wants to see in which line a guest has trapped, unless a manifest says otherwise.
fn builder() -> Builder {
    Engine::builder().debug_info(true)
}

pub(crate) fn names_manifest(target: &Path) -> bool {
    target.is_dir() || target.extension().is_some_and(|extension| extension == "toml")
}

/// Refuses what there is no end of reading. Whoever reads a file that is not there says so.
pub(crate) fn ensure_file(path: &Path) -> Result<()> {
    if let Some(kind) = other_than_file(path) {
        bail!("cannot read {}: it is {kind}, not a file", path.display());
    }
    Ok(())
}

/// A program is named as its file is.
fn name_of(file: &Path) -> Result<String> {
    let stem = file.file_stem().with_context(|| format!("{} is no file", file.display()))?;
    let name = stem.to_str().with_context(|| format!("the name of {} is no UTF-8", file.display()))?;
    Ok(name.to_owned())
}
