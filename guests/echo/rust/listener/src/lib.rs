//! Listens at an address and gives each who connects to a coroutine of its own: `listener [address] [program]`.

use cogen_guest::net::TcpListener;
use cogen_guest::{Error, args, handover};

#[cogen_guest::main]
fn run(args: Vec<u8>) -> Result<(), Error> {
    let mut args = args::split(&args);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:7777".into());
    let handler = args.next().unwrap_or_else(|| "echo".into());

    let listener = TcpListener::bind(address)?;
    println!("listening at {}", listener.local_addr()?);
    for stream in listener.incoming() {
        handover::spawn(&handler, "", [stream?.into()])?;
    }
    Ok(())
}
