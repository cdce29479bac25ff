//! Reads files outside of the folder that it was granted, as the standard library does it; and what would keep a worker waiting.

use std::fs;

pub(crate) fn main() {
    for path in [
        "/data/mine",
        "/secret",
        "/data/../secret",
        "/data/below/../../secret",
        "/data/link",
        "/data/link-to-folder/secret",
        "/data/absolute-link",
        "/etc/passwd",
        "/data//etc/passwd",
        "../etc/passwd",
        "/proc/self/environ",
        "/data/pipe",
    ] {
        let read = fs::read(path).map_or_else(|error| error.kind().to_string(), |bytes| format!("{} bytes", bytes.len()));
        println!("{path}: {read}");
    }
    println!("/: {}", fs::read_dir("/").map_or_else(|error| error.kind().to_string(), |_| "listed".into()));
    println!("a link: {}", fs::read_dir("/data/link-to-folder").map_or_else(|error| error.kind().to_string(), |_| "listed".into()));
}
