//! Listens at the address that it is given, and hands each who connects to a coroutine of the program `parse`.

use cogen_guest::coroutine::{Coroutine, State};
use cogen_guest::net::{TcpListener, TcpStream};
use cogen_guest::{Error, Options, handover};
use std::time::Duration;

/// How many may play at a time.
const SEATS: usize = 100;

#[cogen_guest::main]
fn run(address: String) -> Result<(), Error> {
    let listener = TcpListener::bind(address)?;
    println!("listening at {}", listener.local_addr()?);
    let mut players: Vec<Coroutine> = Vec::new();
    for stream in listener.incoming() {
        let stream = stream?;
        players.retain(|player| player.info().state != State::Ended);
        if players.len() < SEATS {
            players.push(handover::spawn("parse", "", [stream.into()])?);
        } else {
            turn_away(&stream);
        }
    }
    Ok(())
}

/// Say why, without waiting for a peer that does not want to know.
fn turn_away(stream: &TcpStream) {
    let at_once = Options::new().timeout(Duration::ZERO);
    let _ = stream.write_all_with("All seats are taken. Come again later.\n\n", at_once);
}
