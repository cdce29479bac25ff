//! What is refused with 2, before anything runs.

use super::{Folder, HELLO, SCRIPT, cogen, run};

/// Expects that this is wrong usage, and told as `message`.
#[track_caller]
fn refused(arguments: &[&str], message: &str) {
    let (code, stdout, stderr) = run(arguments);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("error: ") && stderr.contains(message), "{arguments:?}: {stderr}");
}

#[test]
fn what_is_wrong_with_a_target_is_told_and_exits_with_2() {
    let folder = Folder::new();
    for (target, message) in [
        ("nowhere.wasm".to_owned(), "cannot read program `nowhere`"),
        (folder.file("text.wasm", b"hello"), "not WebAssembly"),
        (folder.file("core.wasm", b"\0asm\x01\0\0\0"), "core module"),
        (folder.file("empty.wasm", b"\0asm\x0d\0\x01\0"), "neither `run` nor `wasi:cli/run`"),
        (folder.file("a.toml", b"[program.x]\ncomponnt = 'y'"), "did you mean `component`?"),
        (folder.file("b.toml", b"[program.x]\ncomponent = 'y'\n[program.z]\ncomponent = 'y'"), "no [[start]]"),
        (folder.file("c.toml", b""), "c.toml has no program"),
        (
            folder.file("f.toml", b"[program.x]\ncomponent = 'y'\n[[serve]]\nprogram = 'x'\nlisten = 'tcp://x:1'"),
            "f.toml:5: ",
        ),
        (
            folder.file("g.toml", b"[program.x]\ncomponent = 'y'\n[engine]\nreactor = 'pol'"),
            "g.toml:4: expected a reactor: ",
        ),
        (folder.file("d.toml", b"[program.x]\ncomponent = '.'"), "it is a folder, not a file"),
        (folder.file("e.toml", b"[program.x]\ncomponent = 'y'\n[[start]]\nprogram = 'x'\nargs = [\"\\u0000\"]"), "NUL"),
    ] {
        refused(&["run", &target], message);
    }
    assert_eq!(run(&["run"]).0, Some(2));
    assert_eq!(run(&["walk"]).0, Some(2));
}

#[test]
fn a_manifest_or_folder_stands_alone() {
    refused(
        &["run", "examples/calls", SCRIPT],
        "cannot run examples/calls among others: a manifest or folder stands alone",
    );
    refused(&["run", SCRIPT, "examples/calls/cogen.toml"], "a manifest or folder stands alone");
}

#[cfg(unix)]
#[test]
fn what_might_never_end_is_not_read() {
    let folder = Folder::new();
    let (component, manifest) = (folder.pipe("pipe.wasm"), folder.pipe("pipe.toml"));
    let names_pipe = folder.file("cogen.toml", "[program.x]\ncomponent = 'pipe.wasm'");
    for arguments in [
        ["run", &component],
        ["run", &manifest],
        ["run", &names_pipe],
        ["run", "/dev/zero"],
        ["build", &manifest],
        ["inspect", &component],
    ] {
        refused(&arguments, "it is a pipe, a socket or a device, not a file");
    }
}

#[test]
fn a_component_that_is_yet_to_be_built_comes_with_the_line_that_does_it() {
    let folder = Folder::new();
    let manifest = folder.file("cogen.toml", "[program.x]\ncomponent = 'x.wasm'\nbuild = 'make'");
    refused(&["run", &manifest], &format!("program `x` is not built: there is no {}", folder.path("x.wasm")));
    refused(&["run", &manifest], &format!("\nhint: cogen build {manifest}\n"));
}

#[test]
fn a_trace_of_a_program_that_is_not_there_names_the_one_that_is_meant() {
    refused(&["run", "--trace=fo", "examples/calls"], "no program `fo` to trace; did you mean `foo`?");
    refused(&["run", "--trace=script", "examples/calls"], "no program `script` to trace; the programs are: bar, foo");
}

#[test]
fn a_number_of_workers_has_bounds() {
    for workers in ["0", "257", "99999999999999999999"] {
        refused(&["run", "--workers", workers, HELLO], workers);
    }
    refused(&["run", "--workers", "0", HELLO], "1..=256");
    assert_eq!(run(&["run", "--workers", "2", "--grace", "18446744073709551615", HELLO]).0, Some(0));
}

#[test]
fn a_reactor_is_one_of_those_that_there_are() {
    refused(&["run", "--reactor", "pol", HELLO], "possible values: mio");
    refused(&["run", "--reactor", "pol", HELLO], "a similar value exists: 'poll'");
}

#[cfg(unix)]
#[test]
fn a_reactor_that_cannot_be_made_is_refused_with_the_reason() {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "ulimit -n 20; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_cogen"), "run", "--no-cache"]);
    let arguments = ["--color", "never", "--workers", "64", "--reactor", "poll", HELLO];
    let output = shell.args(arguments).current_dir(super::root()).output().expect("sh starts");
    let (code, _, stderr) = super::outcome(output);
    let said = "error: cannot make the reactor `poll` on this machine: Too many open files (os error 24)\n";
    assert_eq!((code, stderr.as_str()), (Some(2), said));
}

#[test]
fn a_grant_must_make_sense() {
    refused(&["run", "--allow-dir", "www", HELLO], "expected NAME=PATH, as in public=www");
    refused(
        &["run", "--allow-dir", "a/b=.", HELLO],
        "\"a/b\" is no name of a directory: expected a name of 1 to 64 letters",
    );
    refused(&["run", "--allow-dir", "a=/nowhere", HELLO], "cannot grant program `hello` the directory /nowhere: ");
    refused(&["run", "--allow", "connect=example.org", HELLO], "\"example.org\" has no port: write example.org:*");
    refused(
        &["run", "--allow", "conect=example.org:1", HELLO],
        "\"conect\" is nothing that can be allowed: expected network",
    );
}

#[test]
fn arguments_are_for_what_is_started() {
    let folder = Folder::new();
    let text = "[program.x]\ncomponent = 'y'\n[[serve]]\nprogram = 'x'\nlisten = 'tcp://127.0.0.1:0'";
    refused(&["run", &folder.file("cogen.toml", text), "--", "a"], "no [[start]] to give the arguments to");
}

#[test]
fn a_cache_that_was_asked_for_must_be_a_folder() {
    let folder = Folder::new();
    let file = folder.file("file", "");
    refused(&["run", "--cache-dir", &file, HELLO], &format!("cannot keep compiled code in {file}: it is no folder"));
    let below = folder.path("file/below");
    refused(&["run", "--cache-dir", &below, HELLO], &format!("cannot keep compiled code in {below}: "));
    assert_eq!(run(&["run", "--cache-dir", &folder.path("new/folder"), HELLO]).0, Some(0));
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_utf8_are_wrong_usage() {
    use std::os::unix::ffi::OsStrExt;
    let output = cogen(&["run", HELLO, "--"]).arg(std::ffi::OsStr::from_bytes(b"\xff")).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("UTF-8"), "{output:?}");
}
