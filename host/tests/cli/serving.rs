//! `[[serve]]`, with the system's own clients.

use std::io::{self, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use cogen::{Engine, ReactorKind};
use script_steps::{Script, Step, net};

use super::{Folder, end, guest, line, run, signal, start};

const WELCOME: &str = "WELCOME TO ECHO SERVER !\r\n";

/// Whether this machine has it: not every one lets its users have `io-uring`.
fn is_here(reactor: &ReactorKind) -> bool {
    Engine::builder().workers(1).max_coroutines(1).reactor(reactor.clone()).build().is_ok()
}

/// A manifest that serves one program, at any port unless `rest` says more.
fn manifest(folder: &Folder, program: &str, rest: &str) -> String {
    let component = guest(program);
    let text = format!(
        "[program.handler]\ncomponent = '{component}'\n[[serve]]\nlisten = 'tcp://127.0.0.1:0'\nprogram = 'handler'\n{rest}"
    );
    folder.file("cogen.toml", text)
}

/// A run that serves, for as long as this is kept.
struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    port: u16,
}

impl Serving {
    /// Starts it, and waits for it to tell its port.
    fn start(options: &[&str], manifest: &str) -> Self {
        Self::of(start(&[&["run"], options, &[manifest]].concat()))
    }

    fn of(mut child: Child) -> Self {
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let told = line(&mut stderr);
        let port =
            told.strip_prefix("serving handler at tcp://127.0.0.1:").and_then(|port| port.trim_end().parse().ok());
        let port = port.unwrap_or_else(|| panic!("{told}"));
        Serving { child, stdout, stderr, port }
    }

    fn connect(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        BufReader::new(stream)
    }

    /// The rows of the table, once one of them has this in it.
    fn table(&mut self, row: &str) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            signal(&self.child, "-QUIT");
            // The table is written at once; there is an accept loop and each of the handlers in it.
            let mut rows = vec![line(&mut self.stderr)];
            while rows.len() == 1 || !self.stderr.buffer().is_empty() {
                rows.push(line(&mut self.stderr));
            }
            if rows.iter().any(|told| told.contains(row)) {
                return rows;
            }
            assert!(Instant::now() < deadline, "{row} is in none of {rows:?}");
        }
    }

    /// Waits until nobody listens any more.
    fn is_refused(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let refused = || {
            let connected = TcpStream::connect(("127.0.0.1", self.port));
            connected.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
        };
        while !refused() {
            assert!(Instant::now() < deadline, "it still listens");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The exit code and what else was printed.
    fn end(&mut self) -> (Option<i32>, String, String) {
        let code = end(&mut self.child);
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("it prints text");
        self.stderr.read_to_string(&mut stderr).expect("it prints text");
        (code, stdout, stderr)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended is left alone.
        drop((self.child.kill(), self.child.wait()));
    }
}

fn say(stream: &mut BufReader<TcpStream>, text: &str) {
    stream.get_mut().write_all(text.as_bytes()).expect("it is taken");
}

#[test]
fn what_a_manifest_serves_is_told_with_its_port_and_answered_with_every_reactor() {
    let folder = Folder::new();
    let manifest = manifest(&folder, "echo_handler", "");
    for reactor in ReactorKind::ALL.iter().filter(|kind| is_here(kind)) {
        let mut serving = Serving::start(&["--reactor", reactor.name()], &manifest);
        let mut stream = serving.connect();
        assert_eq!(line(&mut stream), WELCOME);
        say(&mut stream, "spam\n");
        assert_eq!(line(&mut stream), "spam\n");
        let table = serving.table("something to read from");
        let [_, server, handler] = &table[..] else { panic!("{table:?}") };
        assert!(server.starts_with("serve handler#1 ") && handler.starts_with("handler#2 "), "{table:?}");
        assert!(server.ends_with(&format!("  somebody to connect to 127.0.0.1:{}\n", serving.port)), "{server}");
        assert!(handler.contains(" serve handler#1 "), "its parent: {handler}");
        say(&mut stream, "exit\n");
        assert_eq!(line(&mut stream), "GOOD BYE\r\n");
        assert_eq!(stream.read(&mut [0]).expect("it is closed"), 0);
        assert_eq!(serving.child.try_wait().expect("it is a child"), None, "there is nobody, but somebody may come");
        signal(&serving.child, "-INT");
        let (code, stdout, stderr) = serving.end();
        assert_eq!((code, stdout.as_str()), (Some(130), ""));
        assert_eq!(stderr, "interrupted: coroutines have 5s to end; again to end at once\n");
    }
}

#[test]
fn those_beyond_the_bound_wait_and_are_served_in_their_turn() {
    let folder = Folder::new();
    let mut serving = Serving::start(&[], &manifest(&folder, "echo_handler", "max = 1"));
    let mut first = serving.connect();
    assert_eq!(line(&mut first), WELCOME);
    let others: Vec<_> = (0..5).map(|_| serving.connect()).collect();
    let table = serving.table("one of 1 handlers to end");
    assert_eq!(table.len(), 3, "{table:?}");
    say(&mut first, "exit\n");
    for (number, mut other) in others.into_iter().enumerate() {
        let text = format!("{number}\n");
        say(&mut other, &text);
        assert_eq!(line(&mut other), WELCOME);
        assert_eq!(line(&mut other), text);
        say(&mut other, "exit\n");
    }
    signal(&serving.child, "-INT");
    assert_eq!(serving.end().0, Some(130));
}

#[test]
fn a_program_that_reads_and_prints_is_a_server_with_a_socket_for_its_streams() {
    let folder = Folder::new();
    let mut serving = Serving::start(&[], &manifest(&folder, "wasi-stdio", "stdio = 'socket'\nargs = ['upper']"));
    let mut streams = [serving.connect(), serving.connect()];
    for (number, stream) in streams.iter_mut().enumerate() {
        say(stream, &format!("spam {number}\n"));
    }
    for (number, stream) in streams.iter_mut().enumerate() {
        assert_eq!(line(stream), format!("SPAM {number}\n"));
        say(stream, "the rest");
        stream.get_mut().shutdown(std::net::Shutdown::Write).expect("it is connected");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("it is text");
        assert_eq!(rest, "THE REST\n");
    }
    // The client sees the end of a connection a moment before the one who closed it is gone.
    let deadline = Instant::now() + Duration::from_secs(30);
    while serving.table("somebody to connect to").len() != 2 {
        assert!(Instant::now() < deadline, "both have ended");
    }
    signal(&serving.child, "-INT");
    let (code, stdout, _) = serving.end();
    assert_eq!((code, stdout.as_str()), (Some(130), ""));
}

#[test]
fn what_a_server_has_printed_goes_out_though_it_has_ended() {
    let folder = Folder::new();
    let rest = "stdio = 'socket'\nargs = ['numbers', '200000']";
    let mut serving = Serving::start(&[], &manifest(&folder, "wasi-stdio", rest));
    let mut stream = serving.connect();
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it is text");
    assert!(text.lines().enumerate().all(|(place, number)| number == place.to_string()));
    assert_eq!(text.lines().count(), 200_000);
    signal(&serving.child, "-INT");
    assert_eq!(serving.end().0, Some(130));
}

#[test]
fn an_interrupt_refuses_newcomers_and_leaves_the_connected_the_time_of_grace() {
    let folder = Folder::new();
    let steps =
        [Step::Print("connected".into()), Step::Sleep(60_000_000_000), Step::Print("tidied up".into()), Step::Spin];
    let script = String::from_utf8(Script::new("s").steps(steps).to_bytes()).expect("it is JSON");
    let manifest = manifest(&folder, "script", &format!("args = ['{script}']"));
    let mut serving = Serving::start(&["--grace", "600"], &manifest);
    let stream = serving.connect();
    assert_eq!(line(&mut serving.stdout), "connected\n");
    signal(&serving.child, "-INT");
    assert_eq!(line(&mut serving.stdout), "tidied up\n");
    serving.is_refused();
    assert_eq!(serving.child.try_wait().expect("it is a child"), None, "it still has time");
    drop(stream);
    signal(&serving.child, "-INT");
    assert_eq!(serving.end().0, Some(130));
}

#[test]
fn who_is_connected_and_does_not_end_in_time_is_killed() {
    let folder = Folder::new();
    let steps = [Step::Print("connected".into()), Step::Spin];
    let script = String::from_utf8(Script::new("s").steps(steps).to_bytes()).expect("it is JSON");
    let manifest = manifest(&folder, "script", &format!("args = ['{script}']"));
    let mut serving = Serving::start(&["--grace", "0"], &manifest);
    let mut stream = serving.connect();
    assert_eq!(line(&mut serving.stdout), "connected\n");
    signal(&serving.child, "-INT");
    assert_eq!(serving.end().0, Some(130));
    assert_eq!(stream.read(&mut [0]).expect("it is closed"), 0);
}

#[test]
fn a_program_that_is_started_finds_what_is_served_beside_it() {
    let folder = Folder::new();
    let (path, script) = (folder.path("x.sock"), guest("script"));
    let steps = [
        net::connect("c", &format!("unix:{path}")),
        net::read_line("c", 100),
        net::write_all("c", "exit\n"),
        Step::Print("done".into()),
    ];
    let args = String::from_utf8(Script::new("s").strict().steps(steps).to_bytes()).expect("it is JSON");
    let manifest = manifest(
        &folder,
        "echo_handler",
        &format!(
            "[[serve]]\nlisten = 'unix://x.sock'\nprogram = 'handler'\n[[start]]\nprogram = 'client'\nargs = ['{args}']\n\
             [program.client]\ncomponent = '{script}'\nallow.network = true"
        ),
    );
    let mut serving = Serving::start(&["--plain"], &manifest);
    assert_eq!(line(&mut serving.stderr), format!("serving handler at unix://{path}\n"));
    assert_eq!(line(&mut serving.stdout), "done\n");
    let mut stream = BufReader::new(UnixStream::connect(&path).expect("it listens"));
    assert_eq!(line(&mut stream), WELCOME);
    signal(&serving.child, "-INT");
    assert_eq!(serving.end().0, Some(130));
    assert!(!std::fs::exists(&path).expect("it can be seen"), "the file is gone with the listener");
}

#[test]
fn an_address_that_somebody_else_has_is_told_before_anything_is_started() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = taken.local_addr().expect("it has one");
    let text = format!(
        "[program.a]\ncomponent = '{}'\n[[start]]\nprogram = 'a'\n[[serve]]\nlisten = 'tcp://{address}'\nprogram = 'a'",
        guest("hello")
    );
    let (code, stdout, stderr) = run(&["run", "--color", "never", &folder.file("cogen.toml", text)]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    let said =
        format!("error: cannot serve `a` at tcp://{address}: Address already in use (os error 98)\nhint: end what ");
    assert!(stderr.starts_with(&said), "{stderr}");
}

#[test]
fn a_program_with_a_pipe_cannot_have_a_socket_in_its_place() {
    let folder = Folder::new();
    let text = format!(
        "[program.a]\ncomponent = '{component}'\n[program.b]\ncomponent = '{component}'\nstdin = 'program:a'\n\
         [[serve]]\nlisten = 'tcp://127.0.0.1:0'\nprogram = 'b'\nstdio = 'socket'",
        component = guest("wasi-stdio")
    );
    let (code, stdout, stderr) = run(&["run", "--color", "never", &folder.file("cogen.toml", text)]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    let said = "error: cannot serve `b` at tcp://127.0.0.1:0: its standard streams would be the connection, and one of them is \
                a pipe to another program\nhint: serve another program of the same component, which has no pipe\n";
    assert_eq!(stderr, said);
}

#[test]
fn without_descriptors_for_all_those_who_connect_wait_until_there_are_some() {
    let folder = Folder::new();
    let manifest = manifest(&folder, "echo_handler", "");
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -n 40; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_cogen"),
        "run",
        "--workers",
        "1",
        &manifest,
    ]);
    shell.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut serving = Serving::of(shell.spawn().expect("sh starts"));
    let mut streams: Vec<_> = (0..60).map(|_| serving.connect()).collect();
    streams.iter_mut().for_each(|stream| say(stream, "exit\n"));
    for stream in &mut streams {
        let mut heard = String::new();
        stream.read_to_string(&mut heard).expect("nobody is lost");
        assert_eq!(heard, format!("{WELCOME}GOOD BYE\r\n"));
    }
    signal(&serving.child, "-INT");
    let (code, _, stderr) = serving.end();
    assert!(code == Some(130) && !stderr.contains("error"), "{code:?} {stderr}");
}
