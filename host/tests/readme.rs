//! What the README shows is what is built and run here.

use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect("it is there, and it is text")
}

#[test]
fn the_first_guest_is_shown_as_it_is_and_prints_what_is_shown() {
    let (readme, source) = (text("README.md"), text("guests/first/rust/src/lib.rs"));
    let (_, code) = source.split_once("\n\n").expect("a line of documentation, then the code");
    assert!(readme.contains(&format!("```rust\n{code}```")), "the README shows another program than guests/first");

    let output = Command::new(env!("CARGO_BIN_EXE_cogen"))
        .args(["run", "--allow", "call=first", "guests/target/wasm32-wasip2/release/first.wasm"])
        .current_dir(root())
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .expect("the binary starts");
    let stdout = String::from_utf8(output.stdout).expect("it prints text");
    let (_, shown) = readme.rsplit_once("$ cogen run\n").expect("the line that runs it");
    assert!(!stdout.is_empty() && shown.starts_with(&format!("{stdout}```")), "it printed {stdout:?}");
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
