//! Connects to Unix sockets that it was not granted, by ways that lead through what it was.

use crate::{PATIENT, argument, tell, unix};

pub(crate) fn main() {
    let folder = argument(1);
    for (what, path) in [
        ("granted", format!("{folder}/own/mine.sock")),
        ("another", format!("{folder}/other.sock")),
        ("dots", format!("{folder}/own/../other.sock")),
        ("dots behind a name", format!("{folder}/own/mine.sock/../../other.sock")),
        ("dots and an end that fits", format!("{folder}/own/../../x.sock")),
        ("abstract", "\0name".into()),
        ("relative", "other.sock".into()),
    ] {
        tell(what, unix::connect(&path, PATIENT));
        tell(what, unix::listen(&path, 0));
    }
}
