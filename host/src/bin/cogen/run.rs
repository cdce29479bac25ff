//! `cogen run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cogen::manifest::{Manifest, Start};
use cogen::{Builder, Engine, Handle, Program, RunReport, Trace};

use crate::output::{self, Printer};

/// Run components, a manifest, or a folder with one
///
/// Arguments behind `--` go to every program that is started: to a command as its arguments, to a coroutine as bytes with a
/// NUL between two of them. Ctrl-C asks all coroutines to end, a second one ends the run at once; Ctrl-\ prints the table of
/// coroutines.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  cogen run hello.wasm -- you\n  cogen run examples/calls\n  cogen run --trace=foo cogen.toml"
)]
pub(crate) struct Run {
    /// Component files; or one cogen.toml, or a folder with one
    #[arg(required = true)]
    targets: Vec<PathBuf>,
    /// What the started programs are given
    #[arg(last = true)]
    args: Vec<String>,
    /// How many OS threads run coroutines [default: one per core]
    #[arg(long)]
    workers: Option<usize>,
    /// Exit with 1 when coroutines are left parked at the end
    #[arg(long)]
    strict: bool,
    /// Do not put the program's name in front of output when several run
    #[arg(long)]
    plain: bool,
    /// Print each operation with its result and time, of all programs or of one
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    trace: Option<String>,
    /// Seconds that coroutines are given to end after Ctrl-C
    #[arg(long, default_value_t = 5)]
    grace: u64,
    /// Where compiled code is kept [default: the user's cache folder]
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<PathBuf>,
    /// Do not keep compiled code
    #[arg(long)]
    no_cache: bool,
}

impl Run {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let (mut builder, starts) = self.targets()?;
        let printer =
            Arc::new(Printer::new(!self.plain && starts.iter().any(|start| start.program != starts[0].program)));
        let ears = printer.clone();
        builder = builder.on_event(move |event| ears.tell(event));
        if let Some(workers) = self.workers {
            builder = builder.workers(workers);
        }
        if let Some(folder) = self.cache_folder() {
            builder = builder.cache_dir(folder);
        }
        let mut engine = output::saying("compiling", || builder.build())?;
        if let Some(program) = &self.trace {
            engine.trace(if program.is_empty() { Trace::All } else { Trace::Program(program.clone()) });
        }
        interrupts(engine.handle(), Duration::from_secs(self.grace)).context("cannot listen for signals")?;
        for start in starts {
            let args = if self.args.is_empty() { start.args } else { self.args.clone() };
            engine.spawn(&start.program, args.join("\0"))?;
        }
        let report = engine.run();
        drop(engine);
        printer.finish();
        Ok(self.exit(&report))
    }

    /// The programs, and what to start of them.
    fn targets(&self) -> Result<(Builder, Vec<Start>)> {
        if let [only] = &self.targets[..]
            && (only.is_dir() || only.extension().is_some_and(|extension| extension == "toml"))
        {
            let manifest = Manifest::load(only)?;
            ensure!(!manifest.starts.is_empty(), "{} has several programs and no [[start]]", only.display());
            return Ok((manifest.apply(Engine::builder()), manifest.starts));
        }
        let mut builder = Engine::builder();
        let mut starts: Vec<Start> = Vec::new();
        for file in &self.targets {
            let program = name_of(file)?;
            if starts.iter().any(|start| start.program == program) {
                bail!("two files are named `{program}`; give them names in a cogen.toml");
            }
            builder = builder.program(&program, Program::from_file(file));
            starts.push(Start { program, args: Vec::new() });
        }
        Ok((builder, starts))
    }

    fn cache_folder(&self) -> Option<PathBuf> {
        let default = || {
            let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
            let cache = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
            cache.or_else(home).map(|folder| folder.join("cogen"))
        };
        if self.no_cache { None } else { self.cache_dir.clone().or_else(default) }
    }

    /// Names whoever is left, and chooses the exit code.
    fn exit(&self, report: &RunReport) -> ExitCode {
        for info in &report.parked {
            let waits_for = info.waits_for.as_deref().unwrap_or("nothing");
            eprintln!("still parked: {}#{} waits for {waits_for}", info.program, info.id);
        }
        if report.interrupted {
            return ExitCode::from(130);
        }
        let is_failure = report.failed > 0 || (self.strict && !report.parked.is_empty());
        if is_failure { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// A program is named as its file is.
fn name_of(file: &Path) -> Result<String> {
    let stem = file.file_stem().with_context(|| format!("{} is no file", file.display()))?;
    let name = stem.to_str().with_context(|| format!("the name of {} is no UTF-8", file.display()))?;
    Ok(name.to_owned())
}

#[cfg(unix)]
fn interrupts(engine: Handle, grace: Duration) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGQUIT])?;
    std::thread::Builder::new().name("cogen-signals".to_owned()).spawn(move || {
        let mut interrupted = false;
        for signal in signals.forever() {
            if signal == SIGQUIT {
                output::table(&engine.snapshot());
            } else if interrupted {
                std::process::exit(130);
            } else {
                eprintln!("interrupted: coroutines have {grace:?} to end; again to end at once");
                engine.shutdown(grace);
                interrupted = true;
            }
        }
    })?;
    Ok(())
}

#[cfg(not(unix))]
fn interrupts(_: Handle, _: Duration) -> std::io::Result<()> {
    Ok(())
}
