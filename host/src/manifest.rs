//! `cogen.toml`: programs under names, what to start, and the engine's settings.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::engine::Builder;
use crate::program::{Priority, Program};

/// The name of the file in a folder.
pub const FILE_NAME: &str = "cogen.toml";

/// A manifest that has been read and checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The engine's settings.
    #[serde(default)]
    pub engine: EngineSettings,
    /// The programs by name.
    #[serde(default, rename = "program")]
    pub programs: BTreeMap<String, ProgramSettings>,
    /// What to start, in order.
    #[serde(default, rename = "start")]
    pub starts: Vec<Start>,
    /// The folder that paths are relative to.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// `[engine]`: what is not given is as [`Builder`] has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineSettings {
    /// How many OS threads run coroutines.
    pub workers: Option<usize>,
    /// How long operations wait that give no timeout: `"1500ms"`, `"2s"`, `"1m"`.
    #[serde(default, deserialize_with = "duration")]
    pub default_timeout: Option<Duration>,
    /// The priority of operations that give none.
    #[serde(default, deserialize_with = "priority")]
    pub default_priority: Option<Priority>,
    /// How many coroutines may have a store at a time.
    pub max_coroutines: Option<usize>,
    /// How deep calls may be nested.
    pub max_call_depth: Option<u32>,
    /// How much memory a coroutine may have: bytes, or `"64MiB"`.
    #[serde(default, deserialize_with = "size")]
    pub max_memory: Option<usize>,
}

/// `[program.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProgramSettings {
    /// The component's file.
    pub component: PathBuf,
    /// The shell line that makes it, run in the manifest's folder.
    pub build: Option<String>,
    /// As in `[engine]`, for this program.
    #[serde(default, deserialize_with = "duration")]
    pub default_timeout: Option<Duration>,
    /// As in `[engine]`, for this program.
    #[serde(default, deserialize_with = "priority")]
    pub default_priority: Option<Priority>,
}

/// `[[start]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The program to start.
    pub program: String,
    /// What it is given, with a NUL between two of them.
    #[serde(default)]
    pub args: Vec<String>,
}

/// Why a manifest is refused, with the place in the file.
#[derive(Debug)]
pub struct ManifestError(String);

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ManifestError(format!("cannot read the manifest {}: {error}", path.display())))?;
        let mut manifest = Self::parse(&text, &path.display().to_string())?;
        manifest.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(manifest)
    }

    fn parse(text: &str, file: &str) -> Result<Self, ManifestError> {
        let mut manifest: Manifest = toml::from_str(text).map_err(|error| explain(&error, text, file))?;
        if let (true, [only]) = (manifest.starts.is_empty(), &manifest.programs.keys().collect::<Vec<_>>()[..]) {
            manifest.starts.push(Start { program: (*only).clone(), args: Vec::new() });
        }
        for start in &manifest.starts {
            if !manifest.programs.contains_key(&start.program) {
                let known = manifest.programs.keys().map(String::as_str);
                let near =
                    nearest(&start.program, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                let program = &start.program;
                return Err(ManifestError(format!("{file}: [[start]] names `{program}`, which is no program{near}")));
            }
        }
        Ok(manifest)
    }

    /// Gives an engine these programs and settings.
    pub fn apply(&self, mut builder: Builder) -> Builder {
        for (name, settings) in &self.programs {
            let mut program = Program::from_file(self.folder.join(&settings.component));
            program.default_timeout = settings.default_timeout;
            program.default_priority = settings.default_priority;
            builder = builder.program(name, program);
        }
        let engine = &self.engine;
        builder = builder.default_timeout(engine.default_timeout);
        if let Some(workers) = engine.workers {
            builder = builder.workers(workers);
        }
        if let Some(priority) = engine.default_priority {
            builder = builder.default_priority(priority);
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
        builder
    }
}

/// The parser's message with the file and the line, and the key that was probably meant.
fn explain(error: &toml::de::Error, text: &str, file: &str) -> ManifestError {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let message = error.message();
    // serde says: unknown field `x`, expected one of `a`, `b`
    let mut names = message.split('`').skip(1).step_by(2);
    let near = names
        .next()
        .filter(|_| message.starts_with("unknown field"))
        .and_then(|key| nearest(key, names).map(|near| format!("unknown key `{key}`; did you mean `{near}`?")));
    ManifestError(format!("{file}:{line}: {}", near.unwrap_or_else(|| message.replace("unknown field", "unknown key"))))
}

/// The known name that is most like `name`, if any is like it at all.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike = |known: &&str| strsim::damerau_levenshtein(name, known);
    known.min_by_key(alike).filter(|known| alike(known) <= name.len().max(3) / 2)
}

fn duration<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(input)?;
    with_unit(&text, &[("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1.0), ("m", 60.0), ("h", 3600.0)])
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no duration; write \"100ms\", \"2s\" or \"1m\"")))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Size {
    Bytes(usize),
    Text(String),
}

fn size<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<usize>, D::Error> {
    const UNITS: [(&str, f64); 4] =
        [("KiB", 1024.0), ("MiB", 1024.0 * 1024.0), ("GiB", 1024.0 * 1024.0 * 1024.0), ("B", 1.0)];
    match Size::deserialize(input)? {
        Size::Bytes(bytes) => Ok(Some(bytes)),
        Size::Text(text) => with_unit(&text, &UNITS).map(|bytes| Some(bytes as usize)).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is no size; write \"64MiB\" or a number of bytes"))
        }),
    }
}

/// A number that is not negative, with one of these units behind it.
fn with_unit(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (number, factor) = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * factor)
}

fn priority<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<Priority>, D::Error> {
    let text = String::deserialize(input)?;
    Ok(Some(match text.as_str() {
        "last" => Priority::Last,
        "operation" => Priority::Operation,
        "coroutine" => Priority::Coroutine,
        "first" => Priority::First,
        _ => {
            let message = format!("`{text}` is no priority; write \"last\", \"operation\", \"coroutine\" or \"first\"");
            return Err(serde::de::Error::custom(message));
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, message) in [
            ("[program.a]\ncomponnt = 'x'", "f:2: unknown key `componnt`; did you mean `component`?"),
            ("[engine]\nworkerz = 1", "f:2: unknown key `workerz`; did you mean `workers`?"),
            ("[engine]\n\ndefault-timeout = 'soon'", "f:3: `soon` is no duration; write \"100ms\", \"2s\" or \"1m\""),
            (
                "[program.foo]\ncomponent='x'\n[[start]]\nprogram='fo'",
                "f: [[start]] names `fo`, which is no program; did you mean `foo`?",
            ),
        ] {
            assert_eq!(Manifest::parse(text, "f").expect_err("it is refused").to_string(), message);
        }
    }

    #[test]
    fn settings_have_units_and_the_only_program_is_started() {
        let text = "[engine]\nmax-memory = '64MiB'\ndefault-timeout = '1500ms'\ndefault-priority = 'first'\n\
                    [program.foo]\ncomponent = 'foo.wasm'";
        let manifest = Manifest::parse(text, "f").expect("it is right");
        assert_eq!(manifest.engine.max_memory, Some(64 << 20));
        assert_eq!(manifest.engine.default_timeout, Some(Duration::from_millis(1500)));
        assert_eq!(manifest.engine.default_priority, Some(Priority::First));
        assert_eq!(manifest.starts[0].program, "foo");
    }
}
