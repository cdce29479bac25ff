//! Echoes the bytes of the connection it is given, and does nothing else.

use cogen_guest::Error;
use cogen_guest::net::TcpStream;

#[cogen_guest::main]
fn run(stream: TcpStream) -> Result<(), Error> {
    match echo(&stream) {
        Err(Error::Network(_)) => Ok(()),
        result => result,
    }
}

fn echo(stream: &TcpStream) -> Result<(), Error> {
    loop {
        let bytes = stream.read(4096)?;
        if bytes.is_empty() {
            return Ok(());
        }
        stream.write_all(bytes)?;
    }
}
