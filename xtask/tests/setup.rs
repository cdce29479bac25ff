//! What set-up says where it is impossible.

use std::process::Command;

#[test]
fn where_there_is_no_way_to_the_target_it_says_what_to_type() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("setup")
        .env("CARGO_MANIFEST_DIR", folder.path().join("xtask"))
        .env("COGEN_TARGET", "debian")
        .env("COGEN_TOOLCHAIN_DIR", folder.path())
        .output()
        .expect("it starts");
    let said = String::from_utf8(output.stderr).expect("it prints text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in
        ["cannot get the target wasm32-wasip2", "type `rustup target add wasm32-wasip2`", "there is no rust-src-"]
    {
        assert!(said.contains(part), "{said}");
    }
}
