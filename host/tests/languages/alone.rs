//! Scenarios of one coroutine, in each language.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use cogen::{Clock, ListenAddress, Outcome};

use crate::stage::{Stage, languages};

#[test]
fn each_prints_and_returns() {
    let mut stage = Stage::new();
    for language in languages() {
        assert_eq!(stage.value(language, &["hello", "naïve"]), "hello naïve", "{language}");
        assert_eq!(stage.heard(), [format!("{language}: hello naïve")]);
    }
}

#[test]
fn each_tells_the_operator() {
    let mut stage = Stage::new();
    for language in languages() {
        stage.value(language, &["log", "something"]);
        assert_eq!(stage.heard(), [format!("{language}: Info: something")]);
    }
}

#[test]
fn each_lets_others_run() {
    let mut stage = Stage::new();
    for language in languages() {
        let before = stage.engine.stats().slices;
        assert_eq!(stage.value(language, &["yields", "100"]), "", "{language}");
        assert!(stage.engine.stats().slices - before > 100, "{language}");
    }
}

#[test]
fn each_says_of_what_it_does_not_know_that_it_does_not() {
    let mut stage = Stage::new();
    for language in languages() {
        let message = "there is no scenario nonsense".to_owned();
        assert_eq!(stage.outcome(language, &["nonsense"]), Outcome::Failed { message }, "{language}");
    }
}

#[test]
fn a_bug_is_told_with_its_function_file_and_line() {
    let mut stage = Stage::new();
    for &language in languages() {
        let outcome = stage.outcome(language, &["trap", "now"]);
        let trace = match &outcome {
            Outcome::Trapped { backtrace, .. } => format!("{backtrace}{}", stage.errors()),
            Outcome::Failed { .. } => stage.errors(),
            other => panic!("{language}: {other}"),
        };
        let (function, place) = match language {
            "rust" => ("trap", "failure/rust/scenario.rs:"),
            "python" => ("in trap", r#"failure_scenario.py", line "#),
            "go" => ("failure/go.Trap", "failure/go/failure.go:"),
            "c" => ("trap", "failure/c/scenario.c:"),
            _ => ("at trap", "failure/js/failure.js:"),
        };
        let (before, line) = trace.split_once(place).unwrap_or_else(|| panic!("{language}: {outcome}: {trace}"));
        assert!(line.starts_with(|digit: char| digit.is_ascii_digit()), "{language}: {trace}");
        assert!(before.contains(function) || line.contains(function), "{language}: {trace}");
    }
}

#[test]
fn each_waits_for_the_first_of_two_things() {
    let mut stage = Stage::new();
    for language in languages() {
        assert_eq!(stage.value(language, &["select", "5"]), "time", "{language}");
        let signaller = stage.engine.spawn("rust", "go\0now").expect("there is room");
        assert_eq!(stage.value(language, &["select", "5"]), "signal now", "{language}");
        assert_eq!(signaller.outcome(), Some(Outcome::Returned(Vec::new())));
    }
}

#[test]
fn each_sends_back_the_lines_of_a_connection() {
    let mut stage = Stage::with(Clock::system());
    for language in languages() {
        let anywhere: ListenAddress = "tcp://127.0.0.1:0".parse().expect("it is an address");
        let server = stage.engine.serve(&anywhere, language, "echo", 0).expect("there is a port");
        let ListenAddress::Tcp(address) = server.address().clone() else { panic!("{server:?}") };
        let client = thread::spawn(move || {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
            stream.write_all("spam\nnaïve\nno end".as_bytes()).expect("it is taken");
            stream.shutdown(std::net::Shutdown::Write).expect("it was open");
            let mut heard = String::new();
            stream.read_to_string(&mut heard).expect("it comes back");
            heard
        });
        while !client.is_finished() {
            stage.engine.turn(Duration::from_millis(1));
        }
        assert_eq!(client.join().expect("it is content"), "spam\nnaïve\nno end", "{language}");
        server.coroutine().cancel();
        stage.engine.run();
    }
}

/// That of Rust has tests of its own.
#[test]
fn each_sdk_does_what_it_says() {
    let mut stage = Stage::with(Clock::system());
    for language in languages().iter().filter(|language| **language != "rust") {
        assert_eq!(stage.value(language, &["surface", language]), "all well", "{language}");
        assert_eq!(stage.engine.stats().coroutines, 0, "{language}");
    }
}

#[test]
fn each_fetches_a_page() {
    let mut stage = Stage::with(Clock::system());
    for language in languages() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = listener.local_addr().expect("it has one").to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("it asks for a page");
                asked.extend(byte);
            }
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nspam\n").expect("it is taken");
            String::from_utf8(asked).expect("it is text")
        });
        assert_eq!(stage.value(language, &["fetch", &address, "/spam"]), "24", "{language}");
        assert_eq!(server.join().expect("it is content"), "GET /spam HTTP/1.0\r\n\r\n", "{language}");
        assert_eq!(stage.heard().last(), Some(&format!("{language}: spam")));
    }
}
