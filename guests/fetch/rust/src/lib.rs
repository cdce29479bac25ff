//! Fetches a page over HTTP and prints all that comes: `fetch [host:port] [path]`.

use cogen_guest::net::TcpStream;
use cogen_guest::{Error, args};
use std::io;

#[cogen_guest::main]
fn run(args: Vec<u8>) -> Result<(), Error> {
    let mut args = args::split(&args);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:80".into());
    let path = args.next().unwrap_or_else(|| "/".into());

    let stream = TcpStream::connect(&address)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))?;
    io::copy(&mut &stream, &mut io::stdout())?;
    Ok(())
}
