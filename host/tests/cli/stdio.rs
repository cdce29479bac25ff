//! Standard streams of guests, between the command and what is around it.

use std::io::{BufReader, Read, Write};
use std::process::{Command, Stdio};

use super::{Folder, cogen, end, guest, line, outcome, run, signal};

/// The guest that reads and writes, in a case.
fn stdio(case: &[&str]) -> Command {
    let guest = guest("wasi-stdio");
    cogen(&[&["run", guest.as_str(), "--"], case].concat())
}

/// What a command prints that is given this.
fn given(command: &mut Command, input: &str) -> (Option<i32>, String, String) {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writer.write_all(input.as_bytes()).expect("there is room");
    drop(writer);
    outcome(command.stdin(reader).output().expect("the binary starts"))
}

#[test]
fn a_single_program_reads_what_the_command_is_given() {
    assert_eq!(given(&mut stdio(&["upper"]), "spam\neggs"), (Some(0), "SPAM\nEGGS\n".to_owned(), String::new()));
    // Who does not wait is told that there is nothing, and then has it read.
    assert_eq!(given(&mut stdio(&["skip"]), "0123456789").1, "2\n\"23\"\n0\n\"456\"\n1\n0\n");
    assert_eq!(outcome(stdio(&["count"]).stdin(Stdio::null()).output().expect("it starts")).1, "0\n");
    let folder = Folder::new();
    let big = folder.file("big", vec![b'x'; 3_000_000]);
    let file = std::fs::File::open(big).expect("it is there");
    assert_eq!(outcome(stdio(&["count"]).stdin(file).output().expect("it starts")).1, "3000000\n");
}

#[test]
fn what_no_program_asks_for_is_left_to_those_who_come_after() {
    let (cogen, guest) = (env!("CARGO_BIN_EXE_cogen"), guest("wasi-stdio"));
    for (case, rest) in [("first 3", "abc\ndef"), ("block", "abcdef"), ("terminal", "false false false\nabcdef")] {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{cogen} run {guest} -- {case}; cat")]).current_dir(super::root());
        shell.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
        assert_eq!(given(&mut shell, "abcdef").1, rest, "{case}");
    }
}

#[test]
fn a_question_shows_before_it_is_answered() {
    let mut child = stdio(&["prompt"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("it is piped");
    let mut question = [0; 6];
    stdout.read_exact(&mut question).expect("it asks");
    assert_eq!(&question, b"name? ");
    child.stdin.take().expect("it is piped").write_all(b"Brian\n").expect("it reads");
    let mut answer = String::new();
    stdout.read_to_string(&mut answer).expect("it is text");
    assert_eq!((end(&mut child), answer.as_str()), (Some(0), "hello, Brian\n"));
}

#[test]
fn an_input_that_never_comes_parks_the_coroutine_until_it_is_interrupted() {
    let mut command = stdio(&["prompt"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    // Before it runs, the signal would end the command.
    child.stdout.as_mut().expect("it is piped").read_exact(&mut [0; 6]).expect("it asks");
    let mut table = String::new();
    while !table.contains("something to read from standard input") {
        signal(&child, "-QUIT");
        table = line(&mut stderr) + &line(&mut stderr);
    }
    signal(&child, "-INT");
    assert_eq!(end(&mut child), Some(130));
}

#[test]
fn whoever_stops_reading_ends_a_program_that_prints_for_ever() {
    let guest = guest("wasi-stdio");
    let script = format!("{} run {guest} -- until-closed | head -1", env!("CARGO_BIN_EXE_cogen"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null());
    assert_eq!(outcome(shell.output().expect("sh starts")), (Some(0), "line\n".to_owned(), String::new()));
}

#[test]
fn a_manifest_connects_programs_and_files() {
    let folder = Folder::new();
    folder.file("in", "spam\neggs\n");
    let guest = guest("wasi-stdio");
    let program = |name: &str, rest: &str, case: &str| {
        format!("[program.{name}]\ncomponent = '{guest}'\n{rest}\n[[start]]\nprogram = '{name}'\nargs = ['{case}']\n")
    };
    let text = program("a", "stdin = 'file:in'", "upper")
        + &program("b", "stdin = 'program:a'\nstdout = 'file:out'\nstderr = 'null'", "copy");
    let manifest = folder.file("cogen.toml", text);
    assert_eq!(run(&["run", &manifest]), (Some(0), String::new(), String::new()));
    assert_eq!(std::fs::read_to_string(folder.path("out")).expect("it is there"), "SPAM\nEGGS\n");
    let text = program("a", "stdin = 'program:b'", "upper") + &program("b", "stdin = 'program:a'", "upper");
    let (code, _, stderr) = run(&["run", "--color", "never", &folder.file("cogen.toml", text)]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains(":3: the programs write in a circle, `a` to `b` to `a`: each would wait"), "{stderr}");
}

#[test]
fn the_example_with_pipes_prints_what_it_says() {
    let (code, stdout, stderr) = run(&["run", "--plain", "examples/pipes"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "SPAM\nHAM\nEGGS\n", ""));
}

#[test]
fn the_example_of_a_server_without_a_network_prints_what_it_says() {
    let mut child = super::start(&["run", "examples/inetd"]);
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    assert_eq!(line(&mut stderr), "serving upper at tcp://127.0.0.1:7778\n");
    let mut stream = std::net::TcpStream::connect("127.0.0.1:7778").expect("it listens");
    stream.write_all(b"spam\neggs\n").expect("it is taken");
    stream.shutdown(std::net::Shutdown::Write).expect("it is connected");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it is text");
    assert_eq!(answer, "SPAM\nEGGS\n");
    signal(&child, "-INT");
    assert_eq!(end(&mut child), Some(130));
}
