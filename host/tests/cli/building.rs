//! Core modules and components of all kinds: what is made of them, and what is told of those that cannot be had.

use wit_component::{DecodedWasm, StringEncoding, embed_component_metadata};

use super::{Folder, run};

/// A command of WASI Preview 1, which prints a line and exits with this status.
fn preview_1(status: u8) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "\10\00\00\00\06\00\00\00hello\n")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
                (call $exit (i32.const {status}))))"#
    );
    wat::parse_str(text).expect("it is right")
}

/// What `cogen run` tells of a file that it does not run.
#[track_caller]
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    let folder = Folder::new();
    let (code, stdout, stderr) = run(&["run", &folder.file("x.wasm", bytes)]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    stderr
}

/// The same, of a component or module in the text format.
#[track_caller]
fn refusal_of_text(text: &str) -> String {
    refusal(wat::parse_str(text).expect("it is right"))
}

/// A command that imports this.
fn importing(import: &str) -> String {
    format!(
        r#"(component
            {import}
            (core module $code (func (export "main") (result i32) i32.const 0))
            (core instance $code (instantiate $code))
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#
    )
}

#[test]
fn a_core_module_of_preview_1_is_run_as_it_is() {
    let folder = Folder::new();
    let module = folder.file("hello.wasm", preview_1(0));
    assert_eq!(run(&["run", &module]), (Some(0), "hello\n".to_owned(), String::new()));
    let module = folder.file("fails.wasm", preview_1(3));
    assert_eq!(run(&["run", &module]), (Some(1), "hello\n".to_owned(), String::new()));
}

#[test]
fn a_manifest_may_name_a_core_module() {
    let folder = Folder::new();
    folder.file("hello.wasm", preview_1(0));
    let manifest = folder.file("cogen.toml", "[program.hello]\ncomponent = 'hello.wasm'");
    assert_eq!(run(&["run", "--plain", &manifest]), (Some(0), "hello\n".to_owned(), String::new()));
    let (_, stdout, stderr) = run(&["check", &manifest]);
    assert!(stderr.is_empty() && stdout.contains("hello: it can use `directories`"), "{stdout} {stderr}");
}

#[test]
fn build_makes_a_component_of_a_core_module() {
    let folder = Folder::new();
    let module = folder.file("hello.wasm", preview_1(0));
    let made = folder.path("hello.component.wasm");
    let said = format!("made {made} of the core module {module}\n");
    assert_eq!(run(&["build", &module]), (Some(0), String::new(), said));
    assert_eq!(run(&["run", &made]), (Some(0), "hello\n".to_owned(), String::new()));
    let other = folder.path("other.wasm");
    assert_eq!(run(&["build", &module, "-o", &other]).0, Some(0));
    assert_eq!(std::fs::read(&other).expect("it was made"), std::fs::read(&made).expect("it was made"));
    let (code, _, stderr) = run(&["build", &made]);
    let said = format!("error: there is nothing to build: {made} is a component; type: cogen run {made}\n");
    assert_eq!((code, stderr), (Some(2), said));
    let nowhere = folder.path("nowhere/x.wasm");
    let (code, _, stderr) = run(&["build", &module, "-o", &nowhere]);
    assert!(code == Some(2) && stderr.contains(&format!("cannot write {nowhere}: ")), "{code:?} {stderr}");
    let (_, stdout, _) = run(&["inspect", &module]);
    let begin = "this is a core module; what follows is of the component that is made of it\nentry: a command: ";
    assert!(stdout.starts_with(begin), "{stdout}");
}

#[test]
fn a_core_module_that_brings_its_types_is_a_component_with_them() {
    let text = r#"(component
        (core module $code (func (export "add") (param i32 i32) (result i32) unreachable))
        (core instance $code (instantiate $code))
        (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $code "add")))
        (export "add" (func $add)))"#;
    let types = wit_component::decode(&wat::parse_str(text).expect("it is right")).expect("it is a component");
    let DecodedWasm::Component(resolve, world) = types else { panic!("it is no component") };
    // It may be written for Preview 1 beside: then the adapter is that of libraries.
    for import in ["", r#"(import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))"#] {
        let text = format!(
            r#"(module {import} (memory (export "memory") 1)
                (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#
        );
        let mut module = wat::parse_str(text).expect("it is right");
        // As wit-bindgen leaves it, and `wasm-tools component embed`.
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("it takes them");
        let folder = Folder::new();
        let module = folder.file("sums.wasm", module);
        let (code, stdout, stderr) = run(&["run", &module, "--invoke", "add(20, 22)"]);
        assert_eq!((code, stdout.as_str()), (Some(0), "42\n"), "{import} {stderr}");
    }
}

#[test]
fn a_core_module_that_is_no_command_is_told_what_it_lacks() {
    let told = refusal_of_text(r#"(module (func (export "add") (nop)) (memory (export "memory") 1))"#);
    let message = "error: cannot load program `x`: this core module is no command: it exports no `_start`, but `add`, \
                   `memory`; nor does it say what types its exports have\n\
                   hint: give it a main(), or the types of its functions: wasm-tools component embed WIT IN.wasm -o OUT.wasm\n";
    assert_eq!(told, message);
}

#[test]
fn a_core_module_that_imports_from_elsewhere_is_told_what() {
    let told = refusal_of_text(
        r#"(module (import "env" "puts" (func)) (import "env" "gets" (func)) (import "js" "alert" (func))
            (func (export "_start")))"#,
    );
    let message = "error: cannot load program `x`: no component can be made of this core module: it imports what is not of \
                   WASI Preview 1:\n      env: `puts`, `gets`\n      js: `alert`\n\
                   hint: build it for wasm32-wasip2 or wasm32-wasip1, or take out what needs those imports\n";
    assert_eq!(told, message);
    let told = refusal_of_text(r#"(module (import "wasi_snapshot_preview1" "fly" (func)) (func (export "_start")))"#);
    assert!(told.contains("no component can be made of this core module: ") && told.contains("fly"), "{told}");
}

#[test]
fn what_is_no_webassembly_is_told() {
    let told = |why: &str| format!("error: cannot load program `x`: {why}\n");
    assert_eq!(refusal(""), told("the file is empty"));
    let hint = "hint: name a component, as `cargo build --target wasm32-wasip2` makes them";
    let no_wasm = |begin: &str, hint: &str| {
        told(&format!("this is not WebAssembly: it begins with \"{begin}\" instead of \"\\0asm\"\n{hint}"))
    };
    assert_eq!(refusal("#!/bin/sh"), no_wasm("#!/b", hint));
    let hint = "hint: it looks like its text format, of which bytes are made by: wasm-tools parse IN.wat -o OUT.wasm";
    assert_eq!(refusal("(component)"), no_wasm("(com", hint));
    assert!(refusal(b"\0asm\x01\0\0\0\xff\xff").contains("the core module is broken at byte "));
}

#[test]
fn a_component_of_a_newer_wasi_is_told_both_versions() {
    let served = "hint: this engine serves cogen:engine@0.1.0, wasi:io@0.2.12, wasi:clocks@0.2.12, wasi:random@0.2.12, \
                  wasi:filesystem@0.2.12, wasi:sockets@0.2.12, wasi:cli@0.2.12\n";
    for version in ["0.3.0", "1.0.0", "0.2.0-rc-2023-11-10"] {
        let name = format!("wasi:cli/environment@{version}");
        let told = refusal_of_text(&importing(&format!(r#"(import "{name}" (instance))"#)));
        let message = format!(
            "error: cannot load program `x`: it is built for what this engine does not serve:\n      {name}: this engine serves \
             wasi:cli@0.2.12\n{served}"
        );
        assert_eq!(told, message);
    }
    // Its entry alone tells it, too.
    let newer = importing("").replace("wasi:cli/run@0.2.0", "wasi:cli/run@0.3.0");
    let told = refusal_of_text(&newer);
    let message = format!(
        "error: cannot load program `x`: it is built for what this engine does not serve:\n      wasi:cli/run@0.3.0: this \
         engine serves wasi:cli@0.2.12\n{served}"
    );
    assert_eq!(told, message);
}

#[test]
fn of_a_world_that_is_half_there_each_half_is_told() {
    let told = refusal_of_text(&importing(
        r#"(import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))
           (import "wasi:http/types@0.2.0" (instance))
           (import "wasi:cli/dreams@0.2.0" (instance))
           (import "wasi:cli/exit@0.2.30" (instance
                (export "exit" (func (param "status" (result)))) (export "leave" (func)) (export "stay" (func))))"#,
    ));
    let message = "error: cannot load program `x`: it is built for what this engine does not serve:\n\
                   \u{20}     wasi:http/types@0.2.0: this engine serves nothing of wasi:http\n\
                   \u{20}     wasi:cli/dreams@0.2.0: this engine does not serve this interface of wasi:cli\n\
                   \u{20}     wasi:cli/exit@0.2.30: this engine does not serve its `leave`, `stay`\nhint: ";
    assert!(told.starts_with(message), "{told}");
}

#[test]
fn each_patch_of_wasi_is_served_and_a_newer_one_if_all_is_there_that_is_asked_for() {
    let folder = Folder::new();
    for patch in (0..=12).chain([13, 99]) {
        let text = format!(
            r#"(component
                (import "wasi:random/random@0.2.{patch}" (instance $random (export "get-random-u64" (func (result u64)))))
                (import "wasi:clocks/wall-clock@0.2.{patch}" (instance))
                (import "wasi:clocks/monotonic-clock@0.2.{patch}" (instance $clock (export "now" (func (result u64)))))
                (import "wasi:cli/exit@0.2.{patch}" (instance $exit (export "exit" (func (param "status" (result))))))
                (core func $random (canon lower (func $random "get-random-u64")))
                (core func $now (canon lower (func $clock "now")))
                (core func $exit (canon lower (func $exit "exit")))
                (core module $code
                    (import "" "random" (func $random (result i64)))
                    (import "" "now" (func $now (result i64)))
                    (import "" "exit" (func $exit (param i32)))
                    (func (export "main") (result i32)
                        (drop (call $random)) (drop (call $now)) (call $exit (i32.const 1)) i32.const 0))
                (core instance $code (instantiate $code (with "" (instance
                    (export "random" (func $random)) (export "now" (func $now)) (export "exit" (func $exit))))))
                (func $main (result (result)) (canon lift (core func $code "main")))
                (instance $run (export "run" (func $main)))
                (export "wasi:cli/run@0.2.{patch}" (instance $run)))"#
        );
        let component = folder.file("x.wasm", wat::parse_str(text).expect("it is right"));
        assert_eq!(run(&["run", &component]), (Some(1), String::new(), String::new()), "0.2.{patch}");
    }
}
