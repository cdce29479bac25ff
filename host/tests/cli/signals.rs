//! Ctrl-C and Ctrl-\.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;

use super::{Folder, SCRIPT, end, line, signal, start};

/// Starts a script that prints a line first; answers it once the line has come, with what it prints after that.
fn after_ready(options: &[&str], steps: &str) -> (Child, impl BufRead, impl BufRead) {
    let script = format!(r#"{{"name":"s","steps":[{{"Print":"ready"}},{steps}]}}"#);
    let mut child = start(&[&["run"], options, &[SCRIPT, "--", &script]].concat());
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    assert_eq!(line(&mut stdout), "ready\n");
    (child, stdout, stderr)
}

#[test]
fn an_interrupt_ends_the_run_in_order_and_the_table_can_be_asked_for() {
    let steps = r#"{"Sleep":60000000000},{"Print":"tidied up"},{"Fail":"gave up"}"#;
    let (mut child, mut stdout, mut stderr) = after_ready(&[], steps);
    // It sleeps a moment after it has printed.
    let row = loop {
        signal(&child, "-QUIT");
        let header = line(&mut stderr);
        let titles: Vec<_> = header.split_whitespace().collect();
        assert_eq!(titles, ["coroutine", "parent", "state", "since", "cpu", "waits", "for"]);
        let row = line(&mut stderr);
        if row.contains("parked") {
            break row;
        }
    };
    let row: Vec<_> = row.split_whitespace().collect();
    assert_eq!(row[..2], ["script#1", "parked"], "nobody is its parent");
    assert!(row[2].ends_with('s') && row[3].ends_with('s'), "two times: {row:?}");
    assert!(row.len() > 4, "what it waits for: {row:?}");

    signal(&child, "-INT");
    assert_eq!(end(&mut child), Some(130));
    let (mut printed, mut said) = (String::new(), String::new());
    stdout.read_to_string(&mut printed).expect("it prints text");
    stderr.read_to_string(&mut said).expect("it prints text");
    assert_eq!(printed, "tidied up\n", "it was asked to end, and had the time to");
    let said: Vec<_> = said.lines().collect();
    let [told, cancelled] = said[..] else { panic!("a cancelled coroutine is no failure: {said:?}") };
    assert_eq!(told, "interrupted: coroutines have 5s to end; again to end at once");
    assert!(cancelled.starts_with("script#1 info: s error: ") && cancelled.contains("cancelled"), "{cancelled}");
}

#[test]
fn a_second_interrupt_ends_the_run_at_once() {
    let (mut child, _stdout, mut stderr) = after_ready(&["--grace", "600"], r#""Spin""#);
    signal(&child, "-INT");
    let said = line(&mut stderr);
    assert!(said.contains("again to end at once"), "{said}");
    signal(&child, "-INT");
    assert_eq!(end(&mut child), Some(130));
}

#[test]
fn an_interrupt_while_components_compile_ends_the_run_and_the_table_is_not_there_yet() {
    let folder = Folder::new();
    let component = slow_to_compile();
    // Programs are compiled one after the other, on however many cores.
    let files: Vec<_> = (0..20).map(|copy| folder.file(&format!("slow-{copy}.wasm"), &component)).collect();
    let mut child =
        start(&["run", "--no-cache"].into_iter().chain(files.iter().map(String::as_str)).collect::<Vec<_>>());
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    assert_eq!(line(&mut stderr), "compiling …\n");
    signal(&child, "-QUIT");
    assert_eq!(line(&mut stderr), "still compiling: there are no coroutines yet\n");
    signal(&child, "-INT");
    assert_eq!(end(&mut child), Some(130));
}

/// A component with a function so long that it takes the better part of a second to compile.
fn slow_to_compile() -> Vec<u8> {
    let body = "f64.convert_i64_u i64.trunc_sat_f64_u ".repeat(50_000);
    let text = format!(
        r#"(component
            (core module $code
                (func (export "main") (result i32) i32.const 0)
                (func (param i64) (result i64) local.get 0 {body}))
            (core instance $code (instantiate $code))
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#
    );
    wat::parse_str(text).expect("it is right")
}
