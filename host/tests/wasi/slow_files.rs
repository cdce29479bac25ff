//! A file system that makes whoever asks it wait. A pipe in its place stands for that: to open it is to wait for somebody at its other
//! end, and a program whose standard input it is has it opened by the threads that all work on files is done by.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cogen::{Builder, Coroutine, CoroutineInfo, Engine, Limit, Limits, Outcome, Program, State, Stdin, Stdout};

use crate::case::{Case, engine};
use crate::disk::make_pipe;
use crate::guests;

/// Far longer than anything here takes.
const FOR_EVER: Duration = Duration::from_secs(20);

/// More than the threads that work for one program.
const READERS: usize = 6;

/// More programs than the engine has threads for what blocks.
const PROGRAMS: usize = 20;

/// What each of them waits for that waits for a thread: in a function of WASI or in one of the standard library, or in a stream.
const FUNCTIONS: &[(&str, &str)] = &[
    ("open-at", "data/text"),
    ("stat", "data/text"),
    ("read", "data/text"),
    ("write", "data/text"),
    ("sync", "data/text"),
    ("rename-at", "data/text"),
    ("is-same-object", "data/text"),
    ("read-directory", "data"),
    ("read-directory-entry", "data"),
    ("blocking-read", "data/text"),
    ("blocking-skip", "data/text"),
    ("blocking-splice", "data/text"),
    ("block-to-read", "data/text"),
    ("blocking-write", "data/text"),
    ("blocking-flush", "data/text"),
    ("block-to-write", "data/text"),
    ("drop-written", "data/text"),
    ("std-open", "data/text"),
    ("std-read", "data/text"),
    ("std-write", "data/text"),
    ("std-list", "data/."),
];

/// Programs in a folder in which there is a pipe: what comes of it never comes.
struct Stage {
    folder: tempfile::TempDir,
    engine: Engine,
}

impl Stage {
    /// Two programs whose input never comes, and that may use files; and one beside them.
    fn new() -> Self {
        Stage::with(|builder, folder| {
            let with_slow_input = |guest| {
                let case = Case::new(guest, "").directory("data", folder, true).network();
                case.program().stdin(Stdin::File(fifo(folder))).limits(limits())
            };
            builder
                .program("waits", with_slow_input("wasi-stdio"))
                .program("files", with_slow_input("wasi-filesystem"))
                .program("hello", Program::from_file(guests::path("hello")))
        })
    }

    /// With so many programs whose input never comes that no thread is left for anybody else, once [`Stage::hang`] is called.
    fn crowded(programs: impl FnOnce(Builder, &Path) -> Builder) -> Self {
        Stage::with(|builder, folder| {
            let hanging = (0..PROGRAMS).fold(builder, |builder, number| {
                let stdin = Stdin::File(fifo(folder));
                builder.program(format!("hangs-{number}"), Program::from_file(guests::path("wasi-stdio")).stdin(stdin))
            });
            programs(hanging, folder)
        })
    }

    fn with(programs: impl FnOnce(Builder, &Path) -> Builder) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("text"), "spam").expect("a file");
        make_pipe(&fifo(folder.path()));
        let engine = programs(engine(), folder.path()).build().expect("an engine");
        Stage { engine, folder }
    }

    /// From here on there is no thread for what blocks.
    fn hang(&mut self) {
        for number in 0..PROGRAMS {
            self.spawn(&format!("hangs-{number}"), "blocking-read");
        }
        self.turn_until_parked(PROGRAMS, "fifo");
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

    fn turn_until_waits(&mut self, coroutine: &Coroutine, text: &str) {
        self.turn_until(|engine| {
            let table = engine.snapshot();
            let row = table.iter().find(|info| info.id == coroutine.id());
            row.is_some_and(|info| info.state == State::Parked && info.waits_for.as_deref() == Some(text))
        });
    }

    fn turn_until_parked(&mut self, count: usize, on: &str) {
        self.turn_until(|engine| {
            let table = engine.snapshot();
            let waits = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(on));
            table.iter().filter(|info| info.state == State::Parked && waits(&info.waits_for)).count() == count
        });
    }

    /// Has one half of those who wait killed and the other one cancelled, who end while the file system still hangs, and leave nothing.
    fn end_each(&mut self, waiting: Vec<Coroutine>) {
        let others = self.engine.stats().coroutines - waiting.len();
        for (number, coroutine) in waiting.iter().enumerate() {
            if number % 2 == 0 { coroutine.kill() } else { coroutine.cancel() }
        }
        self.turn_until(|_| waiting.iter().all(|coroutine| coroutine.outcome().is_some()));
        for (number, coroutine) in waiting.iter().enumerate() {
            let outcome = coroutine.outcome().expect("it has ended");
            assert_eq!(outcome == Outcome::Killed, number % 2 == 0, "{number}: {outcome:?}");
        }
        // What they said at their ends is kept for as long as somebody could ask for it.
        drop(waiting);
        let stats = self.engine.stats();
        assert_eq!([stats.coroutines, stats.timers, stats.waiters, stats.payloads], [others, 0, 0, 0], "{stats:?}");
    }

    /// Ends the threads that wait at the pipe, and what is left.
    fn end(mut self) {
        // Whoever opens it to read finds somebody at the other end now.
        let writer = both_ends(&fifo(self.folder.path()));
        self.engine.shutdown(Duration::from_millis(10));
        let stats = self.engine.stats();
        assert_eq!([stats.coroutines, stats.timers, stats.payloads], [0; 3], "{stats:?}");
        drop(writer);
    }
}

/// Who was cancelled and goes on waiting is not waited for.
fn limits() -> Limits {
    Limits::default().with(Limit::CancelGrace, 50_000_000)
}

fn fifo(folder: &Path) -> PathBuf {
    folder.join("fifo")
}

/// Opens a pipe without waiting for anybody at its other end.
fn both_ends(fifo: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(fifo).expect("it is there")
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
    let program = Program::from_file(guests::path("wasi-println")).stdout(Stdout::File(fifo.to_owned()));
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
fn who_reads_a_pipe_that_nothing_was_printed_into_finds_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = fifo(folder.path());
    make_pipe(&pipe);
    let program = Program::from_file(guests::path("wasi-println")).stdout(Stdout::File(pipe.clone()));
    let reader = std::thread::spawn(|| fs::read_to_string(pipe));
    let began = Instant::now();
    // It has come to the pipe before one of these has ended.
    while !reader.is_finished() {
        assert!(began.elapsed() < FOR_EVER, "it still waits for somebody to write");
        drop(engine().program("silent", program.clone()).build().expect("nobody waits for a reader here"));
    }
    assert_eq!(reader.join().expect("it has read").expect("it is text"), "");
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

#[test]
fn whoever_waits_in_a_function_of_files_can_be_killed_and_cancelled_and_what_has_not_begun_is_not_done() {
    let mut stage = Stage::crowded(|builder, folder| {
        let files = Case::new("wasi-filesystem", "").directory("data", folder, true).program();
        let start = Program::from_file(guests::path("wasi-stdio"));
        builder
            .program("files", files.stdin(Stdin::Program("start".to_owned())).limits(limits()))
            .program("start", start)
    });
    let spawn = |(function, _): &(&str, &str)| [(); 2].map(|()| stage.spawn("files", &format!("wait\0{function}")));
    let waiting: Vec<_> = FUNCTIONS.iter().flat_map(spawn).collect();
    stage.turn_until_parked(waiting.len(), "the pipe of `start`");
    stage.hang();
    stage.spawn("start", &format!("numbers\0{}", waiting.len()));
    for (coroutines, (_, about)) in waiting.chunks(2).zip(FUNCTIONS) {
        coroutines.iter().for_each(|coroutine| stage.turn_until_waits(coroutine, &format!("the file {about:?}")));
    }
    stage.end_each(waiting);
    assert_eq!(std::fs::read_to_string(stage.folder.path().join("text")).expect("it is there"), "spam");
    stage.end();
}

#[test]
fn whoever_waits_for_the_addresses_of_a_name_can_be_killed_and_cancelled() {
    let mut stage = Stage::crowded(|builder, _| {
        let sockets = Case::new("wasi-sockets", "").network().program();
        builder.program("sockets", sockets.limits(limits()))
    });
    stage.hang();
    let cases = ["wait-resolve", "wait-resolve", "wait-std-resolve", "wait-std-resolve"];
    let waiting = Vec::from(cases.map(|case| stage.spawn("sockets", case)));
    waiting.iter().for_each(|coroutine| stage.turn_until_waits(coroutine, "the addresses of \"localhost\""));
    stage.end_each(waiting);
    stage.end();
}

#[test]
fn whoever_waits_for_a_file_that_takes_no_more_can_be_killed_and_cancelled_and_others_write_on() {
    let mut held = None;
    let mut stage = Stage::with(|builder, folder| {
        held = Some(both_ends(&fifo(folder)));
        let writes = Program::from_file(guests::path("wasi-stdio")).stdout(Stdout::File(fifo(folder)));
        builder.program("writes", writes.limits(limits()))
    });
    let cases = ["fill-block", "fill-write", "fill-flush", "until-closed"];
    let waiting: Vec<_> = cases.iter().flat_map(|case| [(); 2].map(|()| stage.spawn("writes", case))).collect();
    let other = stage.spawn("writes", "numbers\x0020000");
    stage.turn_until_parked(waiting.len() + 1, "fifo");
    stage.end_each(waiting);
    let mut reader = File::open(fifo(stage.folder.path())).expect("it is there");
    // Those who are parked wait for a thread that may not have opened the pipe yet: before it has, to let go of it would be its end.
    let mut first = [0];
    reader.read_exact(&mut first).expect("somebody writes");
    drop(held);
    let reading = std::thread::spawn(move || std::io::read_to_string((&first[..]).chain(reader)));
    stage.turn_until(|_| other.outcome().is_some());
    // Whoever has a handle keeps the file open.
    drop(other);
    stage.end();
    let text = reading.join().expect("it does not panic").expect("it is text");
    let numbers = text.lines().filter_map(|line| line.parse::<i32>().ok());
    assert!(numbers.eq(0..20000), "{} bytes", text.len());
}
