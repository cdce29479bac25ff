//! Reads files outside of the folder that it was granted: by dots, by links that lie in it, by absolute names; and what is no file.

use crate::{PATIENT, argument, in_words, tcp};

pub(crate) fn main() {
    let victim = tcp::connect(&argument(1), "", PATIENT).expect("it may connect");
    for path in [
        "data/mine",
        "secret",
        "../secret",
        "data/../secret",
        "data/below/../../secret",
        "data/link",
        "data/link-to-folder/secret",
        "data/absolute-link",
        "/etc/passwd",
        "data//etc/passwd",
        "/data/mine",
        "data/\0/../secret",
        "data",
        "data/below",
        "data/pipe",
    ] {
        let sent = victim.send_file(path, 0, u64::MAX, PATIENT);
        let sent = sent.map_or_else(|error| in_words(&error), |sent| format!("{sent} bytes"));
        println!("{}: {sent}", path.escape_debug());
    }
}
