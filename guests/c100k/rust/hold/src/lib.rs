//! Holds the connection it is given: reads `hold [signal]`, answers `ok`, and parks on that signal, or on `end`.

use cogen_guest::net::TcpStream;
use cogen_guest::{Error, signal};

#[cogen_guest::main]
fn run(stream: TcpStream) -> Result<(), Error> {
    let line = stream.read_line(256)?;
    stream.write_all("ok\n")?;
    let signal = line.strip_prefix(b"hold ").map_or(&b""[..], <[u8]>::trim_ascii);
    signal::wait(std::str::from_utf8(signal).ok().filter(|name| !name.is_empty()).unwrap_or("end"))?;
    Ok(())
}
