//! Works on files by the functions of `wasi:filesystem` and by the standard library, and says what it observes. The folder that it was
//! granted is at `/data`.

mod raw;
mod standard;
mod waits;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let case = arguments.next().unwrap_or_default();
    match case.as_str() {
        "raw-open" => raw::open(),
        "raw-read-write" => raw::read_write(),
        "raw-streams" => raw::streams(),
        "raw-left-open" => raw::left_open(&std::env::args().nth(2).expect("a port")),
        "raw-stat" => raw::stat(),
        "raw-times" => raw::times(),
        "raw-links" => raw::links(),
        "raw-names" => raw::names(),
        "raw-listing" => raw::listing(),
        "raw-errors" => raw::errors(),
        "raw-crowded" => raw::crowded(),
        "std-files" => standard::files(),
        "std-large" => standard::large(),
        "std-truncated" => standard::truncated(),
        "std-many" => standard::many(),
        "std-escapes" => standard::escapes(),
        "std-read-only" => standard::read_only(),
        "std-open-many" => standard::open_many(),
        "std-input" => println!("{:?}", std::io::read_to_string(std::io::stdin())),
        "std-read" => println!("{:?}", std::fs::read_to_string("/data/text")),
        "wait" => waits::wait(&arguments.next().unwrap_or_default()),
        other => panic!("there is no case {other:?}"),
    }
}
