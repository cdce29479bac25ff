//! The real binary: golden runs, bad input, exit codes.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn cogen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cogen"));
    command.args(arguments).current_dir(root()).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = cogen(arguments).output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (status.code(), text(stdout), text(stderr))
}

const SCRIPT: &str = "guests/target/wasm32-wasip2/release/script.wasm";
const HELLO: &str = "guests/target/wasm32-wasip2/release/hello.wasm";

#[test]
fn the_calls_of_the_introduction() {
    let (code, stdout, stderr) = run(&["run", "--plain", "examples/calls"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "foo\nbar\nspam, ham and eggs\n", ""));
}

#[test]
fn the_signals_of_the_introduction() {
    let (code, stdout, stderr) = run(&["run", "--plain", "examples/signals"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "spam\nham\neggs\nNo more stuff!\n", ""));
}

#[test]
fn what_is_wrong_with_a_target_is_told_and_exits_with_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("it is text").to_owned()
    };
    for (target, message) in [
        ("nowhere.wasm".to_owned(), "cannot read program `nowhere`"),
        (file("text.wasm", b"hello"), "not WebAssembly"),
        (file("core.wasm", b"\0asm\x01\0\0\0"), "core module"),
        (file("empty.wasm", b"\0asm\x0d\0\x01\0"), "neither `run` nor `wasi:cli/run`"),
        (file("a.toml", b"[program.x]\ncomponnt = 'y'"), "did you mean `component`?"),
        (file("b.toml", b"[program.x]\ncomponent = 'y'\n[program.z]\ncomponent = 'y'"), "no [[start]]"),
    ] {
        let (code, stdout, stderr) = run(&["run", &target]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{target}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(message), "{target}: {stderr}");
    }
    assert_eq!(run(&["run"]).0, Some(2));
    assert_eq!(run(&["walk"]).0, Some(2));
}

#[test]
fn a_failed_coroutine_exits_with_1_and_says_why() {
    let (code, _, stderr) = run(&["run", SCRIPT, "--", r#"{"steps":[{"Sleep":1},{"Fail":"boom"}]}"#]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("error: coroutine script#1 failed: boom"), "{stderr}");
    assert!(stderr.contains("last operation: time.sleep"), "{stderr}");
}

#[test]
fn those_left_parked_are_named_and_strict_makes_it_a_failure() {
    let script = r#"{"name":"s","steps":[{"Wait":{"name":"x","opts":{}}}]}"#;
    let (code, _, stderr) = run(&["run", SCRIPT, "--", script]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("still parked: script#1 waits for signal \"x\""), "{stderr}");
    assert_eq!(run(&["run", "--strict", SCRIPT, "--", script]).0, Some(1));
}

#[test]
fn a_trace_has_each_operation_with_its_result() {
    let (_, _, stderr) = run(&["run", "--trace", SCRIPT, "--", r#"{"steps":[{"Sleep":1}]}"#]);
    assert!(stderr.contains("script#1 time.sleep") && stderr.contains("-> ok"), "{stderr}");
}

#[test]
fn several_programs_have_their_names_in_front() {
    let (code, stdout, _) = run(&["run", "examples/calls"]);
    assert_eq!(code, Some(0));
    assert!(stdout.lines().all(|line| !line.is_empty()), "{stdout}");
    let (_, stdout, stderr) = run(&["run", SCRIPT, HELLO, "--", "0"]);
    assert!(!stdout.is_empty() && stdout.lines().all(|line| line.starts_with("hello | ")), "{stdout}{stderr}");
}

#[test]
fn inspect_shows_imports_and_entry() {
    let (code, stdout, _) = run(&["inspect", SCRIPT]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("cogen:engine/signals@0.1.0") && stdout.contains("it exports `run`"), "{stdout}");
    assert!(run(&["inspect", HELLO]).1.contains("it exports `wasi:cli/run`"));
}

/// Starts a run that prints a line and then sleeps for a minute; answers it once the line has come.
fn sleeper() -> (std::process::Child, BufReader<std::process::ChildStdout>) {
    let script = r#"{"steps":[{"Print":"ready"},{"Sleep":60000000000},{"Fail":"gave up"}]}"#;
    let mut child = cogen(&["run", SCRIPT, "--", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("it prints");
    assert_eq!(line, "ready\n");
    (child, stdout)
}

#[cfg(unix)]
fn signal(child: &std::process::Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill starts");
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_in_order_and_the_table_can_be_asked_for() {
    let (mut child, _stdout) = sleeper();
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    signal(&child, "-QUIT");
    let mut table = String::new();
    while !table.contains("script ") {
        stderr.read_line(&mut table).expect("the table comes");
    }
    assert!(table.contains("waits for"), "{table}");
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_the_run_at_once() {
    let script = r#"{"steps":[{"Print":"ready"},"Spin"]}"#;
    let mut child = cogen(&["run", "--grace", "600", SCRIPT, "--", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it prints");
    signal(&child, "-INT");
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("it is piped")).read_line(&mut said).expect("it says so");
    assert!(said.contains("again to end at once"), "{said}");
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_utf8_are_wrong_usage() {
    use std::os::unix::ffi::OsStrExt;
    let output = cogen(&["run", HELLO, "--"]).arg(std::ffi::OsStr::from_bytes(b"\xff")).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("UTF-8"), "{output:?}");
}

#[test]
fn processes_may_race_for_the_cache_and_a_torn_file_is_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = folder.path().to_str().expect("it is text");
    let start = || cogen(&["run", "--cache-dir", cache, HELLO, "--", "0"]).stdout(Stdio::null()).spawn();
    let racers: Vec<_> = (0..4).map(|_| start().expect("the binary starts")).collect();
    for mut racer in racers {
        assert_eq!(racer.wait().expect("it ends").code(), Some(0));
    }
    let files = || std::fs::read_dir(cache).expect("a folder").map(|file| file.expect("a file").path());
    let [file] = &files().collect::<Vec<_>>()[..] else {
        panic!("one file is kept: {:?}", files().collect::<Vec<_>>())
    };
    let whole = std::fs::read(file).expect("readable");
    std::fs::write(file, &whole[..whole.len() / 2]).expect("writable");
    assert_eq!(start().and_then(|mut child| child.wait()).expect("it ends").code(), Some(0));
    assert_eq!(std::fs::read(file).expect("readable").len(), whole.len(), "the torn file was replaced");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let colours = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = cogen(arguments);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        let output = command.args(["run", "nowhere.wasm"]).envs(variables.iter().copied()).output();
        String::from_utf8(output.expect("it starts").stderr).expect("it prints text").contains('\x1b')
    };
    assert!(!colours(&[], &[]), "a pipe is no terminal");
    assert!(colours(&["--color", "always"], &[]));
    assert!(colours(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colours(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let script = r#"{"steps":[{"Repeat":{"n":100000,"steps":[{"Print":"line"}]}}]}"#;
    let mut child = cogen(&["run", SCRIPT, "--", script])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
