//! Echoes the lines of the connection it is given, until its peer says `exit` or goes.

use cogen_guest::Error;
use cogen_guest::net::TcpStream;

/// How long a line may be, with its end.
const LONGEST: usize = 8192;

#[cogen_guest::main]
fn run(stream: TcpStream) -> Result<(), Error> {
    match echo(&stream) {
        Err(Error::TooLong) => stream.write_all("THIS LINE IS TOO LONG, GOOD BYE\r\n"),
        // A peer that goes without a word is no failure of this server.
        Err(Error::Network(_)) => Ok(()),
        result => result,
    }
}

fn echo(stream: &TcpStream) -> Result<(), Error> {
    stream.write_all("WELCOME TO ECHO SERVER !\r\n")?;
    loop {
        let line = stream.read_line(LONGEST)?;
        if line.is_empty() {
            return Ok(());
        }
        if line.trim_ascii() == b"exit" {
            return stream.write_all("GOOD BYE\r\n");
        }
        stream.write_all(&line)?;
    }
}
