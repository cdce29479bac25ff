//! Standard streams: by the functions of WASI as elsewhere, and what is ours: files, and pipes between programs.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cogen::{Builder, Coroutine, Engine, Event, Outcome, Program, Stdin, Stdout};

use crate::case::{Case, End, engine};
use crate::guests;

/// Far longer than anything here takes.
const FOR_EVER: Duration = Duration::from_secs(20);

fn case(name: &str) -> Case {
    Case::new("wasi-stdio", name)
}

#[test]
fn input_is_read_in_each_of_the_ways_there_are() {
    let read = "\"0123\"\n\"456\"\n\"78\"\n\"9abc\"\nclosed\nclosed\ntrue\n";
    assert_eq!(case("read").stdin("0123456789abc").compare(), read);
    assert_eq!(case("skip").stdin("0123456789").compare(), "2\n\"23\"\n3\n\"789\"\nclosed\nclosed\n");
    assert_eq!(case("upper").stdin("spam\nand eggs").compare(), "SPAM\nAND EGGS\n");
    assert_eq!(case("first").argument("3").stdin("abcdef").compare(), "abc\n");
    assert_eq!(case("prompt").stdin("Brian\nand more").compare(), "name? hello, Brian\n");
    assert_eq!(Case::new("wasi-stdio-c", "lines").stdin("spam\neggs").compare(), "[spam][eggs] 1\n");
    assert_eq!(Case::new("wasi-stdio-c", "poll").stdin("spam\n").compare(), "1 1 spam\n0\n");
}

#[test]
fn an_empty_input_is_at_its_end() {
    assert_eq!(case("nothing").compare(), "true\nclosed closed\n0\n");
    assert_eq!(case("count").compare(), "0\n");
}

#[test]
fn output_is_written_in_each_of_the_ways_there_are() {
    assert_eq!(case("write").compare(), "written\nwritten and flushed\n");
    assert_eq!(case("zeroes").compare(), "\0\0\0\0\0");
    assert_eq!(case("splice").stdin("0123456789").compare(), "0123456789");
    assert_eq!(case("copy").stdin("as it is").compare(), "as it is");
    assert_eq!(case("poll").stdin("x").compare(), "[0, 1, 2]\n");
    assert_eq!(case("too-much").run().end, End::Trap);
}

#[test]
fn what_is_no_terminal_is_none() {
    assert_eq!(case("terminal").compare(), "false false false\n");
    assert_eq!(Case::new("wasi-stdio-c", "terminal").compare(), "0 0 0\n");
    let seen = case("terminal").run_with(|builder| builder.terminals(true, false));
    assert_eq!(seen.stdout, "false true false\n");
}

/// An engine of such programs, all of which are the guest.
struct Stage {
    engine: Engine,
    stdout: Arc<Mutex<String>>,
}

impl Stage {
    fn new(workers: usize, programs: impl Fn(Program) -> Vec<(&'static str, Program)>) -> Self {
        let stdout = Arc::<Mutex<String>>::default();
        let ears = stdout.clone();
        let mut builder: Builder = engine().workers(workers).on_event(move |event| {
            let Event::Output { bytes, .. } = event else { return };
            *ears.lock().expect("nobody panics with it") += &String::from_utf8_lossy(bytes);
        });
        for (name, program) in programs(Program::from_file(guests::path("wasi-stdio"))) {
            builder = builder.program(name, program);
        }
        Stage { engine: builder.build().expect("an engine"), stdout }
    }

    fn spawn(&self, program: &str, arguments: &[&str]) -> Coroutine {
        self.engine.spawn(program, arguments.join("\0")).expect("there is room")
    }

    /// Runs it to its end; answers what was written.
    fn run(mut self) -> String {
        let report = self.engine.run();
        assert!(report.parked.is_empty() && report.failed == 0, "{report:?}");
        self.stdout.lock().expect("nobody panics with it").clone()
    }

    fn turn_until(&mut self, is_so: impl Fn(&Engine) -> bool) {
        let began = Instant::now();
        while !is_so(&self.engine) {
            assert!(began.elapsed() < FOR_EVER, "{:?}", self.engine.snapshot());
            self.engine.turn(Duration::from_millis(1));
        }
    }

    /// Turns until somebody waits for this.
    fn turn_until_waits(&mut self, wait: &str) {
        self.turn_until(|engine| engine.snapshot().iter().any(|info| info.waits_for.as_deref() == Some(wait)));
    }
}

fn reads(program: Program, writer: &str) -> Program {
    program.stdin(Stdin::Program(writer.to_owned()))
}

#[test]
fn what_one_program_writes_another_one_reads() {
    for workers in [1, 3] {
        let stage = Stage::new(workers, |program| {
            vec![("a", program.clone()), ("b", reads(program.clone(), "a")), ("c", reads(program, "b"))]
        });
        stage.spawn("c", &["count"]);
        stage.spawn("b", &["upper"]);
        stage.spawn("a", &["numbers", "20000"]);
        let bytes: usize = (0..20000).map(|number| format!("{number}\n").len()).sum();
        assert_eq!(stage.run(), format!("{bytes}\n"));
    }
}

#[test]
fn lines_of_several_writers_stay_whole_in_a_pipe() {
    let stage = Stage::new(2, |program| vec![("a", program.clone()), ("b", reads(program, "a"))]);
    for _ in 0..8 {
        stage.spawn("a", &["numbers", "1000"]);
    }
    stage.spawn("b", &["upper"]);
    let text = stage.run();
    let mut numbers: Vec<usize> = text.lines().map(|line| line.parse().expect("a whole line")).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().enumerate().all(|(place, &number)| number == place / 8) && numbers.len() == 8000);
}

#[test]
fn who_writes_to_a_full_pipe_and_who_reads_an_empty_one_are_parked() {
    let mut stage = Stage::new(1, |program| vec![("a", program.clone()), ("b", reads(program, "a"))]);
    let writer = stage.spawn("a", &["numbers", "50000"]);
    stage.turn_until_waits("room to write to the pipe to `b`");
    assert!(stage.engine.run().parked.len() == 1, "it keeps nobody alive");
    writer.kill();
    stage.engine.run();
    let mut stage = Stage::new(1, |program| vec![("a", program.clone()), ("b", reads(program, "a"))]);
    stage.spawn("b", &["count"]);
    stage.turn_until_waits("something to read from the pipe of `a`");
    assert!(stage.engine.run().parked.len() == 1, "somebody may yet write");
    stage.spawn("a", &["numbers", "3"]);
    assert_eq!(stage.run(), "6\n");
}

#[test]
fn when_nobody_reads_any_more_who_writes_is_told_that_it_is_closed() {
    let stage = Stage::new(1, |program| vec![("a", program.clone()), ("b", reads(program, "a"))]);
    stage.spawn("b", &["first", "6"]);
    stage.spawn("a", &["until-closed"]);
    let text = stage.run();
    assert!(text == "line\nl\nclosed\n" || text == "closed\nline\nl\n", "{text}");
}

#[test]
fn all_who_write_into_a_file_write_whole_lines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("out");
    std::fs::write(&file, "what was there before").expect("it is written");
    let stage = Stage::new(2, |program| {
        let into = || Stdout::File(file.clone());
        vec![("a", program.clone().stdout(into())), ("b", program.stdout(into()).stderr(into()))]
    });
    for program in ["a", "b", "a", "b"] {
        stage.spawn(program, &["halves", "100"]);
    }
    assert_eq!(stage.run(), "");
    let text = std::fs::read_to_string(&file).expect("it is text");
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    let mut expected: Vec<_> = (0..400).map(|number| format!("first, second {}", number / 4)).collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[test]
fn a_file_is_written_as_it_is_even_by_who_is_killed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (from, into) = (folder.path().join("in"), folder.path().join("out"));
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    std::fs::write(&from, &bytes).expect("it is written");
    let copies = |program: Program| {
        vec![
            ("a", program.clone().stdin(Stdin::File(from.clone())).stdout(Stdout::File(into.clone()))),
            ("b", program.stdout(Stdout::File(folder.path().join("half")))),
        ]
    };
    let mut stage = Stage::new(1, copies);
    stage.spawn("a", &["copy"]);
    let asks = stage.spawn("b", &["prompt"]);
    stage.engine.run();
    assert!(asks.outcome().is_some_and(|outcome| outcome.is_success()), "its input is at its end");
    assert!(std::fs::read(&into).expect("it is there") == bytes);
    assert_eq!(std::fs::read_to_string(folder.path().join("half")).expect("it is text"), "name? hello, \n");
}

#[test]
fn nothing_comes_of_what_goes_nowhere() {
    let stage = Stage::new(1, |program| vec![("a", program.stdout(Stdout::Null).stderr(Stdout::Null))]);
    stage.spawn("a", &["write"]);
    stage.spawn("a", &["numbers", "1000"]);
    assert_eq!(stage.run(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_takes_nothing_is_an_error_of_the_one_who_writes() {
    let mut stage = Stage::new(1, |program| vec![("a", program.stdout(Stdout::File("/dev/full".into())))]);
    let writer = stage.spawn("a", &["numbers", "10"]);
    stage.engine.run();
    assert!(matches!(writer.outcome(), Some(Outcome::Trapped { .. })), "{:?}", writer.outcome());
    assert!(stage.stdout.lock().expect("nobody panics with it").contains("failed printing to stdout"));
}

#[test]
fn what_cannot_be_opened_or_connected_is_told_before_anything_runs() {
    let guest = || Program::from_file(guests::path("wasi-stdio"));
    let refused = |builder: Builder| {
        let error = builder.build().err().expect("it is refused");
        error.to_string()
    };
    let nowhere = Path::new("/nowhere/at/all");
    let builder = engine().program("a", guest().stdin(Stdin::File(nowhere.into())));
    assert_eq!(refused(builder), "cannot open /nowhere/at/all as stdin of program `a`");
    let builder = engine().program("a", guest().stderr(Stdout::File(nowhere.into())));
    assert_eq!(refused(builder), "cannot open /nowhere/at/all as stderr of program `a`");
    let builder = engine().program("a", reads(guest(), "a"));
    assert_eq!(
        refused(builder),
        "cannot connect program `a`: stdin is what the program itself writes: it would wait for itself"
    );
}
