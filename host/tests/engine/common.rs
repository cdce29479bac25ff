//! One way to run scripts and see what they logged.

#[path = "../common/guests.rs"]
mod guests;

use std::sync::{Arc, Mutex};

pub(crate) use cogen::{Allow, Builder, Clock, Coroutine, Engine, Event, Outcome, Program, RunReport, State};
pub(crate) use script_steps::{Args, Priority, Script, Step, Wait};

pub(crate) const MILLISECOND: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000_000_000;

/// A built guest, which may do everything.
pub(crate) fn guest(name: &str) -> Program {
    Program::from_file(guests::path(name)).allow(Allow::all())
}

/// What these rules allow, as they are given on the command line.
pub(crate) fn allowed(rules: &[&str]) -> Allow {
    let mut allow = Allow::default();
    rules.iter().for_each(|rule| allow.add(rule.parse().expect("a rule")));
    allow
}

/// An engine, and all that its guests say and its observer hears.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    /// One worker, simulated time, the programs `script` and `hello`.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let ears = heard.clone();
        let builder = Engine::builder()
            .workers(1)
            .max_coroutines(64)
            .clock(Clock::simulated())
            .cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/code"))
            .program("script", guest("script"))
            .program("hello", guest("hello"))
            .on_event(move |event| {
                let line = match event {
                    Event::Log { message, .. } => (*message).to_owned(),
                    Event::Output { bytes, .. } => String::from_utf8_lossy(bytes).trim_end().to_owned(),
                    Event::Failed(report) => format!("{} {}", report.program, report.outcome),
                    Event::Operation { name, detail, result, .. } => format!("{name} {detail} -> {result}"),
                    Event::Refused { id, program, attempted, lacking, line, is_narrowed } => {
                        let lacking = if *is_narrowed { "those above" } else { lacking };
                        format!("refused {program}#{id} {attempted}; {lacking}: {line}")
                    }
                    Event::Restarted { id, program, former, delay, .. } => {
                        format!("restarted {program}#{former} as {program}#{id} after {delay:?}")
                    }
                    Event::GaveUp { id, program, ended, max_restarts, period } => {
                        format!("{program}#{id} gave up on {ended} after {max_restarts} in {period:?}")
                    }
                    _ => return,
                };
                ears.lock().expect("nobody panics with it").push(line);
            });
        let engine = change(builder).build().unwrap_or_else(|error| {
            panic!("{error} ({:?}); `cargo xtask guests` builds the guests", std::error::Error::source(&error))
        });
        Stage { engine, heard }
    }

    pub(crate) fn spawn(&self, script: Script) -> Coroutine {
        self.engine.spawn("script", script).expect("there is room and a program")
    }

    pub(crate) fn run(&mut self) -> RunReport {
        self.engine.run()
    }

    /// What the engine holds for its coroutines: coroutines, timers, places in rows, bytes of payloads. Nothing, once they
    /// have ended.
    pub(crate) fn held(&self) -> [usize; 4] {
        let stats = self.engine.stats();
        [stats.coroutines, stats.timers, stats.waiters, stats.payloads]
    }

    /// What has been heard since the last time this was asked.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().expect("nobody panics with it"))
    }

    /// Turns until `coroutine` is in this state; for engines on the wall's time.
    pub(crate) fn turn_until(&mut self, coroutine: &Coroutine, state: State) {
        while coroutine.state() != state {
            self.engine.turn(std::time::Duration::from_millis(1));
        }
    }

    /// Runs these scripts, spawned in order, to the end; answers what was heard.
    pub(crate) fn play(scripts: impl IntoIterator<Item = Script>) -> Vec<String> {
        let mut stage = Stage::new();
        for script in scripts {
            stage.spawn(script);
        }
        stage.run();
        stage.heard()
    }
}

pub(crate) fn script(name: &str, steps: impl IntoIterator<Item = Step>) -> Script {
    Script::new(name).steps(steps)
}

pub(crate) fn log(text: &str) -> Step {
    Step::Log(text.into())
}

/// A step again and again, for ever.
pub(crate) fn for_ever(steps: impl IntoIterator<Item = Step>) -> Step {
    Step::Repeat { n: u64::MAX, steps: steps.into_iter().collect() }
}

/// The value of a coroutine that returned text.
pub(crate) fn returned(text: &str) -> Option<Outcome> {
    Some(Outcome::Returned(text.as_bytes().to_vec()))
}
