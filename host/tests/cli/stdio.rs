//! Standard streams of guests, between the command and what is around it.

use std::io::{BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use super::{Folder, cogen, end, guest, line, outcome, run, signal};

/// The guest that reads and writes, in a case.
fn stdio(case: &[&str]) -> Command {
    let guest = guest("wasi-stdio");
    cogen(&[&["run", guest.as_str(), "--"], case].concat())
}

/// The tables of a manifest by which it is a program, and is started in a case.
fn program(name: &str, rest: &str, case: &[&str]) -> String {
    let guest = guest("wasi-stdio");
    format!("[program.{name}]\ncomponent = '{guest}'\n{rest}\n[[start]]\nprogram = '{name}'\nargs = {case:?}\n")
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

/// How the standard input of the command is waited for: by the functions of WASI, and by the standard library.
const READS: [&str; 6] = ["block", "blocking-read", "blocking-skip", "blocking-splice", "count", "prompt"];

/// Starts one who reads an input that never comes, in this case, beside one who prints a line.
fn start_to_read(folder: &Folder, case: &str, rest: &str) -> Child {
    let reader = program("reads", &format!("stdin = 'inherit'\n{rest}"), &[case]);
    let manifest = folder.file("cogen.toml", reader + &program("prints", "", &["numbers", "1"]));
    let mut command = cogen(&["run", "--color", "never", &manifest]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

#[test]
fn an_input_that_never_comes_parks_the_coroutine_until_it_is_interrupted() {
    let folder = Folder::new();
    for (case, name) in READS.iter().flat_map(|case| [(case, "-INT"), (case, "-TERM")]) {
        let mut child = start_to_read(&folder, case, "");
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        // Before it runs, the signal would end the command.
        child.stdout.as_mut().expect("it is piped").read_exact(&mut [0]).expect("one of them prints");
        let mut table = String::new();
        while !table.contains("something to read from standard input") {
            signal(&child, "-QUIT");
            table = line(&mut stderr) + &line(&mut stderr);
        }
        signal(&child, name);
        assert_eq!(end(&mut child), Some(130), "{case}");
    }
}

#[test]
fn whoever_waits_for_an_input_that_never_comes_can_be_killed() {
    let folder = Folder::new();
    for case in READS {
        let mut child = start_to_read(&folder, case, "limits.life-time = '50ms'");
        assert_eq!(end(&mut child), Some(1), "{case}");
        let mut stderr = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut stderr).expect("it is text");
        assert!(stderr.contains("life-time"), "{case}: {stderr}");
    }
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
    let text = program("a", "stdin = 'file:in'", &["upper"])
        + &program("b", "stdin = 'program:a'\nstdout = 'file:out'\nstderr = 'null'", &["copy"]);
    let manifest = folder.file("cogen.toml", text);
    assert_eq!(run(&["run", &manifest]), (Some(0), String::new(), String::new()));
    assert_eq!(std::fs::read_to_string(folder.path("out")).expect("it is there"), "SPAM\nEGGS\n");
    let text = program("a", "stdin = 'program:b'", &["upper"]) + &program("b", "stdin = 'program:a'", &["upper"]);
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
