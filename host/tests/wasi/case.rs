//! A case of a guest: what it is given, and what was observed of it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use cogen::{Allow, Builder, Engine, Event, Folder, Outcome, Program, Stdin, Stream, Variable};

use crate::{guests, peer, wasmtime_run};

/// What a guest is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) guest: &'static str,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, &'static str)>,
    pub(crate) directories: Vec<Directory>,
    /// Whether it may use the network, all of it.
    pub(crate) network: bool,
    /// What it finds on its standard input.
    pub(crate) stdin: &'static str,
}

/// A folder that a guest sees at `/NAME`.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) write: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) end: End,
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    #[default]
    Success,
    /// With this status, which is not zero.
    Failure(u8),
    Trap,
}

impl Case {
    /// A case of a guest, by its name.
    pub(crate) fn new(guest: &'static str, case: &str) -> Self {
        Case { guest, arguments: vec![case.to_owned()], ..Case::default() }
    }

    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    pub(crate) fn directory(mut self, name: &'static str, path: impl Into<PathBuf>, write: bool) -> Self {
        self.directories.push(Directory { name, path: path.into(), write });
        self
    }

    pub(crate) fn stdin(mut self, stdin: &'static str) -> Self {
        self.stdin = stdin;
        self
    }

    pub(crate) fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Runs it here and in the peer, which must observe the same; answers what that was.
    pub(crate) fn compare(&self) -> String {
        Case::compare_each([self.clone(), self.clone(), self.clone()])
    }

    /// As [`Case::compare`], of a case that changes what it is given: one for each who runs it.
    pub(crate) fn compare_each(cases: [Self; 3]) -> String {
        let observed = Case::observe_each(&cases);
        assert_eq!(observed.end, End::Success, "{:?}: {observed:?}", cases[0]);
        observed.stdout
    }

    /// As [`Case::compare`], however it ends.
    pub(crate) fn observe(&self) -> Observed {
        Case::observe_each(&[self.clone(), self.clone(), self.clone()])
    }

    fn observe_each([case, for_peer, for_command]: &[Self; 3]) -> Observed {
        let (ours, theirs) = (case.run(), peer::run(for_peer));
        assert_eq!(ours, theirs, "{case:?}: ours is on the left");
        // Of a trap the command tells in words of its own.
        if ours.end != End::Trap
            && let Some(theirs) = wasmtime_run::run(for_command)
        {
            assert_eq!(ours, theirs, "{case:?}: ours is on the left, that of the command on the right");
        }
        ours
    }

    /// Runs it here.
    pub(crate) fn run(&self) -> Observed {
        self.run_with(|builder| builder)
    }

    /// As [`Case::run`], in an engine that is built otherwise.
    pub(crate) fn run_with(&self, change: impl FnOnce(Builder) -> Builder) -> Observed {
        let observed = Arc::<Mutex<Observed>>::default();
        let ears = observed.clone();
        let stdin = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(stdin.path(), self.stdin).expect("it is written");
        let program = match self.stdin {
            "" => self.program(),
            _ => self.program().stdin(Stdin::File(stdin.path().to_owned())),
        };
        let builder = engine().program(self.guest, program).on_event(move |event| {
            let Event::Output { stream, bytes, .. } = event else { return };
            let mut observed = ears.lock().expect("nobody panics with it");
            let into = if *stream == Stream::Stdout { &mut observed.stdout } else { &mut observed.stderr };
            into.push_str(&String::from_utf8_lossy(bytes));
        });
        let mut engine = change(builder).build().expect("an engine");
        let coroutine = engine.spawn(self.guest, self.arguments.join("\0")).expect("there is room");
        engine.run();
        let mut observed = observed.lock().expect("nobody panics with it").clone();
        observed.end = match coroutine.outcome().expect("it has ended") {
            Outcome::Returned(_) => End::Success,
            Outcome::Exited(status) => End::Failure(status),
            Outcome::Trapped { .. } => End::Trap,
            outcome => panic!("{self:?} {outcome}"),
        };
        observed
    }

    /// The guest as a program that is granted what the case allows.
    pub(crate) fn program(&self) -> Program {
        let mut allow = Allow::default();
        allow.network = self.network;
        for (name, value) in &self.environment {
            allow.environment.insert((*name).to_owned(), Variable::Value((*value).to_owned()));
        }
        for Directory { name, path, write } in &self.directories {
            allow.directories.insert((*name).to_owned(), Folder { path: path.clone(), write: *write });
        }
        Program::from_file(guests::path(self.guest)).allow(allow)
    }
}

/// An engine of one worker that keeps compiled code.
pub(crate) fn engine() -> Builder {
    Engine::builder().workers(1).max_coroutines(256).cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/code"))
}
