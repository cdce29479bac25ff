//! A file system that makes whoever asks it wait. A pipe in its place stands for that: to open it is to wait for somebody at its other
//! end, and a program whose standard input it is has it opened by the threads that all work on files is done by.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cogen::{Coroutine, CoroutineInfo, Engine, Limit, Limits, Outcome, Program, State, Stdin, Stdout};

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
        let with_slow_input = |guest| {
            let case = Case::new(guest, "").directory("data", folder.path(), true).network();
            case.program().stdin(Stdin::File(fifo(folder.path()))).limits(limits.clone())
        };
        let builder = engine()
            .program("waits", with_slow_input("wasi-stdio"))
            .program("files", with_slow_input("wasi-filesystem"))
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
fn what_was_accepted_is_written_though_the_program_has_ended_with_its_file_open() {
    let mut stage = Stage::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    let writer = stage.spawn("files", &format!("raw-left-open\0{port}"));
    stage.turn_until_parked(1, "something to read from");
    let readers: Vec<_> = (0..READERS).map(|_| stage.spawn("files", "std-input")).collect();
    stage.turn_until_parked(READERS, "fifo");
    let (mut signal, _) = listener.accept().expect("it has connected");
    signal.write_all(b"!").expect("it is sent");
    stage.turn_until(|_| writer.outcome().is_some());
    assert_eq!(writer.outcome(), Some(Outcome::Returned(Vec::new())));
    let file = stage.folder.path().join("new");
    assert_eq!(fs::read(&file).expect("it is there"), b"", "no thread has come to it");
    readers.iter().for_each(Coroutine::kill);
    // The threads are free again: somebody has come to the other end, and gone.
    drop(OpenOptions::new().read(true).write(true).open(fifo(stage.folder.path())).expect("it is there"));
    stage.engine.run();
    assert_eq!(fs::read(&file).expect("it is there"), b"spam");
}

/// A program that prints into a pipe that nobody reads.
fn printing_into(fifo: &Path) -> (Engine, Coroutine) {
    make_pipe(fifo);
    let program = Program::from_file(path("wasi-println")).stdout(Stdout::File(fifo.to_owned()));
    let mut engine = engine().program("prints", program).build().expect("nobody waits for a reader here");
    let coroutine = engine.spawn("prints", "").expect("there is room");
    let waits = |info: &CoroutineInfo| info.waits_for.as_ref().is_some_and(|text| text.contains("fifo"));
    let began = Instant::now();
    while !engine.snapshot().iter().any(waits) {
        assert!(began.elapsed() < FOR_EVER, "{:?}", engine.snapshot());
        engine.turn(Duration::from_millis(1));
    }
    (engine, coroutine)
}

#[test]
fn what_was_printed_into_a_pipe_waits_for_who_reads_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = fifo(folder.path());
    let (mut engine, coroutine) = printing_into(&fifo);
    let reader = std::thread::spawn(move || fs::read_to_string(fifo).expect("it is read"));
    engine.run();
    assert_eq!(coroutine.outcome(), Some(Outcome::Returned(Vec::new())));
    // Whoever knows of the engine keeps its files.
    drop((engine, coroutine));
    assert!(reader.join().expect("it has read").ends_with('\n'));
}

#[test]
fn a_pipe_that_nobody_reads_does_not_hold_up_a_shutdown_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut engine, coroutine) = printing_into(&fifo(folder.path()));
    let began = Instant::now();
    engine.shutdown(Duration::ZERO);
    assert_eq!(coroutine.outcome(), Some(Outcome::Killed));
    drop(engine);
    assert!(began.elapsed() < FOR_EVER);
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
