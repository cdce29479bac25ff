//! A file system that makes whoever asks it wait. A pipe in its place stands for that: to open it is to wait for somebody at its other
//! end, and a program whose standard input it is has it opened by the threads that all work on files is done by.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cogen::{Coroutine, Engine, Limit, Limits, Outcome, Program, State, Stdin};

use crate::case::{Case, engine, path};
use crate::disk::make_pipe;

/// Far longer than anything here takes.
const FOR_EVER: Duration = Duration::from_secs(20);

/// More than the threads that work for one program.
const READERS: usize = 6;

/// A program `wasi-stdio` whose input never comes, and that may use files; and one beside it.
struct Stage {
    folder: tempfile::TempDir,
    engine: Engine,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("text"), "spam").expect("a file");
        make_pipe(&fifo(folder.path()));
        let limits = Limits::default().with(Limit::CancelGrace, 50_000_000);
        let files = Case::new("wasi-stdio", "").directory("data", folder.path(), false);
        let builder = engine()
            .program("waits", files.program().stdin(Stdin::File(fifo(folder.path()))).limits(limits))
            .program("files", Case::new("wasi-filesystem", "").directory("data", folder.path(), false).program())
            .program("hello", Program::from_file(path("hello")));
        Stage { engine: builder.build().expect("an engine"), folder }
    }

    fn spawn(&self, program: &str, args: &str) -> Coroutine {
        self.engine.spawn(program, args).expect("there is room")
    }

    fn turn_until(&mut self, is_so: impl Fn(&Engine) -> bool) {
        let began = Instant::now();
        while !is_so(&self.engine) {
            assert!(began.elapsed() < FOR_EVER, "{:?}", self.engine.snapshot());
            self.engine.turn(Duration::from_millis(1));
        }
    }

    fn turn_until_parked(&mut self, count: usize, on: &str) {
        self.turn_until(|engine| {
            let table = engine.snapshot();
            let waits = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(on));
            table.iter().filter(|info| info.state == State::Parked && waits(&info.waits_for)).count() == count
        });
    }

    /// Ends the threads that wait at the pipe, and what is left.
    fn end(mut self) {
        // Whoever opens it to read finds somebody at the other end now.
        let writer: File =
            OpenOptions::new().read(true).write(true).open(fifo(self.folder.path())).expect("it is there");
        self.engine.shutdown(Duration::from_millis(10));
        let stats = self.engine.stats();
        assert_eq!([stats.coroutines, stats.timers, stats.payloads], [0; 3], "{stats:?}");
        drop(writer);
    }
}

fn fifo(folder: &Path) -> PathBuf {
    folder.join("fifo")
}

#[test]
fn a_file_system_that_hangs_under_one_program_holds_up_no_other() {
    let mut stage = Stage::new();
    for _ in 0..READERS {
        stage.spawn("waits", "blocking-read");
    }
    stage.turn_until_parked(READERS, "fifo");
    let (files, sleeper) = (stage.spawn("files", "std-read"), stage.spawn("hello", "1"));
    stage.turn_until(|_| files.outcome().is_some() && sleeper.outcome().is_some());
    for coroutine in [files, sleeper] {
        assert_eq!(coroutine.outcome(), Some(Outcome::Returned(Vec::new())));
    }
    stage.end();
}

#[test]
fn whoever_waits_for_a_file_system_can_be_killed_and_cancelled() {
    let mut stage = Stage::new();
    let readers: Vec<_> = (0..READERS).map(|_| stage.spawn("waits", "blocking-read")).collect();
    stage.turn_until_parked(READERS, "fifo");
    let (killed, cancelled) = readers.split_at(READERS / 2);
    killed.iter().for_each(Coroutine::kill);
    cancelled.iter().for_each(Coroutine::cancel);
    stage.turn_until(|_| readers.iter().all(|reader| reader.outcome().is_some()));
    assert!(killed.iter().all(|reader| reader.outcome() == Some(Outcome::Killed)));
    stage.end();
}
