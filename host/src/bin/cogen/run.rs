//! `cogen run`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cogen::manifest::{MAX_WORKERS, Serve, Start, encode_args, nearest};
use cogen::{Coroutine, Engine, Event, Group, Outcome, ReactorKind, Report, RestartWhen, RunReport, Trace};

use crate::cache;
use crate::grants::{self, Grants};
use crate::output::{self, coroutine, visible, visible_name};
use crate::printer::{Console, Printer};
use crate::signals::Signals;
use crate::targets::Plan;

/// What a trap of the one program exits with: what a shell tells of a native program that has aborted, and `wasmtime run` exits with.
const TRAPPED: u8 = 134;

const NOTES: &str = "Examples:
  cogen run
  cogen run hello.wasm -- you
  cogen run examples/calls
  cogen run --trace=foo cogen.toml
  cogen run sums.wasm --invoke 'add(1, 2)'

Keys:
  Ctrl-C  ask all coroutines to end; again: end the run at once
  Ctrl-\\  print the table of coroutines

A command gets the arguments as its own. A coroutine gets them as bytes, with a NUL between two of
them, and one more at the end if the last one is empty.";

/// Run components, a manifest, or a folder with one
#[derive(clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct Run {
    /// Component files; or one cogen.toml, or a folder with one
    #[arg(default_value = ".")]
    targets: Vec<PathBuf>,
    /// What the started programs are given
    #[arg(last = true)]
    args: Vec<String>,
    /// Call this function of the one component, with its arguments in WAVE, and print its result
    #[arg(long, value_name = "CALL", conflicts_with = "args")]
    invoke: Option<String>,
    /// How many OS threads run coroutines, 1 to 256 [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_WORKERS)))]
    workers: Option<u16>,
    /// What workers wait for sockets with [default: mio]
    #[arg(long, value_name = "NAME", value_parser = reactor())]
    reactor: Option<ReactorKind>,
    #[command(flatten)]
    grants: Grants,
    /// Exit with 1 when coroutines are left parked at the end
    #[arg(long)]
    strict: bool,
    /// Do not put the program's name in front of output when there are several
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
        let Plan { mut builder, programs, starts, serves, groups } = match &self.invoke {
            Some(invocation) => Plan::of_invocation(&self.targets, &self.grants, invocation)?,
            None => Plan::of(&self.targets, &self.grants)?,
        };
        ensure!(self.args.is_empty() || !starts.is_empty(), "there is no [[start]] to give the arguments to");
        let trace = self.trace(&programs)?;
        if let Some(folder) = self.cache_folder()? {
            builder = builder.cache_dir(folder);
        }
        if let Some(workers) = self.workers {
            builder = builder.workers(workers.into());
        }
        if let Some(reactor) = &self.reactor {
            builder = builder.reactor(reactor.clone());
        }
        let printer = Arc::new(Printer::new(programs.len() > 1 && !self.plain, Console));
        let is_alone = matches!(&starts[..], [start] if start.restart.when == RestartWhen::Never)
            && serves.is_empty()
            && groups.is_empty();
        let ears = printer.clone();
        builder = builder.on_event(move |event| {
            if !(is_alone && is_told_by_code(event)) {
                ears.tell(event);
            }
        });
        // With names in front of its lines, nothing is as a program writes it.
        let is_seen = |is_terminal: bool| programs.len() == 1 && is_terminal;
        builder = builder.terminals(is_seen(io::stdout().is_terminal()), is_seen(io::stderr().is_terminal()));
        let signals = Signals::listen(Duration::from_secs(self.grace)).context("cannot listen for signals")?;
        let mut engine = output::saying("compiling", || builder.build())?;
        engine.trace(trace);
        // Those that are started may connect at once.
        serves.iter().try_for_each(|serving| serve(&engine, serving))?;
        let mut started = Vec::new();
        for begun in starts {
            let args = if self.args.is_empty() { &begun.args } else { &self.args };
            started.push(start(&engine, &begun, encode_args(args)?)?);
        }
        for group in groups {
            engine.supervise(group)?;
        }
        signals.reach(engine.handle());
        let report = engine.run();
        let refusals = engine.refusals();
        drop(engine);
        printer.finish();
        grants::tell(&refusals);
        let outcome = started.first().filter(|_| is_alone).and_then(Coroutine::outcome);
        Ok(self.exit(&report, outcome.as_ref()))
    }

    /// Whose operations are printed.
    fn trace(&self, programs: &[String]) -> Result<Trace> {
        match self.trace.as_deref() {
            None => Ok(Trace::Off),
            Some("") => Ok(Trace::All),
            Some(name) if programs.iter().any(|program| program == name) => Ok(Trace::Program(name.to_owned())),
            Some(name) => match nearest(name, programs.iter().map(String::as_str)) {
                Some(near) => bail!("there is no program `{name}` to trace; did you mean `{near}`?"),
                None => bail!("there is no program `{name}` to trace; the programs are: {}", programs.join(", ")),
            },
        }
    }

    fn cache_folder(&self) -> Result<Option<PathBuf>> {
        if self.no_cache {
            return Ok(None);
        }
        let Some(folder) = &self.cache_dir else { return Ok(cache::folder()) };
        cache::make(folder).with_context(|| format!("cannot keep compiled code in {}", folder.display()))?;
        Ok(Some(folder.clone()))
    }

    /// Names whoever is left, prints what an invocation answered, and chooses the exit code: that of the one program that was
    /// started, if it was one and has ended by itself.
    fn exit(&self, report: &RunReport, outcome: Option<&Outcome>) -> ExitCode {
        for info in &report.parked {
            let waits_for = info.waits_for.as_deref().unwrap_or("nothing");
            output::say(&format!(
                "still parked: {} waits for {}",
                coroutine(&info.program, info.id),
                visible(waits_for)
            ));
        }
        if report.interrupted {
            return ExitCode::from(130);
        }
        match outcome {
            Some(Outcome::Exited(status)) => return ExitCode::from(*status),
            Some(Outcome::Trapped { .. }) => return ExitCode::from(TRAPPED),
            Some(Outcome::Returned(result)) if self.invoke.is_some() => {
                output::data(&[result, &b"\n"[..]].concat());
            }
            _ => {}
        }
        let is_failure = report.failed > 0 || (self.strict && !report.parked.is_empty());
        if is_failure { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// Starts a program, with a supervisor if it is to be started again.
fn start(engine: &Engine, start: &Start, args: Vec<u8>) -> Result<Coroutine> {
    let Start { program, restart, .. } = start;
    Ok(match restart.when {
        RestartWhen::Never => engine.spawn(program, args)?,
        when => {
            let restarts = restart.restarts.unwrap_or_default();
            engine.supervise(Group::new(program).member(program, args, when).restarts(restarts))?
        }
    })
}

/// Whether it is that a program started from outside has exited, with a status that is the exit code if it was the only one:
/// a command that finds nothing has not gone wrong.
fn is_told_by_code(event: &Event<'_>) -> bool {
    matches!(event, Event::Failed(Report { parent: None, outcome: Outcome::Exited(_), .. }))
}

/// Starts an accept loop, and says where it listens.
fn serve(engine: &Engine, serve: &Serve) -> Result<()> {
    let args = encode_args(&serve.args)?;
    let (listen, program, most) = (&serve.listen, &serve.program, serve.max.unwrap_or(0));
    let server = match serve.is_stdio {
        true => engine.serve_stdio(listen, program, args, most)?,
        false => engine.serve(listen, program, args, most)?,
    };
    output::say(&format!(
        "serving {} at {}",
        visible_name(&serve.program),
        visible_name(&server.address().to_string())
    ));
    Ok(())
}

/// Reads the name of a reactor.
fn reactor() -> impl TypedValueParser<Value = ReactorKind> {
    let names = ReactorKind::ALL.iter().map(ReactorKind::name);
    PossibleValuesParser::new(names).try_map(|name| ReactorKind::named(&name).ok_or("there is no such reactor"))
}
