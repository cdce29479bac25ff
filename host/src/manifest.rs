//! `cogen.toml`: programs under names, what to start, and the engine's settings.

mod allow;
mod limits;
mod serve;
mod stdio;
mod supervision;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::engine::Builder;
pub use crate::engine::MAX_WORKERS;
use crate::program::{Priority, Program};
use crate::reactor::ReactorKind;
use crate::sandbox::grants::Allow;
use crate::sandbox::limits::Limits;
use crate::stdio::{Stdin, Stdout};
use crate::supervision::Group;
pub use serve::Serve;
use serve::ServeSettings;
use stdio::Written;
use supervision::GroupSettings;
pub use supervision::Restart;
use values::{Table, in_words};

/// The name of the file in a folder.
pub const FILE_NAME: &str = "cogen.toml";

/// The folder beside a manifest for what is made of sources: `NAME.wasm` is the component of a program. Tools of languages have
/// theirs beside it.
pub const BUILT: &str = ".cogen/build";

/// A manifest that has been read and checked.
#[derive(Debug)]
pub struct Manifest {
    /// The engine's settings.
    pub engine: EngineSettings,
    /// The programs by name; there is at least one.
    pub programs: BTreeMap<String, ProgramSettings>,
    /// What to start, in order.
    pub starts: Vec<Start>,
    /// What to serve, in order.
    pub serves: Vec<Serve>,
    /// What to start and to supervise together, in the order of the names.
    pub groups: Vec<Group>,
    /// The folder that paths are relative to.
    pub folder: PathBuf,
    /// The file it was read from.
    pub file: PathBuf,
}

/// `[engine]`: what is not given is as [`Builder`] has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineSettings {
    /// How many OS threads run coroutines.
    #[serde(default, deserialize_with = "values::workers")]
    pub workers: Option<usize>,
    /// How long operations wait that give no timeout: `"1500ms"`, `"2s"`, `"1m"`, `"never"`.
    #[serde(default, deserialize_with = "values::timeout")]
    pub default_timeout: Option<Timeout>,
    /// The priority of operations that give none.
    #[serde(default, deserialize_with = "values::priority")]
    pub default_priority: Option<Priority>,
    /// What workers block in, and what carries out the operations of sockets.
    #[serde(default, deserialize_with = "values::reactor")]
    pub reactor: Option<ReactorKind>,
    /// How many coroutines may have a store at a time.
    #[serde(default, deserialize_with = "values::coroutines")]
    pub max_coroutines: Option<usize>,
    /// How deep calls may be nested.
    #[serde(default, deserialize_with = "values::call_depth")]
    pub max_call_depth: Option<u32>,
    /// How much memory a coroutine may have: bytes, or `"64MiB"`.
    #[serde(default, deserialize_with = "values::memory")]
    pub max_memory: Option<usize>,
    /// How much the engine keeps for guests outside their memories: bytes, or `"1GiB"`.
    #[serde(default, deserialize_with = "values::payloads")]
    pub max_payloads: Option<usize>,
    /// How much stack the code of a coroutine may use: bytes, or `"512KiB"`.
    #[serde(default, deserialize_with = "values::stack")]
    pub max_stack: Option<usize>,
    /// Whether guests burn fuel even if no limit asks for it.
    pub fuel: Option<bool>,
    /// Whether backtraces have files and lines.
    pub debug_info: Option<bool>,
}

/// `[program.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProgramSettings {
    /// The component's file; what is built of sources goes to [`BUILT`] unless this says otherwise.
    #[serde(default, deserialize_with = "values::component")]
    pub component: PathBuf,
    /// The folder of the project that it is built of, in a language that `cogen build` knows.
    #[serde(default, deserialize_with = "values::source")]
    pub source: Option<PathBuf>,
    /// The shell line that makes it instead, run in the manifest's folder.
    pub build: Option<String>,
    /// As in `[engine]`, for this program; [`Timeout::Never`] holds even if the engine has a default.
    #[serde(default, deserialize_with = "values::timeout")]
    pub default_timeout: Option<Timeout>,
    /// As in `[engine]`, for this program.
    #[serde(default, deserialize_with = "values::priority")]
    pub default_priority: Option<Priority>,
    /// How many slices its coroutines have where others have one.
    #[serde(default, deserialize_with = "values::weight")]
    pub weight: Option<u8>,
    /// After which of its ends it is started again, if the manifest starts it.
    pub restart: Option<Restart>,
    /// What it finds on its standard input.
    stdin: Option<Spanned<Written<Stdin>>>,
    /// Where its standard output and its standard error go.
    stdout: Option<Written<Stdout>>,
    stderr: Option<Written<Stdout>>,
    /// What it may touch.
    #[serde(default, deserialize_with = "allow::read")]
    pub allow: Allow,
    /// What each of its coroutines may use.
    #[serde(default, deserialize_with = "limits::limits")]
    pub limits: Limits,
}

/// How long operations wait that give no timeout of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// For ever.
    Never,
    /// So long.
    After(Duration),
}

/// `[[start]]`.
#[derive(Clone, Debug)]
pub struct Start {
    /// The program to start.
    pub program: String,
    /// What it is given; see [`encode_args`].
    pub args: Vec<String>,
    /// After which of its ends it is started again.
    pub restart: Restart,
}

/// Why a manifest is refused, with the place in the file.
#[derive(Debug)]
pub struct ManifestError {
    message: String,
    hint: Option<String>,
}

impl ManifestError {
    fn new(message: impl Into<String>) -> Self {
        ManifestError { message: message.into(), hint: None }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do about it, where that can be guessed.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ManifestError {}

impl Manifest {
    /// Reads a manifest: a file, or the `cogen.toml` of a folder.
    ///
    /// # Errors
    /// When it cannot be read, or does not say what it should; the message has the line.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        let path = if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() };
        let refused =
            |why: &dyn fmt::Display| ManifestError::new(format!("cannot read the manifest {}: {why}", path.display()));
        if let Some(kind) = other_than_file(&path) {
            return Err(refused(&format!("it is {kind}, not a file")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| refused(&error))?;
        let mut manifest = Self::parse(&text, &path.display().to_string())?;
        manifest.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        manifest.serves.iter_mut().for_each(|serve| serve.move_to(&manifest.folder));
        manifest.programs.values_mut().for_each(|program| program.allow.move_to(&manifest.folder));
        manifest.file = path;
        Ok(manifest)
    }

    /// Reads a manifest that is this text, of a file that messages call `file`. Nothing else is read, and paths are as they are
    /// written: relative ones lead from the current folder.
    ///
    /// # Errors
    /// When it does not say what it should; the message has the line.
    pub fn parse(text: &str, file: &str) -> Result<Self, ManifestError> {
        let document: Document = toml::from_str(text).map_err(|error| explain(&error, text, file))?;
        let refused = |refusal: Refusal| {
            ManifestError::new(format!("{file}:{}: {}", line_of(text, refusal.at.start), refusal.why))
        };
        let checked = document.programs.into_iter().map(|(name, program)| {
            let at = program.span();
            let Table(settings) = program.into_inner();
            match settings.check(&name) {
                Ok(settings) => Ok((name, settings)),
                Err(why) => Err(refused(Refusal { at, why })),
            }
        });
        let programs = checked.collect::<Result<BTreeMap<_, _>, _>>()?;
        if programs.is_empty() {
            return Err(ManifestError::new(format!("{file} has no program; write [program.NAME] with a component")));
        }
        stdio::check(&programs).map_err(refused)?;
        let checked = document.starts.into_iter().map(|Table(start)| start.check(&programs).map_err(refused));
        let mut starts = checked.collect::<Result<Vec<_>, _>>()?;
        let checked = document.serves.into_iter().map(|Table(serve)| serve.check(&programs).map_err(refused));
        let serves = checked.collect::<Result<Vec<_>, _>>()?;
        let checked = document.groups.into_iter().map(|(name, Table(it))| it.check(&name, &programs).map_err(refused));
        let groups = checked.collect::<Result<Vec<_>, _>>()?;
        let says_nothing = starts.is_empty() && serves.is_empty() && groups.is_empty();
        if let (true, [(only, settings)]) = (says_nothing, &programs.iter().collect::<Vec<_>>()[..]) {
            let restart = settings.restart.unwrap_or_default();
            starts.push(Start { program: (*only).clone(), args: Vec::new(), restart });
        }
        let Table(engine) = document.engine;
        Ok(Manifest { engine, programs, starts, serves, groups, folder: PathBuf::new(), file: PathBuf::from(file) })
    }

    /// Gives an engine these programs and settings.
    ///
    /// # Errors
    /// When a component is there and no regular file, or is not there and can be built.
    pub fn apply(&self, mut builder: Builder) -> Result<Builder, ManifestError> {
        for (name, settings) in &self.programs {
            let path = self.folder.join(&settings.component);
            self.check_component(name, &path)?;
            let mut program = Program::from_file(path).allow(settings.allow.clone());
            program.default_timeout = settings.default_timeout.map(Timeout::of_program);
            program.default_priority = settings.default_priority;
            program.limits = settings.limits.clone();
            program.stdin = settings.stdin.as_ref().map(|stdin| stdin.get_ref().within(&self.folder));
            program.stdout = settings.stdout.as_ref().map(|stdout| stdout.within(&self.folder));
            program.stderr = settings.stderr.as_ref().map(|stderr| stderr.within(&self.folder));
            if let Some(slices) = settings.weight {
                program = program.weight(slices);
            }
            builder = builder.program(name, program);
        }
        let engine = &self.engine;
        if let Some(timeout) = engine.default_timeout {
            builder = builder.default_timeout(timeout.of_engine());
        }
        if let Some(workers) = engine.workers {
            builder = builder.workers(workers);
        }
        if let Some(priority) = engine.default_priority {
            builder = builder.default_priority(priority);
        }
        if let Some(reactor) = engine.reactor.clone() {
            builder = builder.reactor(reactor);
        }
        if let Some(count) = engine.max_coroutines {
            builder = builder.max_coroutines(count);
        }
        if let Some(depth) = engine.max_call_depth {
            builder = builder.max_call_depth(depth);
        }
        if let Some(bytes) = engine.max_memory {
            builder = builder.max_memory(bytes);
        }
        if let Some(bytes) = engine.max_payloads {
            builder = builder.max_payloads(bytes);
        }
        if let Some(bytes) = engine.max_stack {
            builder = builder.max_stack(bytes);
        }
        if let Some(is_burnt) = engine.fuel {
            builder = builder.fuel(is_burnt);
        }
        if let Some(is_read) = engine.debug_info {
            builder = builder.debug_info(is_read);
        }
        Ok(builder)
    }

    /// Refuses what it would not be wise to read. One build line often makes several components, so that any of them may
    /// be what a missing one waits for.
    fn check_component(&self, name: &str, path: &Path) -> Result<(), ManifestError> {
        let file = path.display();
        if let Some(kind) = other_than_file(path) {
            let message = format!("cannot read program `{name}` from {file}: it is {kind}, not a file");
            return Err(ManifestError::new(message));
        }
        let can_be_built = self.programs.values().any(|program| program.build.is_some() || program.source.is_some());
        if can_be_built && matches!(path.try_exists(), Ok(false)) {
            return Err(ManifestError::new(format!("program `{name}` is not built: there is no {file}"))
                .with_hint(format!("cogen build {}", self.file.display())));
        }
        Ok(())
    }
}

impl ProgramSettings {
    /// The files that its output goes into, from the manifest's folder.
    pub fn written(&self) -> impl Iterator<Item = &Path> {
        [self.stdout.as_ref(), self.stderr.as_ref()].into_iter().filter_map(|stream| match stream {
            Some(Written(Stdout::File(path))) => Some(path.as_path()),
            _ => None,
        })
    }

    /// Sees to it that there is one way to come by the component, and that it has a place.
    fn check(mut self, name: &str) -> Result<Self, String> {
        let has_component = !self.component.as_os_str().is_empty();
        match (&self.source, &self.build) {
            (None, _) if !has_component => {
                return Err("missing key `component`, the file of one, or `source`, the folder of a project".to_owned());
            }
            (Some(_), Some(_)) => {
                return Err("`source` and `build` are two ways to make the component; leave one of them".to_owned());
            }
            (Some(_), None) => {
                // It names files beside the manifest in any case.
                let is_plain = |character: char| character.is_alphanumeric() || "-_.".contains(character);
                if name.starts_with('.') || !name.chars().all(is_plain) {
                    return Err(format!("a program with a `source` cannot be named {name:?}: no file can"));
                }
                if !has_component {
                    self.component = Path::new(BUILT).join(format!("{name}.wasm"));
                }
            }
            _ => {}
        }
        Ok(self)
    }
}

impl Timeout {
    /// The engine's default: none is for ever.
    fn of_engine(self) -> Option<Duration> {
        match self {
            Timeout::Never => None,
            Timeout::After(duration) => Some(duration),
        }
    }

    /// A program's default: without one the engine's holds, so that for ever must be said.
    fn of_program(self) -> Duration {
        self.of_engine().unwrap_or(Duration::MAX)
    }
}

/// What is there instead of a regular file, in words, if anything is. It must not be read: that might never end.
pub fn other_than_file(path: &Path) -> Option<&'static str> {
    let metadata = std::fs::metadata(path).ok()?;
    match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => None,
        (_, true) => Some("a folder"),
        _ => Some("a pipe, a socket or a device"),
    }
}

/// Arguments as a program is given them: with a NUL between two of them, and one more at the end if the last one is empty.
/// No bytes are no arguments.
///
/// # Errors
/// When an argument contains NUL.
pub fn encode_args(args: &[String]) -> Result<Vec<u8>, ManifestError> {
    args.iter().try_for_each(|arg| check_argument(arg)).map_err(ManifestError::new)?;
    let mut bytes = args.join("\0").into_bytes();
    if args.last().is_some_and(String::is_empty) {
        bytes.push(0);
    }
    Ok(bytes)
}

fn check_argument(arg: &str) -> Result<(), String> {
    if arg.contains('\0') {
        return Err(format!("the argument {arg:?} contains NUL, which stands between two of them"));
    }
    Ok(())
}

/// The known name that is most like `name`, if any is like it at all.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike = |known: &&str| strsim::damerau_levenshtein(name, known);
    known.min_by_key(alike).filter(|known| alike(known) <= name.len().max(3) / 2)
}

/// The file as it is written, before it is known to make sense.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    engine: Table<EngineSettings>,
    #[serde(default, rename = "program")]
    programs: BTreeMap<String, Spanned<Table<ProgramSettings>>>,
    #[serde(default, rename = "start")]
    starts: Vec<Table<StartSettings>>,
    #[serde(default, rename = "serve")]
    serves: Vec<Table<ServeSettings>>,
    #[serde(default, rename = "group")]
    groups: BTreeMap<String, Table<GroupSettings>>,
}

/// `[[start]]` with its places in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartSettings {
    program: Spanned<String>,
    #[serde(default)]
    args: Vec<Spanned<String>>,
}

/// What does not make sense, and where it stands.
struct Refusal {
    at: Range<usize>,
    why: String,
}

impl StartSettings {
    fn check(self, programs: &BTreeMap<String, ProgramSettings>) -> Result<Start, Refusal> {
        let program = check_program("[[start]]", self.program, programs)?;
        let restart = programs[&program].restart.unwrap_or_default();
        Ok(Start { program, args: check_args(self.args)?, restart })
    }
}

/// The name of a program that there is.
fn check_program(
    section: &str,
    program: Spanned<String>,
    programs: &BTreeMap<String, ProgramSettings>,
) -> Result<String, Refusal> {
    let at = program.span();
    let program = program.into_inner();
    if programs.contains_key(&program) {
        return Ok(program);
    }
    let known = programs.keys().map(String::as_str);
    let near = nearest(&program, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(Refusal { at, why: format!("{section} names `{program}`, which is no program{near}") })
}

/// Arguments that can be told from one another.
fn check_args(args: Vec<Spanned<String>>) -> Result<Vec<String>, Refusal> {
    for arg in &args {
        check_argument(arg.get_ref()).map_err(|why| Refusal { at: arg.span(), why })?;
    }
    Ok(args.into_iter().map(Spanned::into_inner).collect())
}

/// The parser's message with the file and the line, and the key that was probably meant.
fn explain(error: &toml::de::Error, text: &str, file: &str) -> ManifestError {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let message = error.message();
    // serde says: unknown field `x`, expected one of `a`, `b`
    let mut names = message.split('`').skip(1).step_by(2);
    let near = names
        .next()
        .filter(|_| message.starts_with("unknown field"))
        .and_then(|key| nearest(key, names).map(|near| format!("unknown key `{key}`; did you mean `{near}`?")));
    let words = near
        .or_else(|| in_words(message))
        .unwrap_or_else(|| message.replace("unknown field", "unknown key").replace("missing field", "missing key"));
    ManifestError::new(format!("{file}:{line}: {words}"))
}

fn line_of(text: &str, position: usize) -> usize {
    text.as_bytes().iter().take(position).filter(|&&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::grants::{DIRECTORY_NAME, Folder, Key, Variable};

    fn refusal(text: &str) -> String {
        Manifest::parse(text, "f").expect_err("it is refused").to_string()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, message) in [
            ("[program.a]\ncomponnt = 'x'", "f:2: unknown key `componnt`; did you mean `component`?"),
            ("[engine]\nworkerz = 1", "f:2: unknown key `workerz`; did you mean `workers`?"),
            (
                "\n[program.a]\nbuild = 'make'",
                "f:2: missing key `component`, the file of one, or `source`, the folder of a project",
            ),
            (
                "[program.a]\nsource = 'a'\nbuild = 'make'",
                "f:1: `source` and `build` are two ways to make the component; leave one of them",
            ),
            ("[program.a]\nsource = ''", "f:2: expected the folder of a project, not \"\""),
            ("[program.'a/b']\nsource = '.'", "f:1: a program with a `source` cannot be named \"a/b\": no file can"),
            ("[program.a]\ncomponent = ''", "f:2: expected the file of a component, not \"\""),
            (
                "[program.foo]\ncomponent='x'\n[[start]]\nprogram='foo'\n[[start]]\nprogram='fo'",
                "f:6: [[start]] names `fo`, which is no program; did you mean `foo`?",
            ),
            (
                "[program.foo]\ncomponent='x'\n[[start]]\nprogram='foo'\nargs = [\n'a',\n\"b\\u0000c\"]",
                "f:7: the argument \"b\\0c\" contains NUL, which stands between two of them",
            ),
            (
                "[program.foo]\ncomponent='x'\n[[serve]]\nlisten='tcp://[::1]:80'\nprogram='fooo'",
                "f:5: [[serve]] names `fooo`, which is no program; did you mean `foo`?",
            ),
            (
                "[program.foo]\ncomponent='x'\n[[serve]]\nprogram='foo'\nlisten='127.0.0.1:80'",
                "f:5: \"127.0.0.1:80\" is no address to listen at: expected a way to listen in front; \
                 did you mean `tcp://127.0.0.1:80`?",
            ),
            (
                "[program.foo]\ncomponent='x'\n[[serve]]\nprogram='foo'\nlisten='unix://x'\nargs=[\n\"\\u0000\"]",
                "f:7: the argument \"\\0\" contains NUL, which stands between two of them",
            ),
            (
                "[program.a]\ncomponent='x'\nstdin = 'inherti'",
                "f:3: expected \"inherit\", \"null\", \"file:PATH\" or \"program:NAME\", not \"inherti\"",
            ),
            (
                "[program.a]\ncomponent='x'\nstdout = 'file:'",
                "f:3: expected \"inherit\", \"null\" or \"file:PATH\", not \"file:\"",
            ),
            (
                "[program.foo]\ncomponent='x'\n[program.a]\ncomponent='x'\nstdin = 'program:fooo'",
                "f:5: stdin names `fooo`, which is no program; did you mean `foo`?",
            ),
            ("[program.a]\ncomponent='x'\n[[serve]]\nprogram='a'", "f:3: missing key `listen`"),
            ("[[serve]]\nlistn='tcp://127.0.0.1:80'", "f:2: unknown key `listn`; did you mean `listen`?"),
            ("[program.a.allow]\nnetwrk = true", "f:2: unknown key `netwrk`; did you mean `network`?"),
            ("[program.a.alow]\nnetwork = true", "f:1: unknown key `alow`; did you mean `allow`?"),
            ("[server]\n", "f:1: unknown key `server`; did you mean `serve`?"),
        ] {
            assert_eq!(refusal(text), message);
        }
    }

    #[test]
    fn a_manifest_without_a_program_is_none() {
        for text in ["", "[engine]\nworkers = 1", "[[start]]\nprogram = 'foo'"] {
            assert_eq!(refusal(text), "f has no program; write [program.NAME] with a component");
        }
    }

    #[test]
    fn settings_have_units_and_the_only_program_is_started() {
        let text = "[engine]\nmax-memory = '64MiB'\ndefault-timeout = '1500ms'\ndefault-priority = 'first'\n\
                    [program.foo]\ncomponent = 'foo.wasm'";
        let manifest = Manifest::parse(text, "f").expect("it is right");
        assert_eq!(manifest.engine.max_memory, Some(64 << 20));
        assert_eq!(manifest.engine.default_timeout, Some(Timeout::After(Duration::from_millis(1500))));
        assert_eq!(manifest.engine.default_priority, Some(Priority::First));
        assert_eq!(manifest.starts[0].program, "foo");
    }

    #[test]
    fn each_bound_is_within_what_is_allowed_and_one_more_is_not() {
        for (key, least, most, expected) in [
            ("workers", "1", "256", "a whole number from 1 to 256"),
            ("max-coroutines", "1", "200000", "a whole number from 1 to 200000"),
            ("max-call-depth", "1", "100000", "a whole number from 1 to 100000"),
            ("max-memory", "65536", "4294967296", "a size from 64KiB to 4GiB, as \"64MiB\" or as a number of bytes"),
        ] {
            let bounds = [least, most].map(|bound| bound.parse::<i64>().expect("a number"));
            for allowed in bounds {
                let text = format!("[engine]\n{key} = {allowed}\n[program.a]\ncomponent = 'x'");
                assert!(Manifest::parse(&text, "f").is_ok(), "{text}");
            }
            for refused in [bounds[0] - 1, bounds[1] + 1, -5, i64::MIN] {
                let text = format!("[engine]\n\n{key} = {refused}");
                assert_eq!(refusal(&text), format!("f:3: expected {expected}, not {refused}"));
            }
        }
    }

    #[test]
    fn what_has_the_wrong_type_is_told_in_plain_words() {
        const SIZE: &str = "a size from 64KiB to 4GiB, as \"64MiB\" or as a number of bytes";
        const DURATION: &str = "a duration such as \"100ms\", \"2s\" or \"1m\", or \"never\"";
        let names: Vec<_> = ReactorKind::ALL.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
        let reactors = format!("a reactor: {}", names.join(", "));
        const PRIORITY: &str = "a priority: \"last\", \"operation\", \"coroutine\" or \"first\"";
        for (line, expected, found) in [
            ("engine.workers = 'two'", "a whole number from 1 to 256", "\"two\""),
            ("engine.workers = 1.5", "a whole number from 1 to 256", "1.5"),
            ("engine.workers = 99999999999999999999", "a whole number from 1 to 256", "99999999999999999999"),
            ("engine.workers = [1]", "a whole number from 1 to 256", "a list"),
            ("engine.max-memory = true", SIZE, "true"),
            ("engine.max-memory = '64'", SIZE, "\"64\""),
            ("engine.max-memory = '-5MiB'", SIZE, "\"-5MiB\""),
            ("engine.max-memory = '5GiB'", SIZE, "\"5GiB\""),
            ("engine.max-memory = '1e300GiB'", SIZE, "\"1e300GiB\""),
            ("engine.max-memory = 'NaNMiB'", SIZE, "\"NaNMiB\""),
            ("engine.default-timeout = 'soon'", DURATION, "\"soon\""),
            ("engine.default-timeout = '-1s'", DURATION, "\"-1s\""),
            ("engine.default-timeout = 5", DURATION, "5"),
            ("engine.default-priority = 'a`b'", PRIORITY, "\"a`b\""),
            ("engine = 5", "a table", "5"),
            ("engine = [2]", "a table", "a list"),
            ("program = 5", "a table", "5"),
            ("program.foo = 'foo.wasm'", "a table", "\"foo.wasm\""),
            ("[[program.foo]]", "a table", "a list"),
            ("program.foo.component = 5", "the file of a component", "5"),
            ("program.foo = { component = 'x', build = 5 }", "text", "5"),
            ("start = {}", "a list", "a table"),
            ("start = [{ program = true }]", "text", "true"),
            ("start = [{ program = 'foo', args = 'x' }]", "a list", "\"x\""),
            ("start = [{ program = 'foo', args = [1] }]", "text", "1"),
            ("engine.reactor = 'epoll'", &reactors, "\"epoll\""),
            ("serve = {}", "a list", "a table"),
            ("serve = [{ program = 'foo', listen = 80 }]", "text", "80"),
            ("serve = [{ max = 0 }]", "a whole number from 1 to 1000000", "0"),
            ("serve = [{ max = 1000001 }]", "a whole number from 1 to 1000000", "1000001"),
            ("serve = [{ max = 'many' }]", "a whole number from 1 to 1000000", "\"many\""),
            ("program.foo.allow = true", "a table", "true"),
            ("program.foo.allow.network = 'yes'", "true or false", "\"yes\""),
            ("program.foo.allow.directories = ['www']", "a table", "a list"),
            ("program.foo.allow.directories.www = 5", "the path of a folder", "5"),
            ("program.foo.allow.directories.www = ''", "the path of a folder", "\"\""),
            ("program.foo.allow.directories.www.path = ''", "the path of a folder", "\"\""),
            ("program.foo.allow.directories.www = { path = 'w', write = 1 }", "true or false", "1"),
            ("program.foo.allow.environment = ['A']", "a table", "a list"),
            ("program.foo.allow.environment.A = 1", "text, or true for the host's own value", "1"),
            ("program.foo.allow.environment.A = false", "text, or true for the host's own value", "false"),
            ("program.foo.allow.connect = 'x:1'", "a list", "\"x:1\""),
            ("program.foo.allow.connect = [1]", "text", "1"),
            ("program.foo.allow.directories.'' = 'www'", DIRECTORY_NAME, "\"\""),
            ("program.foo.allow.directories.'a/b' = 'www'", DIRECTORY_NAME, "\"a/b\""),
            ("program.foo.allow.directories.'..' = 'www'", DIRECTORY_NAME, "\"..\""),
        ] {
            assert_eq!(refusal(&format!("\n{line}")), format!("f:2: expected {expected}, not {found}"), "{line}");
        }
    }

    #[test]
    fn what_is_served_is_all_that_is_started_unless_there_is_more() {
        let text = "[program.foo]\ncomponent = 'x'\n[[serve]]\nlisten = 'tcp://127.0.0.1:0'\nprogram = 'foo'\n\
                    args = ['a', 'b']\nmax = 1000000\n[[serve]]\nlisten = 'unix://run/x'\nprogram = 'foo'";
        let manifest = Manifest::parse(text, "f").expect("it is right");
        assert!(manifest.starts.is_empty(), "{:?}", manifest.starts);
        let [tcp, unix] = &manifest.serves[..] else { panic!("{:?}", manifest.serves) };
        assert_eq!(
            (tcp.listen.to_string(), &*tcp.program, tcp.max),
            ("tcp://127.0.0.1:0".into(), "foo", Some(1_000_000))
        );
        assert_eq!((tcp.args.join(" "), unix.max), ("a b".to_owned(), None));
        let both = Manifest::parse(&format!("{text}\n[[start]]\nprogram = 'foo'"), "f").expect("it is right");
        assert_eq!((both.starts.len(), both.serves.len()), (1, 2));
    }

    #[test]
    fn paths_are_relative_to_the_folder_of_the_manifest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = "[program.a]\ncomponent = 'x'\n[program.a.allow]\nnetwork = true\n\
                    directories = { up = { path = '..', write = true }, www = 'w' }\nconnect = ['unix:run/*.sock']\n\
                    [[serve]]\nlisten = 'unix://x.sock'\nprogram = 'a'\n\
                    [[serve]]\nlisten = 'unix:///x.sock'\nprogram = 'a'";
        std::fs::write(folder.path().join(FILE_NAME), text).expect("written");
        let manifest = Manifest::load(folder.path()).expect("it is right");
        let listens: Vec<_> = manifest.serves.iter().map(|serve| serve.listen.to_string()).collect();
        let here = folder.path().display();
        assert_eq!(listens, [format!("unix://{here}/x.sock"), "unix:///x.sock".to_owned()]);
        let allow = &manifest.programs["a"].allow;
        assert!(allow.network);
        assert_eq!(allow.directories["www"], Folder { path: folder.path().join("w"), write: false });
        assert_eq!(allow.directories["up"], Folder { path: folder.path().join(".."), write: true });
        assert_eq!(allow.connect[0].to_string(), format!("unix:{here}/run/*.sock"));
    }

    #[test]
    fn the_example_of_the_manual_is_a_manifest() {
        let manual = include_str!("../../docs/manifest.md");
        let (_, example) = manual.split_once("```toml\n").expect("it begins with an example");
        let (example, _) = example.split_once("```").expect("it ends");
        let manifest = Manifest::parse(example, "f").expect("it is right");
        assert_eq!((manifest.programs.len(), manifest.starts.len(), manifest.serves.len()), (2, 1, 1));
        let [foo, bar] = ["foo", "bar"].map(|name| &manifest.programs[name].allow);
        assert_eq!((foo.call.len(), bar.connect.len(), bar.directories.len()), (1, 1, 1));
    }

    #[test]
    fn the_examples_of_the_manual_of_grants_are_manifests_with_rules_of_every_key() {
        let manual = include_str!("../../docs/grants.md");
        let (_, example) = manual.split_once("```toml\n").expect("it has an example");
        let (example, _) = example.split_once("```").expect("it ends");
        let manifest =
            Manifest::parse(&format!("{example}[program.fetch]\ncomponent = 'x'"), "f").expect("it is right");
        assert_eq!(manifest.programs["fetch"].allow.connect.len(), 4);
        let (_, table) = manual.split_once("| key | what it grants |").expect("there is the table");
        let told: Vec<_> = table.lines().map_while(|line| if line.is_empty() { None } else { Some(line) }).collect();
        for key in Key::ALL {
            assert!(told.iter().any(|line| line.starts_with(&format!("| `{}` |", key.name()))), "{}", key.name());
        }
    }

    #[test]
    fn nothing_is_allowed_that_is_not_granted() {
        let manifest = Manifest::parse("[program.a]\ncomponent = 'x'\n[program.a.allow]", "f").expect("it is right");
        assert_eq!(manifest.programs["a"].allow, Allow::default());
    }

    #[test]
    fn each_key_of_what_is_allowed_has_rules_of_its_own() {
        let text = "[program.a]\ncomponent = 'x'\n[program.a.allow]\nconnect = ['example.org:443', 'unix:/run/x']\n\
                    listen = ['*:80', 'unix:/run/y']\nudp = ['10.0.0.0/8:*']\nudp-bind = ['[::]:5353']\n\
                    resolve = ['*.example.org']\nenvironment = { LANG = 'C', HOME = true }\nspawn = ['w-*']\n\
                    call = ['*']\ncancel = ['w-*']\nsend = ['chat.*']\nwait = ['x', 'y']";
        let mut manifest = Manifest::parse(text, "f").expect("it is right");
        let read = std::mem::take(&mut manifest.programs.get_mut("a").expect("it is there").allow);
        let mut expected = Allow::default();
        for rule in [
            "connect=example.org:443",
            "connect=unix:/run/x",
            "listen=*:80",
            "listen=unix:/run/y",
            "udp=10.0.0.0/8:*",
            "udp-bind=[::]:5353",
            "resolve=*.example.org",
            "environment=LANG=C",
            "environment=HOME",
            "spawn=w-*",
            "call=*",
            "cancel=w-*",
            "send=chat.*",
            "wait=x",
            "wait=y",
        ] {
            expected.add(rule.parse().expect("a rule"));
        }
        assert_eq!(read, expected);
        assert_eq!(read.environment["HOME"], Variable::Inherited);
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_told_with_its_line() {
        for (rule, why) in [
            ("connect = [\n'a:1', \n'example.org']", "f:4: \"example.org\" has no port: write example.org:*"),
            (
                "listen = ['a:1']",
                "f:2: \"a:1\" names a host: expected an IP address of this machine, as 127.0.0.1:1, or * for all of them",
            ),
            (
                "udp = ['unix:/x']",
                "f:2: \"unix:/x\" has the port \"/x\": expected a number up to 65535, two with `-` between, or *",
            ),
            (
                "spawn = ['']",
                "f:2: a pattern of no characters: expected a name, in which `*` stands for any run of them",
            ),
            ("environment = { 'A=' = 'x' }", "f:2: \"A=\" is no name of a variable: expected one without `=` and NUL"),
        ] {
            assert_eq!(refusal(&format!("[program.a.allow]\n{rule}")), why);
        }
    }

    #[test]
    fn a_timeout_may_be_never_and_lasts_no_longer_than_the_clock() {
        let text = "[engine]\ndefault-timeout = 'never'\n[program.a]\ncomponent = 'x'\ndefault-timeout = 'never'\n\
                    [program.b]\ncomponent = 'x'\ndefault-timeout = '1e300h'\n\
                    [program.c]\ncomponent = 'x'\ndefault-timeout = '600000h'";
        let manifest = Manifest::parse(text, "f").expect("it is right");
        assert_eq!(manifest.engine.default_timeout, Some(Timeout::Never));
        let longest = Timeout::After(Duration::from_nanos(u64::MAX));
        let [a, b, c] = ["a", "b", "c"].map(|name| manifest.programs[name].default_timeout);
        assert_eq!((a, b), (Some(Timeout::Never), Some(longest)));
        assert_eq!(c, Some(Timeout::After(Duration::from_secs(600_000 * 3600))));
        assert_eq!((Timeout::Never.of_engine(), Timeout::Never.of_program()), (None, Duration::MAX));
    }

    #[test]
    fn arguments_have_a_nul_between_them_and_one_behind_an_empty_last_one() {
        for (args, bytes) in [
            (&[][..], &b""[..]),
            (&[""], b"\0"),
            (&["a"], b"a"),
            (&["", "a"], b"\0a"),
            (&["a", ""], b"a\0\0"),
            (&["", ""], b"\0\0"),
        ] {
            let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(encode_args(&args).expect("no NUL is in them"), bytes, "{args:?}");
        }
        let refused = encode_args(&["a\0b".to_owned()]).expect_err("it has a NUL in it");
        assert_eq!(refused.to_string(), "the argument \"a\\0b\" contains NUL, which stands between two of them");
    }

    #[test]
    fn a_component_that_is_no_file_is_not_read_and_one_that_is_missing_may_be_built() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(FILE_NAME);
        let refused = |text: &str| {
            std::fs::write(&file, text).expect("written");
            Manifest::load(folder.path()).expect("it is right").apply(Builder::default()).err()
        };
        let here = folder.path().display();
        let error = refused("[program.a]\ncomponent = '.'").expect("a folder is none");
        assert_eq!(error.to_string(), format!("cannot read program `a` from {here}/.: it is a folder, not a file"));
        let error = refused("[program.a]\ncomponent = 'x'\nbuild = 'make'").expect("it is missing");
        assert_eq!(error.to_string(), format!("program `a` is not built: there is no {here}/x"));
        assert_eq!(error.hint(), Some(&*format!("cogen build {here}/cogen.toml")));
        assert!(refused("[program.a]\ncomponent = 'x'").is_none(), "whoever builds the engine says so");
    }
}
