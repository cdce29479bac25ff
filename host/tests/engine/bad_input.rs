//! Nonsense from guests and files gets a clear error.

use crate::common::*;

fn error_of(step: Step) -> String {
    let heard = Stage::play([script("s", [step])]);
    assert_eq!(heard.len(), 1, "{heard:?}");
    heard[0].strip_prefix("s error: ").unwrap_or_else(|| panic!("{heard:?}")).to_owned()
}

#[test]
fn an_unknown_program_is_named() {
    let args = || Args::Text(String::new());
    let opts = Default::default();
    let spawn = Step::Spawn { program: "nobody".into(), args: args(), save_as: "n".into(), opts };
    assert!(error_of(spawn).contains("nobody"));
    assert!(error_of(Step::Call { program: "nobody".into(), args: args(), opts }).contains("nobody"));
    let stage = Stage::new();
    let error = stage.engine.spawn("nobody", "").expect_err("there is no such program");
    assert!(error.to_string().contains("nobody") && error.hint().is_some_and(|hint| hint.contains("script")));
}

#[test]
fn joining_oneself_is_an_error() {
    assert!(error_of(Step::JoinSelf).contains("its own end"));
}

#[test]
fn names_out_of_bounds_are_refused_with_the_bound() {
    assert!(error_of(Step::BigName { bytes: 1 << 20 }).contains("256"));
    assert!(error_of(Step::BigName { bytes: 257 }).contains("256"));
    assert!(error_of(Step::wait("")).contains("256"));
    assert_eq!(Stage::play([script("s", [Step::BigName { bytes: 256 }])]), ["s big-name woke 0"]);
}

#[test]
fn a_context_too_large_is_refused_with_the_bound() {
    let set = |name: String, value: &str| Step::ContextSet(name, value.into());
    assert!(error_of(set("k".into(), &"v".repeat(65537))).contains("65536"));
    let heard = Stage::play([script("s", (0..65).map(|n| set(n.to_string(), "")))]);
    assert!(heard[64].contains("64"), "{}", heard[64]);
}

fn refused(bytes: &[u8]) -> (String, Option<String>) {
    let built = Engine::builder().workers(1).program("bad", Program::from_bytes(bytes)).build();
    let error = built.err().expect("it is refused");
    (error.to_string(), error.hint().map(str::to_owned))
}

#[test]
fn what_is_no_component_is_refused_with_a_hint() {
    assert!(refused(b"").0.contains("empty"));
    let (message, hint) = refused(b"#!/bin/sh");
    assert!(message.contains("not WebAssembly") && hint.is_some_and(|hint| hint.contains("wasm32-wasip2")));
    let (message, hint) = refused(b"\0asm\x01\0\0\0");
    assert!(message.contains("core module") && hint.is_some_and(|hint| hint.contains("wasm-tools component embed")));
    let (message, hint) = refused(b"\0asm\x0d\0\x01\0");
    assert!(message.contains("neither `run` nor `wasi:cli/run` of WASI 0.2, but nothing") && hint.is_some());
    assert!(refused(b"\0asm\x0d\0\x01\0\xff\xff").0.contains("broken at byte"));
}

#[test]
fn an_import_of_another_version_is_refused_with_both_versions() {
    // (component (import "cogen:engine/time@0.9.0" (instance))), as its bytes.
    let name = b"cogen:engine/time@0.9.0";
    let mut component = b"\0asm\x0d\0\x01\0\x07\x03\x01\x42\x00\x0a".to_vec();
    component.push(u8::try_from(name.len() + 5).expect("a short name"));
    component.extend([1, 0, u8::try_from(name.len()).expect("a short name")]);
    component.extend(name);
    component.extend([5, 0]);
    let (message, _) = refused(&component);
    assert!(message.contains("cogen:engine/time@0.9.0") && message.contains("cogen:engine@0.1.0"), "{message}");
}

#[test]
fn arguments_that_are_no_text_fail_the_coroutine_that_wants_text() {
    let mut stage = Stage::new();
    let hello = stage.engine.spawn("hello", vec![0xff, 0xfe]).expect("spawned");
    let script = stage.engine.spawn("script", vec![0xff, 0xfe]).expect("spawned");
    stage.run();
    for coroutine in [hello, script] {
        let outcome = coroutine.outcome().expect("it has ended");
        assert!(!outcome.is_success(), "{outcome}");
    }
}
