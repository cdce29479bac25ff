//! Writes outside of the folder that it was granted to write to: through links that lie in it, by moving, by dots.

use std::fs;
use std::io::Result;

pub(crate) fn main() {
    let tell = |what: &str, result: Result<()>| {
        println!("{what}: {}", result.map_or_else(|error| error.kind().to_string(), |()| "done".into()));
    };
    tell("granted", fs::write("/data/new", "new"));
    tell("through a link", fs::write("/data/link", "changed"));
    tell("through a link to a folder", fs::write("/data/link-to-folder/secret", "changed"));
    tell("through an absolute link", fs::write("/data/absolute-link", "changed"));
    tell("by dots", fs::write("/data/../secret", "changed"));
    tell("moved out", fs::rename("/data/new", "/data/../new"));
    tell("moved out through a link", fs::rename("/data/new", "/data/link-to-folder/new"));
    tell("moved in", fs::rename("/data/link-to-folder/secret", "/data/secret"));
    tell("linked from outside", fs::hard_link("/data/../secret", "/data/hard"));
    tell("linked through a link", fs::hard_link("/data/link-to-folder/secret", "/data/hard"));
}
