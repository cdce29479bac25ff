//! What the standard library makes of it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

fn kind<T>(result: std::io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

pub(crate) fn files() {
    println!("{:?}", fs::read_to_string("/data/text"));
    fs::create_dir_all("/data/a/b").expect("it is made");
    fs::write("/data/a/b/c", "eggs").expect("it is written");
    OpenOptions::new()
        .append(true)
        .open("/data/a/b/c")
        .and_then(|mut file| file.write_all(b" and ham"))
        .expect("it is there");
    println!("{:?}", fs::read_to_string("/data/a/b/c"));
    println!("{:?}", fs::copy("/data/a/b/c", "/data/copy"));
    fs::rename("/data/copy", "/data/moved").expect("it is moved");
    println!("{:?} {:?}", kind(File::open("/data/copy")), fs::metadata("/data/moved").map(|file| file.len()));
    println!("{:?}", kind(fs::remove_dir("/data/a")));
    println!("{:?}", kind(fs::remove_dir_all("/data/a")));
    println!("{:?}", fs::exists("/data/a"));
}

/// A file that is large, and mostly not there.
pub(crate) fn large() {
    const SIZE: u64 = 5 << 30;
    let mut file =
        File::options().create(true).read(true).write(true).truncate(true).open("/data/large").expect("it is made");
    file.set_len(SIZE).expect("there is room for nothing");
    println!("{:?}", file.seek(SeekFrom::End(-4)));
    file.write_all(b"end!?").expect("it is written");
    println!("{:?}", file.metadata().map(|file| file.len() - SIZE));
    println!("{:?}", file.seek(SeekFrom::Start(SIZE - 6)));
    let mut end = Vec::new();
    println!("{:?} {end:?}", file.read_to_end(&mut end));
    let whole = vec![7; 3 << 20];
    fs::write("/data/whole", &whole).expect("it is written");
    println!("{}", fs::read("/data/whole").expect("it is there") == whole);
    println!("{:?} {:?}", file.seek(SeekFrom::Start(u64::MAX >> 1)), file.read(&mut [0]));
}

/// A file that becomes shorter while it is read.
pub(crate) fn truncated() {
    fs::write("/data/short", vec![1; 100_000]).expect("it is written");
    let mut reader = File::open("/data/short").expect("it is there");
    let mut piece = [0; 10];
    println!("{:?}", reader.read(&mut piece));
    File::options().write(true).open("/data/short").expect("it is there").set_len(15).expect("it is shorter");
    println!("{:?} {:?}", reader.read(&mut piece), reader.read(&mut piece));
}

pub(crate) fn many() {
    let mut names: Vec<_> = fs::read_dir("/data/many")
        .expect("it is a folder")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("it is text"))
        .collect();
    names.sort_unstable();
    println!("{} {:?} {:?}", names.len(), names.first(), names.last());
}

pub(crate) fn escapes() {
    for path in ["/data/../secret", "/data/out", "/data/far-out", "/data/up/secret", "/secret", "secret", "/etc/passwd"]
    {
        println!("{path} {}", fs::read(path).is_err());
    }
}

pub(crate) fn read_only() {
    println!("{:?}", fs::read_to_string("/data/text"));
    println!("{:?}", kind(fs::write("/data/new", "x")));
    println!("{:?}", kind(File::options().write(true).open("/data/text")));
    println!("{:?}", kind(fs::create_dir("/data/made")));
    println!("{:?} {:?}", kind(fs::remove_file("/data/text")), kind(fs::remove_dir("/data/folder")));
    println!("{:?}", kind(fs::rename("/data/text", "/data/moved")));
    println!("{:?}", kind(fs::hard_link("/data/text", "/data/hard")));
}

/// As many as may be.
pub(crate) fn open_many() {
    let mut files = Vec::new();
    let error = loop {
        match File::open("/data/text") {
            Ok(file) => files.push(file),
            Err(error) => break error,
        }
    };
    println!("{} {:?}", files.len(), error.raw_os_error().is_some());
    files.pop();
    println!("{}", File::open("/data/text").is_ok());
}
