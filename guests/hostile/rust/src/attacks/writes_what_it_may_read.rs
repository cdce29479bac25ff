//! Changes what it was granted to read: by writing, making, moving and removing.

use std::fs::{self, OpenOptions};
use std::io::{Result, Write};

pub(crate) fn main() {
    let tell = |what: &str, result: Result<()>| {
        println!("{what}: {}", result.map_or_else(|error| error.kind().to_string(), |()| "done".into()));
    };
    tell("write", fs::write("/data/mine", "changed"));
    tell("append", OpenOptions::new().append(true).open("/data/mine").and_then(|mut file| file.write_all(b"x")));
    tell("truncate", OpenOptions::new().write(true).truncate(true).open("/data/mine").map(drop));
    tell("set length", fs::File::open("/data/mine").and_then(|file| file.set_len(0)));
    tell("make", fs::write("/data/new", "new"));
    tell("make a folder", fs::create_dir("/data/folder"));
    tell("remove", fs::remove_file("/data/mine"));
    tell("remove a folder", fs::remove_dir("/data/below"));
    tell("move", fs::rename("/data/mine", "/data/below/mine"));
    tell("link", fs::hard_link("/data/mine", "/data/below/mine"));
    println!("{}", fs::read_to_string("/data/mine").expect("it may read"));
}
