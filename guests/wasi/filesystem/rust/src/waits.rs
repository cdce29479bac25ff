//! Waits for a file system. Each begins when something comes to standard input: what it needs is open by then.

use std::fs::{self, File};
use std::io::{Read, Write};

use wasip2::cli::stdin;
use wasip2::filesystem::types::OpenFlags;

use crate::raw::{FOLLOW, READ, WRITE, data};

pub(crate) fn wait(function: &str) {
    let folder = data();
    let file = folder.open_at(FOLLOW, "text", OpenFlags::empty(), READ | WRITE).expect("it is there");
    let entries = folder.read_directory().expect("it is a folder");
    let input = file.read_via_stream(0).expect("a stream");
    let output = file.write_via_stream(0).expect("a stream");
    let mut of_std = File::options().read(true).write(true).open("/data/text").expect("it is there");
    let _ = stdin::get_stdin().blocking_read(1);
    match function {
        "open-at" => drop(folder.open_at(FOLLOW, "text", OpenFlags::empty(), READ)),
        "stat" => drop(file.stat()),
        "read" => drop(file.read(1, 0)),
        "write" => drop(file.write(b"ham", 0)),
        "sync" => drop(file.sync()),
        "rename-at" => drop(folder.rename_at("text", &folder, "moved")),
        "is-same-object" => assert!(!file.is_same_object(&folder)),
        "read-directory" => drop(folder.read_directory()),
        "read-directory-entry" => drop(entries.read_directory_entry()),
        "blocking-read" => drop(input.blocking_read(1)),
        "blocking-skip" => drop(input.blocking_skip(1)),
        "block-to-read" => input.subscribe().block(),
        "blocking-write" => drop(output.blocking_write_and_flush(b"ham")),
        "blocking-splice" => drop(output.blocking_splice(&input, 1)),
        "block-to-write" => {
            output.write(b"ham").expect("there is room");
            output.subscribe().block();
        }
        "blocking-flush" => {
            output.write(b"ham").expect("there is room");
            let _ = output.blocking_flush();
        }
        "drop-written" => output.write(b"ham").expect("there is room"),
        "std-open" => drop(File::open("/data/text")),
        "std-read" => drop(of_std.read(&mut [0])),
        "std-write" => drop(of_std.write(b"ham")),
        "std-list" => drop(fs::read_dir("/data").map(Iterator::count)),
        other => panic!("there is no function {other:?}"),
    }
}
