//! Reads and writes its standard streams, and says what it observes.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Read, Write};

use wasip2::cli::{stderr, stdin, stdout};
use wasip2::io::poll::poll;
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let case = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    match case.as_str() {
        "read" => read(),
        "skip" => skip(),
        "nothing" => nothing(),
        "write" => write(),
        "zeroes" => zeroes(),
        "splice" => splice(),
        "too-much" => too_much(),
        "poll" => poll_all(),
        "terminal" => terminal(),
        "upper" => upper(),
        "count" => println!("{}", io::copy(&mut io::stdin(), &mut io::sink()).expect("it can be read")),
        "copy" => drop(io::copy(&mut io::stdin(), &mut io::stdout()).expect("it is copied")),
        "first" => first(count),
        "numbers" => (0..count).for_each(|number| println!("{number}")),
        "halves" => halves(count),
        "prompt" => prompt(),
        "until-closed" => until_closed(),
        "block" => stdin::get_stdin().subscribe().block(),
        "blocking-read" => drop(stdin::get_stdin().blocking_read(1)),
        "blocking-skip" => drop(stdin::get_stdin().blocking_skip(1)),
        "blocking-splice" => drop(stdout::get_stdout().blocking_splice(&stdin::get_stdin(), 1)),
        "fill-block" => fill(|stdout| stdout.subscribe().block()),
        "fill-write" => fill(|stdout| drop(stdout.blocking_write_and_flush(b"\n"))),
        "fill-flush" => fill(|stdout| drop(stdout.blocking_flush())),
        other => panic!("there is no case {other:?}"),
    }
}

/// What a function of a stream answers, as text.
fn shown<T: std::fmt::Debug>(answer: Result<T, StreamError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(StreamError::Closed) => "closed".to_owned(),
        Err(StreamError::LastOperationFailed(error)) => format!("failed, {}", !error.to_debug_string().is_empty()),
    }
}

fn text(answer: Result<Vec<u8>, StreamError>) -> String {
    shown(answer.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Reads until something comes.
fn read_some(stdin: &InputStream, most: u64) -> Result<Vec<u8>, StreamError> {
    loop {
        stdin.subscribe().block();
        let bytes = stdin.read(most)?;
        if !bytes.is_empty() {
            return Ok(bytes);
        }
    }
}

fn read() {
    let stdin = stdin::get_stdin();
    println!("{}", text(stdin.blocking_read(4)));
    println!("{}", text(read_some(&stdin, 3)));
    // The stream is one, however often it is asked for.
    let again = stdin::get_stdin();
    println!("{}", text(again.blocking_read(2)));
    println!("{}", text(stdin.blocking_read(100)));
    println!("{}", text(stdin.blocking_read(1)));
    println!("{}", text(stdin.read(1)));
    println!("{}", again.subscribe().ready());
}

fn skip() {
    let stdin = stdin::get_stdin();
    println!("{}", shown(stdin.blocking_skip(2)));
    println!("{}", text(stdin.blocking_read(2)));
    println!("{}", shown(stdin.skip(3)));
    println!("{}", text(stdin.blocking_read(100)));
    println!("{}", shown(stdin.blocking_skip(1)));
    println!("{}", shown(stdin.skip(1)));
}

fn nothing() {
    let stdin = stdin::get_stdin();
    let pollable = stdin.subscribe();
    pollable.block();
    println!("{}", pollable.ready());
    drop(pollable);
    println!("{} {}", text(stdin.blocking_read(1)), shown(stdin.skip(1)));
    let mut line = String::new();
    println!("{:?}", io::stdin().read_line(&mut line).expect("it is at its end"));
}

fn write() {
    for stream in [stdout::get_stdout(), stderr::get_stderr()] {
        assert!(stream.check_write().expect("it is open") >= 20);
        stream.write(b"written\n").expect("it is open");
        stream.flush().expect("it is open");
        stream.subscribe().block();
        stream.blocking_flush().expect("it is open");
        stream.blocking_write_and_flush(b"written and flushed\n").expect("it is open");
        stream.write(b"").expect("it is open");
    }
}

fn zeroes() {
    let stdout = stdout::get_stdout();
    assert!(stdout.check_write().expect("it is open") >= 3);
    stdout.write_zeroes(3).expect("it is open");
    stdout.blocking_write_zeroes_and_flush(2).expect("it is open");
    stdout.blocking_flush().expect("it is open");
}

fn splice() {
    let (stdin, stdout) = (stdin::get_stdin(), stdout::get_stdout());
    eprintln!("{}", shown(stdout.blocking_splice(&stdin, 3)));
    stdout.subscribe().block();
    eprintln!("{}", shown(stdout.splice(&stdin, 2)));
    eprintln!("{}", shown(stdout.blocking_splice(&stdin, 100)));
    eprintln!("{}", shown(stdout.blocking_splice(&stdin, 1)));
}

/// To write more than is allowed ends a program.
fn too_much() {
    let stdout = stdout::get_stdout();
    let permit = stdout.check_write().expect("it is open");
    let _ = stdout.write(&vec![0; usize::try_from(permit).expect("it is small") + 1]);
}

fn poll_all() {
    let (stdin, stdout, stderr) = (stdin::get_stdin(), stdout::get_stdout(), stderr::get_stderr());
    let (stdin, stdout, stderr) = (stdin.subscribe(), stdout.subscribe(), stderr.subscribe());
    stdin.block();
    println!("{:?}", poll(&[&stdin, &stdout, &stderr]));
}

fn terminal() {
    println!("{} {} {}", io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal());
}

fn upper() {
    for line in io::stdin().lines() {
        println!("{}", line.expect("it is text").to_uppercase());
    }
}

/// Reads so many bytes, one by one, and no more.
fn first(count: usize) {
    let stdin = stdin::get_stdin();
    let bytes: Vec<_> = (0..count).flat_map(|_| stdin.blocking_read(1).expect("there are more")).collect();
    println!("{}", String::from_utf8_lossy(&bytes));
}

/// Writes lines, each of them in two parts.
fn halves(count: usize) {
    let stdout = stdout::get_stdout();
    for number in 0..count {
        stdout.blocking_write_and_flush(b"first, ").expect("it is open");
        stdout.blocking_write_and_flush(format!("second {number}\n").as_bytes()).expect("it is open");
    }
}

fn prompt() {
    print!("name? ");
    io::stdout().flush().expect("it is open");
    let mut name = String::new();
    io::stdin().lock().read_line(&mut name).expect("it is text");
    println!("hello, {}", name.trim_end());
}

/// Writes until nobody reads any more.
fn until_closed() {
    let mut stdout = io::stdout();
    let mut one = [0; 1];
    // It is started by what comes on its standard input, if anything does.
    let _ = io::stdin().read(&mut one);
    loop {
        if let Err(error) = writeln!(stdout, "line") {
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
            eprintln!("closed");
            return;
        }
    }
}

/// Writes until it is told that it may not, and waits in this way when there is no room.
fn fill(wait: impl Fn(&OutputStream)) {
    let stdout = stdout::get_stdout();
    while let Ok(room) = stdout.check_write() {
        match room {
            0 => wait(&stdout),
            room => drop(stdout.write(&vec![b'\n'; usize::try_from(room).expect("it is small")])),
        }
    }
}
