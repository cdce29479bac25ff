//! The real binary: golden runs, bad input, exit codes.

mod building;
#[cfg(unix)]
mod grants;
#[path = "../common/guests.rs"]
mod guests;
mod invoking;
#[path = "../common/languages.rs"]
mod languages;
#[cfg(unix)]
mod polyglot;
mod printing;
mod projects;
mod refusals;
mod running;
#[cfg(unix)]
mod serving;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod stdio;
mod supervision;
#[cfg(target_os = "linux")]
mod terminals;

use std::io::BufRead;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SCRIPT: &str = "guests/target/wasm32-wasip2/release/script.wasm";
const HELLO: &str = "guests/target/wasm32-wasip2/release/hello.wasm";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn cogen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cogen"));
    command.args(arguments).current_dir(root()).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(cogen(arguments).output().expect("the binary starts"))
}

fn outcome(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("it prints text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The blocks of a page that are written in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).expect("it is there");
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(|(first, _)| *first == language).map(|(_, block)| block.to_owned()).collect()
}

/// A guest by the name of its file, with its whole path.
fn guest(name: &str) -> String {
    std::fs::canonicalize(guests::path(name)).expect("the guests are built").to_str().expect("it is text").to_owned()
}

/// Starts it with pipes for its output.
fn start(arguments: &[&str]) -> Child {
    cogen(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

/// The exit code of what must end within a minute.
fn end(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().expect("it is a child");
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal.
#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill starts");
    assert!(status.success());
}

/// The next line, which must come.
#[cfg(unix)]
fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    assert_ne!(reader.read_line(&mut line).expect("it prints text"), 0, "it ended without another line");
    line
}

/// A folder with files to name on the command line.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("it is text").to_owned()
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), bytes).expect("written");
        self.path(name)
    }

    #[cfg(unix)]
    fn pipe(&self, name: &str) -> String {
        let made = Command::new("mkfifo").arg(self.path(name)).status().expect("mkfifo starts");
        assert!(made.success());
        self.path(name)
    }
}
