//! Programs that are built of sources: what is out of date is built, with the SDK of its language beside the manifest.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cogen::manifest::{BUILT, Manifest};

use crate::build;
use crate::languages::{Language, Work, quoted};
use crate::output::{self, visible_name};

/// Folders that no source is looked for in: what tools make, and what they keep.
const NO_SOURCES: [&str; 3] = ["target", "node_modules", "__pycache__"];

/// How many files a project may have. More are a mistake, such as a home folder.
const MAX_FILES: usize = 100_000;

/// Why a program could not be built.
#[derive(Debug)]
pub(crate) struct Failed {
    program: String,
    why: anyhow::Error,
    again: String,
}

impl Failed {
    /// What to do about it, if nothing else is known.
    pub(crate) fn hint(&self) -> &str {
        &self.again
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot build program `{}`", self.program)
    }
}

impl std::error::Error for Failed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.why.as_ref())
    }
}

/// Builds all programs of a manifest that have sources and are out of date; answers how many there were.
///
/// # Errors
/// [`Failed`], with why, at the first that cannot be built.
pub(crate) fn build(manifest: &Manifest) -> Result<usize> {
    let here = std::env::current_dir().context("there is no current folder")?;
    let folder = here.join(&manifest.folder);
    // What lies among the sources and is none: the manifest, all components, and what programs print.
    let of_programs = manifest.programs.values().flat_map(|it| it.written().chain([it.component.as_path()]));
    let made = of_programs.map(|path| folder.join(path)).chain([here.join(&manifest.file)]);
    let made: Vec<_> = made.collect();
    let with_source = manifest.programs.iter().filter_map(|(name, program)| {
        let (source, component) = (folder.join(program.source.as_ref()?), folder.join(&program.component));
        Some(Project { name, source, component, built: folder.join(BUILT), made: &made })
    });
    let projects: Vec<_> = with_source.collect();
    let Some(first) = projects.first() else { return Ok(0) };
    let states: Vec<_> = projects.iter().map(|project| project.look().map_or(State::Old, |seen| seen.state)).collect();
    if states.iter().all(|&state| state == State::Current) {
        return Ok(0);
    }
    let again = format!("mend what it says above, then type: cogen build {}", quoted(&manifest.file));
    let failed = |project: &Project<'_>, why| Failed { program: project.name.to_owned(), why, again: again.clone() };
    // Whoever builds here at the same time is waited for, and what was built then is not built again.
    let _lock = match first.lock() {
        // Such as where the folder cannot be written any more.
        Err(_) if !states.contains(&State::Old) => return Ok(0),
        lock => lock.map_err(|why| failed(first, why))?,
    };
    let mut built = 0;
    for project in &projects {
        built += usize::from(project.build().map_err(|why| failed(project, why))?);
    }
    Ok(built)
}

/// Where a file is or will be, by whatever way its folder is named.
fn place(file: &Path) -> Option<PathBuf> {
    Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?))
}

/// A program of sources. All paths are whole.
struct Project<'a> {
    name: &'a str,
    source: PathBuf,
    component: PathBuf,
    /// The folder for what is built beside the manifest.
    built: PathBuf,
    /// Files that are no sources, wherever they are.
    made: &'a [PathBuf],
}

/// Whether a component is that of its sources.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Current,
    /// As far as can be seen here: its tools know better.
    Likely,
    Old,
}

/// A project as it lies there.
struct Seen {
    language: &'static Language,
    sources: Sources,
    state: State,
}

impl Project<'_> {
    /// Keeps others from building beside the same manifest.
    fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.built).with_context(|| format!("cannot make {}", self.built.display()))?;
        write_changed(&self.kept().join(".gitignore"), b"*\n")?;
        let path = self.built.join("lock");
        let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let waited = format!("waiting for another build in {}", self.built.display());
        output::saying(&waited, || file.lock()).with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(file)
    }

    /// The folder beside the manifest that is ours.
    fn kept(&self) -> &Path {
        self.built.parent().unwrap_or(&self.built)
    }

    fn stamp(&self) -> PathBuf {
        self.built.join(format!("{}.stamp", self.name))
    }

    /// What there is to know before anything is built.
    fn look(&self) -> Result<Seen> {
        let language = Language::of(&self.source)?;
        let sources = self.sources()?;
        let stamped = self.stamped(language, &sources);
        let state = match fs::read_to_string(self.stamp()) {
            Ok(there) if there == stamped && language.knows_changes => State::Likely,
            Ok(there) if there == stamped => State::Current,
            _ => State::Old,
        };
        Ok(Seen { language, sources, state })
    }

    /// Builds it if it is out of date, and answers whether it has become another one.
    fn build(&self) -> Result<bool> {
        let Seen { language, sources, state } = self.look()?;
        if state == State::Current {
            return Ok(false);
        }
        let compiler = match language.compiler() {
            Err(_) if state == State::Likely => return Ok(false),
            found => found?,
        };
        self.unpack(language)?;
        // In a folder that nobody else has: what an interrupted build has left behind may still be at work.
        let own = tempfile::Builder::new().prefix("draft-").tempdir_in(&self.built);
        let own = own.with_context(|| format!("cannot make a folder in {}", self.built.display()))?;
        let draft = own.path().join("draft.wasm");
        let work = Work { source: self.source.clone(), kept: self.kept().to_owned(), component: draft };
        let what = format!("building {} with {}", visible_name(self.name), compiler.version());
        output::saying(&what, || compiler.compile(&work))?;
        let is_new = self.take(&work.component)?;
        let built = sources.once_built(self.sources()?);
        write_changed(&self.stamp(), self.stamped(language, &built).as_bytes())?;
        Ok(is_new)
    }

    /// Puts what was made in the place of the component, unless that is the same.
    fn take(&self, draft: &Path) -> Result<bool> {
        let made = fs::read(draft).with_context(|| format!("cannot read {}", draft.display()))?;
        if fs::read(&self.component).is_ok_and(|there| there == made) {
            return Ok(false);
        }
        if let Some(folder) = self.component.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        // It may lie on another disk.
        build::write(&self.component, &made).with_context(|| format!("cannot write {}", self.component.display()))?;
        Ok(true)
    }

    /// Writes the SDK of a language as this version of the command has it, and nothing that another version had.
    fn unpack(&self, language: &Language) -> Result<()> {
        let mut strangers = Vec::new();
        for folder in language.folders() {
            find(&self.kept().join(folder), &mut HashSet::new(), &mut strangers);
        }
        for (path, contents) in language.sdk() {
            let path = self.kept().join(path);
            write_changed(&path, contents)?;
            strangers.retain(|stranger| *stranger != path);
        }
        for stranger in strangers {
            fs::remove_file(&stranger).with_context(|| format!("cannot remove {}", stranger.display()))?;
        }
        Ok(())
    }

    /// The files of the project.
    fn sources(&self) -> Result<Sources> {
        let mut files = Vec::new();
        find(&self.source, &mut HashSet::new(), &mut files);
        ensure!(files.len() <= MAX_FILES, "{} has more than {MAX_FILES} files", self.source.display());
        let made: Vec<_> = self.made.iter().filter_map(|file| place(file)).collect();
        files.retain(|file| place(file).is_none_or(|place| !made.contains(&place)));
        files.sort();
        // By their names in the folder, wherever that is.
        let named = |path: PathBuf| (path.strip_prefix(&self.source).unwrap_or(&path).to_owned(), of_file(&path));
        Ok(Sources(files.into_iter().map(named).collect()))
    }

    /// A digest of all that the component hangs on but the tools, and the component itself: somebody may put another there.
    fn stamped(&self, language: &Language, sources: &Sources) -> String {
        let mut digest = blake3::Hasher::new();
        for (path, contents) in language.sdk() {
            digest.update(path.as_bytes()).update(contents);
        }
        for (path, state) in &sources.0 {
            digest.update(path.as_os_str().as_encoded_bytes()).update(state.as_bytes());
        }
        format!("{} {}\n", digest.finalize().to_hex(), of_file(&self.component))
    }
}

/// The files of a project, in order, each with what tells it from what it was before.
struct Sources(Vec<(PathBuf, String)>);

impl Sources {
    /// What was built of these, if that is what is there afterwards: a tool may have added files, as cargo does its lock. What was
    /// changed meanwhile is to be built again.
    fn once_built(self, after: Sources) -> Self {
        let is_unchanged = self.0.iter().all(|file| after.0.binary_search(file).is_ok());
        if is_unchanged { after } else { self }
    }
}

/// What tells a file from what it was: its length and when it was changed.
fn of_file(path: &Path) -> String {
    let changed = |metadata: &fs::Metadata| metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok();
    let metadata = fs::metadata(path).ok();
    let changed = metadata.as_ref().and_then(changed).unwrap_or_default();
    format!("{} {}", metadata.map_or(0, |metadata| metadata.len()), changed.as_nanos())
}

/// Finds the files that something may be made of, also behind links, each folder once. What cannot be read, no tool can read either.
fn find(folder: &Path, seen: &mut HashSet<PathBuf>, files: &mut Vec<PathBuf>) {
    let is_new = folder.canonicalize().is_ok_and(|folder| seen.insert(folder));
    let Some(entries) = is_new.then(|| fs::read_dir(folder).ok()).flatten() else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_of_tools = NO_SOURCES.iter().any(|no| name == *no) || name.as_encoded_bytes().starts_with(b".");
        if is_of_tools || files.len() > MAX_FILES {
            continue;
        }
        if entry.path().is_dir() {
            find(&entry.path(), seen, files);
        } else {
            files.push(entry.path());
        }
    }
}

/// Writes a file unless it has just that in it: tools look at when it was changed.
fn write_changed(path: &Path, contents: &[u8]) -> Result<()> {
    match fs::read(path) {
        Ok(there) if there == contents => return Ok(()),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
        _ => {}
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, contents).with_context(|| format!("cannot write {}", path.display()))
}
