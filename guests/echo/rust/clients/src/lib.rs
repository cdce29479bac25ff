//! Ten clients of an echo server, that each say some lines and check what comes back: `clients [address]`.
//!
//! Each client is a coroutine of this same program, which is told its number.

use cogen_guest::net::TcpStream;
use cogen_guest::{Error, args, coroutine};

const CLIENTS: u32 = 10;
const LINES: u32 = 100;

#[cogen_guest::main]
fn run(args: Vec<u8>) -> Result<String, Error> {
    let mut args = args::split(&args);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:7777".into());
    match args.next() {
        None => start_all(&address),
        Some(number) => talk(&address, &number),
    }
}

fn start_all(address: &str) -> Result<String, Error> {
    let program = coroutine::current().info().program;
    let start = |number| coroutine::spawn(&program, format!("{address}\0{number}"));
    let clients = (1..=CLIENTS).map(start).collect::<Result<Vec<_>, _>>()?;
    for client in &clients {
        println!("{}", String::from_utf8_lossy(&client.join()?));
    }
    Ok(format!("{CLIENTS} clients are done"))
}

fn talk(address: &str, number: &str) -> Result<String, Error> {
    let stream = TcpStream::connect(address)?;
    hear(&stream, "WELCOME TO ECHO SERVER !\r\n")?;
    for turn in 1..=LINES {
        let line = format!("client {number} says this for the {turn}. time\r\n");
        stream.write_all(&line)?;
        hear(&stream, &line)?;
    }
    stream.write_all("exit\r\n")?;
    hear(&stream, "GOOD BYE\r\n")?;
    hear(&stream, "")?;
    Ok(format!("client {number}: {LINES} lines came back"))
}

/// Read a line that must be this one.
fn hear(stream: &TcpStream, expected: &str) -> Result<(), Error> {
    let line = stream.read_line(8192)?;
    if line == expected.as_bytes() {
        return Ok(());
    }
    Err(Error::Other(format!("{:?} came instead of {expected:?}", String::from_utf8_lossy(&line))))
}
