//! Each function of the interface.

use std::io::Read;
use std::net::TcpStream;

use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags, filesystem_error_code,
};
use wasip2::io::streams::StreamError;

pub(crate) const READ: DescriptorFlags = DescriptorFlags::READ;
pub(crate) const WRITE: DescriptorFlags = DescriptorFlags::WRITE;
const HERE: PathFlags = PathFlags::empty();
pub(crate) const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

/// The granted folder.
pub(crate) fn data() -> Descriptor {
    let mut granted = get_directories();
    println!("{:?}", granted.iter().map(|(_, name)| name).collect::<Vec<_>>());
    granted.remove(0).0
}

fn create(at: &Descriptor, name: &str) -> Descriptor {
    at.open_at(FOLLOW, name, OpenFlags::CREATE, READ | WRITE).expect("it can be made")
}

pub(crate) fn open() {
    let data = data();
    println!("{:?}", data.open_at(FOLLOW, "new", OpenFlags::empty(), READ).err());
    let file = create(&data, "new");
    println!("{:?} {:?}", file.get_type(), file.get_flags());
    println!("{:?} {:?}", data.get_type(), data.get_flags());
    println!("{:?}", data.open_at(FOLLOW, "new", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, WRITE).err());
    println!("{:?}", data.open_at(FOLLOW, "new", OpenFlags::DIRECTORY, READ).err());
    println!(
        "{:?}",
        data.open_at(FOLLOW, "text", OpenFlags::TRUNCATE, READ | WRITE)
            .map(|file| file.stat().expect("it is there").size)
    );
    println!("{:?}", data.open_at(HERE, "link", OpenFlags::empty(), READ).err());
    println!("{:?}", data.open_at(FOLLOW, "folder", OpenFlags::DIRECTORY, READ).map(|folder| folder.get_type()));
    for name in ["", "/data/text", "../text", "folder/../../x", "far-out", "a\0b", "text/x"] {
        println!("{name:?} {:?}", data.open_at(FOLLOW, name, OpenFlags::empty(), READ).err());
    }
}

pub(crate) fn read_write() {
    let file = create(&data(), "new");
    println!("{:?}", file.write(b"spam and eggs", 0));
    println!("{:?}", file.write(b"ham!", 9));
    println!("{:?}", file.read(4, 0));
    println!("{:?}", file.read(100, 5));
    println!("{:?}", file.read(1, 1_000));
    println!("{:?}", file.write(b"x", 20).map(|_| file.read(100, 12)));
    println!("{:?} {:?}", file.set_size(4), file.read(100, 0));
    println!("{:?} {:?}", file.set_size(6), file.read(100, 0));
    println!("{:?} {:?} {:?}", file.sync_data(), file.sync(), file.advise(0, 0, Advice::Sequential));
    println!("{:?}", file.advise(u64::MAX, 1, Advice::WillNeed).is_ok());
    println!("{:?}", file.read(u64::MAX, 0).map(|(bytes, is_end)| (bytes.len(), is_end)));
}

pub(crate) fn streams() {
    let data = data();
    let file = create(&data, "new");
    let output = file.write_via_stream(3).expect("a stream");
    println!("{}", output.check_write().expect("there is room") >= 4096);
    println!("{:?}", output.blocking_write_and_flush(b"spam"));
    println!("{:?}", output.blocking_write_and_flush(b" and eggs"));
    println!("{:?} {:?}", output.blocking_write_zeroes_and_flush(2), output.blocking_flush());
    drop(output);
    let more = file.append_via_stream().expect("a stream");
    println!("{:?}", more.blocking_write_and_flush(b"ham"));
    drop(more);
    let input = file.read_via_stream(3).expect("a stream");
    println!("{:?} {:?}", input.blocking_read(4), input.blocking_skip(5));
    let pollable = input.subscribe();
    pollable.block();
    println!("{:?} {:?}", pollable.ready(), input.read(2));
    drop(pollable);
    println!("{:?}", input.blocking_read(1_000));
    println!("{}", matches!(input.blocking_read(1), Err(StreamError::Closed)));
    drop(input);
    let from = file.read_via_stream(0).expect("a stream");
    let copy = create(&data, "copy");
    let to = copy.write_via_stream(0).expect("a stream");
    let mut copied = 0;
    while let Ok(count) = to.blocking_splice(&from, 7) {
        copied += count;
    }
    println!("{copied} {:?}", to.blocking_flush());
    drop(to);
    println!("{:?}", copy.read(100, 0));
    println!("{:?}", data.read_via_stream(0).map(|stream| stream.blocking_read(1).is_err()).err());
}

/// Writes, once somebody at this port says so, and ends with its file open.
pub(crate) fn left_open(port: &str) {
    let file = create(&data(), "new");
    let output = file.write_via_stream(0).expect("a stream");
    let mut signal = TcpStream::connect(format!("127.0.0.1:{port}")).expect("somebody listens");
    signal.read_exact(&mut [0]).expect("a signal comes");
    output.check_write().expect("there is room");
    output.write(b"spam").expect("it is accepted");
    std::process::exit(0);
}

pub(crate) fn stat() {
    let data = data();
    let text = data.stat_at(FOLLOW, "text").expect("it is there");
    println!("{:?} {} {}", text.type_, text.size, text.data_modification_timestamp.is_some());
    println!("{:?}", data.stat_at(HERE, "link").map(|link| link.type_));
    println!("{:?}", data.stat_at(FOLLOW, "link").map(|link| (link.type_, link.size)));
    println!("{:?}", data.stat_at(FOLLOW, "nothing").err());
    println!("{:?}", data.stat().map(|folder| folder.type_));
    let open = |name| data.open_at(FOLLOW, name, OpenFlags::empty(), READ).expect("it is there");
    let (one, same, other) = (open("text"), open("link"), open("folder"));
    println!("{} {}", one.is_same_object(&same), one.is_same_object(&other));
    let hash = |file: &Descriptor| file.metadata_hash().map(|hash| (hash.lower, hash.upper)).expect("it has one");
    println!("{} {}", hash(&one) == hash(&same), hash(&one) == hash(&other));
    let at = data.metadata_hash_at(FOLLOW, "text").map(|hash| (hash.lower, hash.upper)).expect("it has one");
    println!("{} {:?}", hash(&one) == at, data.metadata_hash_at(FOLLOW, "nothing").err());
}

pub(crate) fn times() {
    let data = data();
    let file = create(&data, "new");
    let at = |seconds| NewTimestamp::Timestamp(Datetime { seconds, nanoseconds: 5 });
    println!("{:?}", file.set_times(at(1_000), at(2_000)));
    let seen = || {
        let stat = file.stat().expect("it is there");
        (stat.data_access_timestamp, stat.data_modification_timestamp)
    };
    println!("{:?}", seen());
    println!("{:?}", data.set_times_at(FOLLOW, "new", NewTimestamp::NoChange, at(3_000)));
    println!("{:?}", seen());
    println!("{:?}", file.set_times(NewTimestamp::Now, NewTimestamp::NoChange));
    println!("{:?}", seen().0.is_some_and(|time| time.seconds > 1_000_000));
    println!("{:?}", data.set_times_at(FOLLOW, "nothing", at(1), at(1)).err());
}

pub(crate) fn links() {
    let data = data();
    println!("{:?} {:?}", data.symlink_at("text", "made"), data.readlink_at("made"));
    println!("{:?} {:?}", data.readlink_at("text").err(), data.readlink_at("nothing").err());
    println!("{:?}", data.symlink_at("/etc/passwd", "absolute").err());
    println!("{:?}", data.link_at(HERE, "text", &data, "hard"));
    println!("{:?}", data.link_at(HERE, "text", &data, "hard").err());
    println!("{:?}", data.stat_at(HERE, "hard").map(|hard| (hard.type_, hard.link_count)));
    println!("{:?}", data.link_at(HERE, "nothing", &data, "x").err());
    println!("{:?}", data.readlink_at("far-out").err());
}

pub(crate) fn names() {
    let data = data();
    println!("{:?} {:?}", data.create_directory_at("made"), data.create_directory_at("made").err());
    println!("{:?}", data.rename_at("text", &data, "made/moved"));
    println!("{:?}", data.rename_at("text", &data, "x").err());
    println!("{:?}", data.remove_directory_at("made").err());
    println!("{:?}", data.unlink_file_at("made").err());
    println!("{:?}", data.unlink_file_at("made/moved"));
    println!("{:?} {:?}", data.remove_directory_at("made"), data.remove_directory_at("made").err());
    println!("{:?}", data.create_directory_at("../out").err());
    println!("{:?}", data.rename_at("folder", &data, "../out").err());
    println!("{:?}", data.unlink_file_at("nothing").err());
    println!("{:?}", data.create_directory_at(&"x".repeat(5_000)).err());
}

pub(crate) fn listing() {
    let data = data();
    let entries = data.read_directory().expect("it is a folder");
    let mut found = Vec::new();
    while let Some(entry) = entries.read_directory_entry().expect("it can be read") {
        found.push(format!("{} {:?}", entry.name, entry.type_));
    }
    println!("{:?}", entries.read_directory_entry());
    drop(entries);
    found.sort_unstable();
    println!("{found:?}");
    let file = data.open_at(FOLLOW, "text", OpenFlags::empty(), READ).expect("it is there");
    println!("{:?}", file.read_directory().err());
}

pub(crate) fn errors() {
    let data = data();
    let only_read = data.open_at(FOLLOW, "text", OpenFlags::empty(), READ).expect("it is there");
    println!("{:?} {:?}", only_read.write(b"x", 0).err(), only_read.set_size(1).err());
    // That it may not be written its stream says when somebody writes, with a code that is to be had, too.
    let output = only_read.write_via_stream(0).expect("a stream");
    let Err(StreamError::LastOperationFailed(error)) = output.blocking_write_and_flush(b"x") else {
        panic!("it is written")
    };
    println!("{:?} {}", filesystem_error_code(&error), !error.to_debug_string().is_empty());
    let only_write = data.open_at(FOLLOW, "text", OpenFlags::empty(), WRITE).expect("it is there");
    println!("{:?} {:?}", only_write.read(1, 0).err(), only_write.read_via_stream(0).err());
    println!("{:?}", only_read.create_directory_at("x").err());
    println!("{:?}", data.read(1, 0).err());
}

/// More is read ahead than the host may keep for it.
pub(crate) fn crowded() {
    let file = data().open_at(FOLLOW, "text", OpenFlags::empty(), READ).expect("it is there");
    let streams: Vec<_> = (0..5).map(|_| file.read_via_stream(0).expect("a stream")).collect();
    streams.iter().for_each(|stream| stream.subscribe().block());
    let (last, others) = streams.split_last().expect("there are some");
    println!("{}", matches!(last.read(2_000), Err(StreamError::LastOperationFailed(_))));
    println!("{:?}", others.iter().map(|stream| stream.read(100).map_or(0, |bytes| bytes.len())).collect::<Vec<_>>());
    println!("{:?}", last.blocking_read(100).map_or(0, |bytes| bytes.len()));
}
