//! Files that are written to a connection by the host.

use std::fs;
use std::os::unix::fs::symlink;

use script_steps::pattern::checksum;

use crate::stage::*;

const TEXT: &str = "0123456789";

/// A folder with what may be sent, and what may not beside it.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Files(tempfile::tempdir().expect("a folder"));
        let path = |name: &str| files.0.path().join(name);
        fs::create_dir_all(path("granted/folder")).expect("a folder");
        fs::write(path("granted/text"), TEXT).expect("a file");
        fs::write(path("granted/folder/text"), "in a folder").expect("a file");
        fs::write(path("granted/empty"), "").expect("a file");
        fs::write(path("secret"), "not to be told").expect("a file");
        symlink("text", path("granted/link")).expect("a link");
        symlink("../secret", path("granted/out")).expect("a link");
        symlink(path("secret"), path("granted/far-out")).expect("a link");
        symlink("..", path("granted/up")).expect("a link");
        symlink("loop", path("granted/loop")).expect("a link");
        let made = std::process::Command::new("mkfifo").arg(path("granted/pipe")).status();
        assert!(made.expect("mkfifo starts").success());
        files
    }

    /// A stage whose `script` was granted the folder as `data`.
    fn stage(&self, reactor: &cogen::ReactorKind) -> Stage {
        let script = guest("script").allow(Allow::all().directory("data", self.0.path().join("granted"), false));
        stage_at(reactor, |builder| builder.program("script", script))
    }

    /// What is said of these steps at each reactor by one who has both ends of a connection.
    fn assert_said(&self, steps: &[Step], check: impl Fn(&[&str])) {
        for reactor in reactors() {
            let heard = played(&mut self.stage(&reactor), &[script("s", both_ends()).steps(steps.to_vec())]);
            check(&said_by("s", &heard)[3..]);
        }
    }
}

fn send(path: &str, offset: u64, length: u64) -> Step {
    net::send_file("here", path, offset, length)
}

#[test]
fn any_part_of_a_file_of_a_granted_folder_can_be_sent() {
    let parts: [(Step, u64, &str); 10] = [
        (send("data/text", 0, 10), 10, TEXT),
        (send("data/text", 0, 4), 4, "0123"),
        (send("data/text", 7, 2), 2, "78"),
        // Up to its end.
        (send("data/text", 7, 100), 3, "789"),
        (send("data/text", 0, u64::MAX), 10, TEXT),
        // Behind its end, there is nothing.
        (send("data/text", 10, 1), 0, ""),
        (send("data/text", u64::MAX, u64::MAX), 0, ""),
        (send("data/text", 5, 0), 0, ""),
        (send("data/empty", 0, 100), 0, ""),
        (send("data/link", 0, 100), 10, TEXT),
    ];
    let steps: Vec<_> = parts.iter().map(|(step, ..)| step.clone()).collect();
    let others = [send("data/folder/text", 0, 100), send("data/./folder/../folder//text", 3, 1)];
    let counts = [net::counts("here"), net::close("here"), net::read_to_end("there")];
    Files::new().assert_said(&[&steps[..], &others, &counts].concat(), |said| {
        let sent = parts.iter().map(|(_, sent, _)| *sent).chain([11, 1]);
        let expected: Vec<_> = sent.map(|sent| format!("send-file here sent {sent}")).collect();
        assert_eq!(said[..12], expected);
        let all: String = parts.iter().map(|(.., text)| *text).chain(["in a folder", "a"]).collect();
        assert_eq!(said[12], format!("counts here read 0 written {}", all.len()));
        assert_eq!(said[14], format!("read-to-end there got {all:?}"));
    });
}

#[test]
fn no_path_leads_out_of_a_granted_folder() {
    let out =
        ["../secret", "folder/../../secret", "/etc/passwd", "out", "far-out", "up/secret", "up/granted/text", ".."];
    let steps: Vec<_> = out.iter().map(|path| send(&format!("data/{path}"), 0, 100)).collect();
    let end = [net::close("here"), net::read_to_end("there")];
    Files::new().assert_said(&[&steps[..], &end].concat(), |said| {
        for (path, line) in out.iter().zip(said) {
            let refused = format!("error: cannot open {:?}: ", format!("data/{path}"));
            assert!(line.starts_with(&refused), "{path}: {line}");
        }
        assert_eq!(said[out.len() + 1], r#"read-to-end there got """#);
    });
}

#[test]
fn what_is_no_file_of_a_granted_folder_is_refused() {
    let not_granted = |name: &str| {
        format!(
            "error: denied: program `script` is not granted to use the directory \"{name}\"; write \
             `directories = {{ {} = \"PATH\" }}` in [program.script.allow], or run with --allow 'directories={name}=PATH'",
            if name.chars().all(char::is_alphanumeric) && !name.is_empty() { name.into() } else { format!("{name:?}") }
        )
    };
    let no_file = |path: &str| format!("error: invalid argument: {path:?} is no regular file");
    let cases = [
        ("data/nothing", "error: not found".to_owned()),
        ("data/folder/nothing", "error: not found".to_owned()),
        ("data/nowhere/text", "error: not found".to_owned()),
        ("data/folder", no_file("data/folder")),
        ("data/", "error: not found".to_owned()),
        ("data", "error: not found".to_owned()),
        // Whoever opens one waits for somebody at its other end: nobody here does.
        ("data/pipe", no_file("data/pipe")),
        ("", not_granted("")),
        ("/etc/passwd", not_granted("")),
        ("text", not_granted("text")),
        ("../secret", not_granted("..")),
        ("Data/text", not_granted("Data")),
    ];
    let steps: Vec<_> = cases.iter().map(|(path, _)| send(path, 0, 100)).collect();
    let odd =
        [send("data/text/more", 0, 1), send("data/loop", 0, 1), send("data/te\0xt", 0, 1), send("data/text", 0, 1)];
    Files::new().assert_said(&[&steps[..], &odd].concat(), |said| {
        let expected: Vec<_> = cases.iter().map(|(_, expected)| expected.as_str()).collect();
        assert_eq!(said[..cases.len()], expected);
        let said = &said[cases.len()..];
        assert!(said[..3].iter().all(|line| line.starts_with("error: cannot open \"data/")), "{said:?}");
        assert_eq!(said[3], "send-file here sent 1");
    });
    let long = format!("data/{}", "x".repeat(5000));
    Files::new().assert_said(&[send(&long, 0, 1)], |said| {
        assert_eq!(said, ["error: invalid argument: a path of 5005 bytes; at most 4096 are allowed"]);
    });
}

#[test]
fn a_program_without_a_grant_sends_no_file() {
    let steps = [send("data/text", 0, 10), send("/etc/passwd", 0, 10), net::close("here"), net::read_to_end("there")];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", both_ends()).steps(steps.clone())]);
        let said = said_by("s", &heard);
        let denied = "error: denied: program `script` is not granted to use the directory \"data\"; write \
                      `directories = { data = \"PATH\" }` in [program.script.allow], or run with \
                      --allow 'directories=data=PATH'";
        assert_eq!(said[3], denied);
        assert!(said[4].starts_with("error: denied: "), "{}", said[4]);
        assert_eq!(said[6], r#"read-to-end there got """#);
    });
}

#[test]
fn sixteen_mebibytes_are_sent_to_one_who_reads_slowly() {
    const LONG: u64 = 16 << 20;
    let all = Pattern::new(LONG);
    let files = Files::new();
    fs::write(files.0.path().join("granted/long"), all.to_vec()).expect("a file");
    let slowly = Net::ReadPattern { name: "c".into(), pattern: all, chunk: 100_000, pause: MILLISECOND };
    let reads = script("r", [net::received(&["c"]), slowly.into(), net::read("c", 1)]);
    let steps = [
        net::spawn_with(reads, &["there"]),
        send("data/long", 0, LONG).timeout(1000 * SECOND),
        net::counts("here"),
        net::close("here"),
        Step::join("r"),
    ];
    for reactor in reactors() {
        let heard = played(&mut files.stage(&reactor), &[script("s", both_ends()).steps(steps.clone())]);
        assert_eq!(said_by("r", &heard)[1..], ["read-pattern c ok", r#"read c got """#]);
        let expected = [format!("send-file here sent {LONG}"), format!("counts here read 0 written {LONG}")];
        assert_eq!(said_by("s", &heard)[4..6], expected);
    }
}

#[test]
fn a_file_that_nobody_reads_times_out_and_the_counts_tell_how_much_went() {
    const LONG: u64 = 16 << 20;
    let all = Pattern::new(LONG);
    let files = Files::new();
    fs::write(files.0.path().join("granted/long"), all.to_vec()).expect("a file");
    let steps = [
        send("data/long", 0, LONG).timeout(SECOND),
        net::set_idle_timeout("here", SECOND),
        send("data/long", 0, LONG),
        Step::Elapsed,
        net::counts("here"),
        net::close("here"),
        net::read_to_end("there"),
    ];
    files.assert_said(&steps, |said| {
        assert_eq!((said[0], said[2], said[3]), ("error: timed out", "error: timed out", "elapsed 2000000000"));
        let written = said[4].strip_prefix("counts here read 0 written ").expect("a number");
        let written: usize = written.parse().expect("a number");
        let sum = checksum(&all.to_vec()[..written]);
        assert_eq!(said[6], format!("read-to-end there got {written} bytes, {sum:016x}"));
    });
}

#[test]
fn a_file_to_a_peer_that_is_gone_is_an_error() {
    let steps = [
        net::close("there"),
        send("data/text", 0, 10),
        send("data/text", 0, 10),
        net::shutdown("here", Direction::Write),
    ];
    Files::new().assert_said(&steps, |said| {
        assert_eq!(said[1], "send-file here sent 10");
        assert_eq!(said[2], "error: cannot send a file to 127.0.0.1:PORT: broken pipe");
    });
}
