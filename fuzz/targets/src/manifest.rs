//! Any text as `cogen.toml`.

use cogen::Engine;
use cogen::manifest::{Manifest, encode_args};

/// A manifest is refused with the file and a line that it has, or an engine can be prepared by it.
///
/// # Panics
/// When something else happens.
pub fn manifest(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let manifest = match Manifest::parse(text, FILE) {
        Ok(manifest) => manifest,
        Err(error) => return assert_has_place(&error.to_string(), text),
    };
    assert!(!manifest.programs.is_empty());
    let starts = manifest.starts.iter().map(|start| (&start.program, &start.args));
    let serves = manifest.serves.iter().map(|serve| (&serve.program, &serve.args));
    for (program, args) in starts.chain(serves) {
        assert!(manifest.programs.contains_key(program));
        encode_args(args).expect("they were checked");
    }
    // Components are looked for, and not read.
    drop(manifest.apply(Engine::builder()));
}

const FILE: &str = "cogen.toml";

fn assert_has_place(message: &str, text: &str) {
    let place = message.strip_prefix(FILE).expect("the file is named first");
    let Some((line, why)) = place.strip_prefix(':').and_then(|place| place.split_once(": ")) else {
        assert!(place.starts_with(" has no program"), "{message}");
        return;
    };
    let line: usize = line.parse().expect("a line has a number");
    let lines = text.bytes().filter(|&byte| byte == b'\n').count() + 1;
    assert!((1..=lines).contains(&line) && !why.is_empty(), "{lines} lines: {message}");
}
