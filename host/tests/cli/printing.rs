//! What is printed where, and what comes of it when it cannot be.

use std::process::Stdio;

use super::{HELLO, SCRIPT, cogen, end, outcome, run, start};

#[test]
fn several_programs_have_their_names_in_front() {
    let (code, stdout, stderr) = run(&["run", "examples/calls"]);
    let lines = "foo | foo\nbar | bar\nfoo | spam, ham and eggs\n";
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), lines, ""));
    let (_, stdout, stderr) = run(&["run", SCRIPT, HELLO, "--", "0"]);
    assert!(!stdout.is_empty() && stdout.lines().all(|line| line.starts_with("hello | ")), "{stdout}{stderr}");
    assert!(run(&["run", HELLO, "--", "0"]).1.starts_with("hello [\"0\"]\n"), "a single one needs no name");
}

#[test]
fn what_guests_say_cannot_pass_for_a_line_of_our_own() {
    let script = r#"{"name":"s","steps":[{"Log":"x\nerror: forged\u001b[2J"},{"Fail":"y\nstill parked: z#9\r"}]}"#;
    let (_, _, stderr) = run(&["run", "--color", "never", SCRIPT, "--", script]);
    assert!(stderr.contains("script#1 info: s x\n    error: forged\\u{1b}[2J\n"), "{stderr}");
    assert!(stderr.contains("error: coroutine script#1 failed: y\n    still parked: z#9\\r\n"), "{stderr}");
    let (_, _, stderr) = run(&["run", "no\nwhere\x1b[2J.wasm"]);
    assert!(stderr.contains("`no\n    where\\u{1b}[2J`"), "{stderr}");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let colours = |verb: &str, arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = cogen(arguments);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        let output = command.args([verb, "nowhere.wasm"]).envs(variables.iter().copied()).output();
        String::from_utf8(output.expect("it starts").stderr).expect("it prints text").contains('\x1b')
    };
    // An error in what is run, and an error in the command line itself.
    for verb in ["run", "walk"] {
        assert!(!colours(verb, &[], &[]), "a pipe is no terminal");
        assert!(colours(verb, &["--color", "always"], &[]));
        assert!(colours(verb, &[], &[("CLICOLOR_FORCE", "1")]));
        assert!(!colours(verb, &[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(!colours(verb, &["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_the_run_quietly() {
    let script = r#"{"steps":[{"Repeat":{"n":100000,"steps":[{"Print":"line"}]}}]}"#;
    for arguments in [&["run", SCRIPT, "--", script][..], &["inspect", SCRIPT], &["--help"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let child = cogen(arguments).stdout(writer).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let (code, _, stderr) = outcome(child.wait_with_output().expect("it ends"));
        // On a machine that is busy, what compiles takes long enough to say so.
        let said = stderr.strip_prefix("compiling …\n").unwrap_or(&stderr);
        assert_eq!((code, said), (Some(0), ""), "{arguments:?}");
    }
}

/// A device that takes nothing.
#[cfg(target_os = "linux")]
fn full() -> std::fs::File {
    std::fs::File::options().write(true).open("/dev/full").expect("it is there")
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let script = r#"{"steps":[{"Print":"line"},{"Sleep":60000000000}]}"#;
    for arguments in [&["run", SCRIPT, "--", script][..], &["inspect", SCRIPT], &["--help"]] {
        let child = cogen(arguments).stdout(full()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let (code, _, stderr) = outcome(child.wait_with_output().expect("it ends"));
        let said = "error: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!((code, stderr.as_str()), (Some(1), said), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_needs_to_listen_to_what_goes_wrong() {
    let script = r#"{"steps":[{"EPrint":"e"},{"Log":"l"},{"Sleep":1},{"Print":"p"},{"Fail":"f"}]}"#;
    for (arguments, code) in [
        (&["run", "--trace", "--workers", "2", SCRIPT, "--", script][..], 1),
        (&["run", "nowhere.wasm"], 2),
        (&["walk"], 2),
        (&["build", "nowhere"], 2),
        (&["inspect", "nowhere.wasm"], 2),
    ] {
        let mut child = cogen(arguments).stdout(Stdio::null()).stderr(full()).spawn().expect("the binary starts");
        assert_eq!(end(&mut child), Some(code), "{arguments:?}, full");
        let mut closed = std::process::Command::new("sh");
        closed.args(["-c", "exec \"$@\" 2>&-", "sh", env!("CARGO_BIN_EXE_cogen")]).args(arguments);
        closed.current_dir(super::root()).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).stdout(Stdio::null());
        assert_eq!(end(&mut closed.spawn().expect("sh starts")), Some(code), "{arguments:?}, closed");
    }
}

#[test]
fn the_help_and_the_version_are_data() {
    let mut child = start(&["--version"]);
    assert_eq!(end(&mut child), Some(0));
    let (code, stdout, stderr) = run(&["run", "--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("Run components, a manifest, or a folder with one\n"), "{stdout}");
}
