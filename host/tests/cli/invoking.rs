//! Functions that are invoked by name, and the exit codes of commands.

use super::{Folder, HELLO, cogen, guest, run};

/// What an invocation prints.
#[track_caller]
fn answer(invocation: &str) -> String {
    let (code, stdout, stderr) = run(&["run", &guest("exports"), "--invoke", invocation]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{invocation}");
    stdout
}

/// What is told of one that makes no sense, without the beginning that is always the same.
#[track_caller]
fn refusal(invocation: &str) -> String {
    let (code, stdout, stderr) = run(&["run", &guest("exports"), "--invoke", invocation]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{invocation}: {stderr}");
    stderr.strip_prefix("error: cannot spawn `exports`: ").unwrap_or_else(|| panic!("{stderr}")).to_owned()
}

const ALL: &str = "its functions are: `add`, `test:exports/words@1.2.0/greet`, `test:exports/words@1.2.0/count`, \
                   `test:exports/numbers@1.2.0/sum`, `test:exports/numbers@1.2.0/count`, \
                   `test:exports/numbers@1.2.0/repeat`, `test:exports/waits@1.2.0/nap`, `test:exports/waits@1.2.0/trap`, \
                   `test:exports/counters@1.2.0/open`";

#[test]
fn arguments_and_results_are_written_in_wave() {
    for (invocation, told) in [
        ("add(1, 2)", "3"),
        ("sum([1, -2, 30])", "29"),
        ("words/greet({name: \"Ada\", age: some(36)})", "ok(\"hello Ada, who is 36\")"),
        ("greet({name: \"Ada\"})", "ok(\"hello Ada\")"),
        ("greet({name: \"\"})", "err(\"nobody is there\")"),
        ("repeat(7, 3)", "[7, 7, 7]"),
        ("nap(1)", "()"),
        (" add ( 1,\n 2 ) ", "3"),
    ] {
        assert_eq!(answer(invocation), format!("{told}\n"), "{invocation}");
    }
}

#[test]
fn a_function_of_an_interface_is_named_as_short_as_it_is_clear() {
    let ours = ["words/count", "test:exports/words/count", "test:exports/words@1.2.0/count"];
    let of_wasmtime = ["words.count", "test:exports/words.count", "test:exports/words.count@1.2.0"];
    for name in ours.into_iter().chain(of_wasmtime) {
        assert_eq!(answer(&format!("{name}(\"naïve\")")), "5\n");
    }
    let told = refusal("test:exports/words.count@1.3.0(\"naïve\")");
    assert!(told.starts_with("it exports no function `test:exports/words.count@1.3.0`"), "{told}");
    let told = refusal("count([1])");
    let names = "`test:exports/words@1.2.0/count`, `test:exports/numbers@1.2.0/count`";
    assert_eq!(told, format!("`count` may be each of {names}\nhint: put its interface in front, with a `/` between\n"));
}

#[test]
fn a_function_that_is_not_there_is_told_with_those_that_are() {
    assert_eq!(refusal("ad(1, 2)"), "it exports no function `ad`\nhint: did you mean `add`?\n");
    assert_eq!(refusal("multiply(1, 2)"), format!("it exports no function `multiply`\nhint: {ALL}\n"));
    let none = "it is entered by the name of a function with its arguments, as in add(1, 2); none is given";
    assert_eq!(refusal(""), format!("{none}\nhint: {ALL}\n"));
    let (code, _, stderr) = run(&["run", &guest("exports")]);
    assert_eq!((code, stderr), (Some(2), format!("error: cannot spawn `exports`: {none}\nhint: {ALL}\n")));
}

#[test]
fn what_is_no_wave_is_told_with_its_place() {
    const ADD: &str = "hint: add: func(a: u32, b: u32) -> u32\n";
    for (invocation, why, place, line, mark) in [
        ("add(1, ?)", "this is no WAVE", "column 8", "add(1, ?)", 7),
        ("add(1, 2", "the text ends too early", "column 9", "add(1, 2", 8),
        ("add(1 2)", "this is out of place", "column 7", "add(1 2)", 6),
        ("add(1, 2) + 3", "there is more behind the arguments", "column 11", "add(1, 2) + 3", 10),
        ("add() + 3", "there is more behind the arguments", "column 7", "add() + 3", 6),
        ("add", "there are no arguments, not even `()`", "column 4", "add", 3),
        ("add()", "of arguments there are 0, and it takes 2", "column 5", "add()", 4),
        ("add(1)", "of arguments there are 1, and it takes 2", "column 6", "add(1)", 5),
        ("add(1, 2, 3)", "of arguments there are 3, and it takes 2", "column 11", "add(1, 2, 3)", 10),
        (
            "add(1,\n  \"x\")",
            "`b` is to be a value of type u32: this is of another type",
            "line 2, column 3",
            "  \"x\")",
            2,
        ),
        ("add(1, -1)", "`b` is to be a value of type u32: this is no such value", "column 8", "add(1, -1)", 7),
    ] {
        let told = format!("{why}, at {place}:\n    {line}\n    {}^\n{ADD}", " ".repeat(mark));
        assert_eq!(refusal(invocation), told, "{invocation}");
    }
}

#[test]
fn what_no_text_can_be_is_refused() {
    let told = "`open` answers a resource, which no text can be\nhint: call it from another component\n";
    assert_eq!(refusal("open()"), told);
}

#[test]
fn a_function_that_traps_is_told_as_all_that_trap() {
    let (code, _, stderr) = run(&["run", &guest("exports"), "--invoke", "trap()"]);
    assert!(code == Some(134) && stderr.contains("error: coroutine exports#1 trapped: "), "{code:?} {stderr}");
}

#[test]
fn one_with_an_entry_may_be_invoked_as_well() {
    // A command's `run` takes no arguments: it prints what it prints without any.
    let (code, stdout, stderr) = run(&["run", HELLO, "--invoke", "run()"]);
    assert!(code == Some(0) && stdout == "hello []\nslept 0 ms\n0 letters\nok\n", "{code:?} {stdout} {stderr}");
}

#[test]
fn invoke_is_for_one_file() {
    let (code, _, stderr) = run(&["run", HELLO, &guest("exports"), "--invoke", "add(1, 2)"]);
    assert_eq!((code, &*stderr), (Some(2), "error: --invoke takes one component, and there are 2\n"));
    let (code, _, stderr) = run(&["run", "examples/calls", "--invoke", "add(1, 2)"]);
    assert_eq!(
        (code, &*stderr),
        (Some(2), "error: --invoke takes the file of a component, and no manifest or folder\n")
    );
}

#[test]
fn inspect_shows_what_can_be_invoked() {
    let (_, stdout, _) = run(&["inspect", &guest("exports")]);
    assert!(
        stdout.starts_with("entry: its functions, by name: cogen run FILE --invoke 'NAME(ARGUMENTS)'\n"),
        "{stdout}"
    );
    assert!(stdout.contains("\nfunctions to invoke:\n  add\n  test:exports/words@1.2.0/greet\n"), "{stdout}");
}

#[test]
fn others_may_call_a_function_by_its_name() {
    let folder = Folder::new();
    let script = r#"{"steps":[{"Call":{"program":"sums","args":{"Text":"add(20, 22)"},"opts":{}}}]}"#;
    let text = format!(
        "[program.s]\ncomponent = '{}'\nallow.call = ['sums']\n[program.sums]\ncomponent = '{}'\n\
         [[start]]\nprogram = 's'\nargs = ['{script}']",
        guest("script"),
        guest("exports")
    );
    let (code, stdout, stderr) = run(&["run", &folder.file("cogen.toml", text)]);
    assert!(code == Some(0) && stderr.contains("s#1 info:  call sums returned 42\n"), "{code:?} {stdout} {stderr}");
}

#[test]
fn the_exit_code_is_that_of_the_one_program() {
    let exits = guest("wasi-exit");
    let code = |arguments: &[&str]| run(&[&["run", &exits, "--"], arguments].concat());
    assert_eq!(code(&["code", "0"]), (Some(0), "code\n".to_owned(), String::new()));
    // What is told by the exit code is not told once more.
    for status in ["3", "130", "255"] {
        assert_eq!(code(&["code", status]), (status.parse().ok(), "code\n".to_owned(), String::new()));
    }
    assert_eq!(code(&["return", "3"]).0, Some(1));
    let (code, _, stderr) = code(&["abort"]);
    assert!(code == Some(134) && stderr.contains("wasi-exit#1 trapped: "), "{code:?} {stderr}");
}

#[test]
fn of_several_programs_each_status_is_told_and_the_exit_code_is_1() {
    let (code, _, stderr) = run(&["run", &guest("wasi-exit"), HELLO, "--", "code", "3"]);
    assert!(code == Some(1) && stderr.contains("error: coroutine wasi-exit#1 exited with status 3\n"), "{stderr}");
}

#[test]
fn a_command_is_called_as_its_file_is() {
    let output = cogen(&["run", &guest("wasi-exit"), "--", "name"]).output().expect("the binary starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "name\nwasi-exit.wasm\n");
}
