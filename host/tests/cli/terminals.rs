//! Standard streams that are a terminal.
#![allow(unsafe_code, reason = "the system makes a terminal by a function that has no safe name")]

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::os::fd::FromRawFd;
use std::process::Stdio;
use std::ptr;

use super::{Folder, cogen, end, guest, line, signal};

/// A terminal, with nobody at it but the test.
struct Terminal {
    /// What is typed, and what is seen.
    person: BufReader<File>,
    program: File,
}

impl Terminal {
    fn new() -> Self {
        let (mut person, mut program) = (-1, -1);
        // SAFETY: the two numbers outlive the call, and nothing else is asked for.
        let made = unsafe { libc::openpty(&mut person, &mut program, ptr::null_mut(), ptr::null(), ptr::null()) };
        assert_eq!(made, 0, "a terminal: {}", std::io::Error::last_os_error());
        // SAFETY: they were just made, and are nobody else's.
        let (person, program) = unsafe { (File::from_raw_fd(person), File::from_raw_fd(program)) };
        Terminal { person: BufReader::new(person), program }
    }

    /// The terminal as a stream of a command.
    fn stream(&self) -> Stdio {
        self.program.try_clone().expect("another descriptor").into()
    }

    fn is_typed(&mut self, text: &str) {
        self.person.get_mut().write_all(text.as_bytes()).expect("it is taken");
    }
}

/// What a program says of its three streams, of which those that are named are a terminal.
fn told(guest: &str, named: [bool; 3]) -> String {
    let mut terminal = Terminal::new();
    let mut command = cogen(&["run", "--color", "never", guest, "--", "terminal"]);
    let [stdin, stdout, stderr] = named.map(|is_terminal| is_terminal.then(|| terminal.stream()));
    command.stdin(stdin.unwrap_or(Stdio::null())).stderr(stderr.unwrap_or(Stdio::null()));
    let mut child = command.stdout(stdout.unwrap_or(Stdio::piped())).spawn().expect("it starts");
    let said = match &mut child.stdout {
        Some(stdout) => line(&mut BufReader::new(stdout)),
        None => line(&mut terminal.person),
    };
    assert_eq!(end(&mut child), Some(0));
    said.trim_end().to_owned()
}

#[test]
fn programs_know_which_of_their_streams_are_a_terminal() {
    let (rust, c) = (guest("wasi-stdio"), guest("wasi-stdio-c"));
    for bits in 0..8 {
        let named = [0, 1, 2].map(|bit| bits >> bit & 1 == 1);
        assert_eq!(told(&rust, named), named.map(|is_terminal| is_terminal.to_string()).join(" "));
        assert_eq!(told(&c, named), named.map(|is_terminal| u8::from(is_terminal).to_string()).join(" "));
    }
}

#[test]
fn a_line_that_is_not_typed_yet_parks_who_reads_it_and_nobody_else() {
    let (mut terminal, folder, guest) = (Terminal::new(), Folder::new(), guest("wasi-stdio"));
    let program = |name: &str, rest: &str, args: &str| {
        format!("[program.{name}]\ncomponent = '{guest}'\n{rest}\n[[start]]\nprogram = '{name}'\nargs = {args}\n")
    };
    let text = program("asks", "stdin = 'inherit'", "['upper']") + &program("counts", "", "['numbers', '3']");
    // With one worker, whoever kept it from the others would keep them waiting for what is typed after they have written.
    let mut command = cogen(&["run", "--workers", "1", &folder.file("cogen.toml", text)]);
    command.stdin(terminal.stream()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    for number in 0..3 {
        assert!(line(&mut stdout).ends_with(&format!("{number}\n")));
    }
    terminal.is_typed("spam and");
    let mut table = String::new();
    while !table.contains("something to read from standard input") {
        signal(&child, "-QUIT");
        table = line(&mut stderr) + &line(&mut stderr);
    }
    terminal.is_typed(" eggs\n");
    assert!(line(&mut stdout).ends_with("SPAM AND EGGS\n"));
    // The end of what is typed, as a person tells it.
    terminal.is_typed("\x04");
    assert_eq!(end(&mut child), Some(0));
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("it is text");
    assert_eq!(rest, "");
}
