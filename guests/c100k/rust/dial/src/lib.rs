//! Makes a connection to a program that holds it, says so in the log, and parks on the signal `end`:
//! `dial <address> [local address]`.
//!
//! A local address other than the usual one makes room for more connections than one address has ports.

use cogen_guest::net::TcpStream;
use cogen_guest::{Error, Options, log, signal};

#[cogen_guest::main]
fn run(args: String) -> Result<(), Error> {
    let (address, local) = args.trim_end_matches('\0').split_once(['\0', ' ']).unwrap_or((&args, ""));
    let stream = TcpStream::connect_from(local, address, Options::new())?;
    stream.write_all("hold\n")?;
    if stream.read_line(16)? != b"ok\n" {
        return Err(Error::Other("the other end does not hold connections".into()));
    }
    log::info("up");
    signal::wait("end")?;
    Ok(())
}
