//! What the command line names: programs, and which of them to start.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use cogen::manifest::{FILE_NAME, Manifest, Restart, Serve, Start, other_than_file};
use cogen::{Allow, Builder, Engine, GrantKey, Group, Program, Stdin};

use crate::grants::Grants;
use crate::languages::{Language, Missing};
use crate::project;

/// Of so many or fewer that are started, all are counted; for more there is the room that an engine has in any case.
const FEW: usize = 64;

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
            files => Self::of_files(files, grants, |program| program),
        }
    }

    fn of_manifest(path: &Path, grants: &Grants) -> Result<Self> {
        let mut manifest = load(path)?;
        let has_work = !manifest.starts.is_empty() || !manifest.serves.is_empty() || !manifest.groups.is_empty();
        ensure!(has_work, "{} has several programs and no [[start]], [[serve]] or [group.NAME]", path.display());
        project::build(&manifest)?;
        manifest.programs.values_mut().for_each(|program| grants.add_to(&mut program.allow));
        let mut builder = builder();
        if manifest.serves.is_empty() && manifest.groups.is_empty() {
            let allowed = manifest.programs.values().map(|program| &program.allow);
            builder = with_room(builder, manifest.starts.len(), allowed);
        }
        let builder = manifest.apply(builder)?;
        let Manifest { programs, starts, serves, groups, .. } = manifest;
        Ok(Plan { builder, programs: programs.into_keys().collect(), starts, serves, groups })
    }

    /// Of one file, of which a function is invoked.
    pub(crate) fn of_invocation(targets: &[PathBuf], grants: &Grants, invocation: &str) -> Result<Self> {
        let [file] = targets else { bail!("--invoke takes one component, and there are {}", targets.len()) };
        ensure!(!names_manifest(file), "--invoke takes the file of a component, and no manifest or folder");
        let mut plan = Self::of_files(targets, grants, Program::invoked)?;
        if !invocation.is_empty() {
            plan.starts.iter_mut().for_each(|start| start.args.push(invocation.to_owned()));
        }
        Ok(plan)
    }

    /// Each file is a program that is entered in this way, and each is started.
    fn of_files(files: &[PathBuf], grants: &Grants, entered: fn(Program) -> Program) -> Result<Self> {
        let mut allow = Allow::default();
        grants.add_to(&mut allow);
        let mut plan = Plan {
            builder: with_room(builder(), files.len(), [&allow].into_iter()),
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
            let mut given = entered(Program::from_file(file).allow(allow.clone()));
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

/// The manifest that is this file, or in this folder.
pub(crate) fn load(path: &Path) -> Result<Manifest> {
    if !path.is_dir() || path.join(FILE_NAME).exists() {
        return Ok(Manifest::load(path)?);
    }
    let what = format!("there is no {FILE_NAME} in {}", path.display());
    Err(Missing::new(
        what,
        match Language::of(path) {
            Ok(_) => "write one, with [program.NAME] and source = \".\" in it",
            Err(_) => "to begin a project, type: cogen new --lang python hello",
        },
    )
    .into())
}

/// Whoever types a command wants to see in which line a guest has trapped, unless a manifest says otherwise.
fn builder() -> Builder {
    Engine::builder().debug_info(true)
}

/// With room for those that are started and no more, if none of them may start others: to make room for thousands takes longer than
/// a short command. The manifest may say something else.
fn with_room<'a>(builder: Builder, started: usize, mut allowed: impl Iterator<Item = &'a Allow>) -> Builder {
    let may_start_others = |allow: &Allow| allow.has(GrantKey::Spawn) || allow.has(GrantKey::Call);
    if started > FEW || allowed.any(may_start_others) {
        return builder;
    }
    // One of several programs may have seven eighths of the room: of twice as much, these are enough for all of them.
    builder.max_coroutines(2 * started.max(1))
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
