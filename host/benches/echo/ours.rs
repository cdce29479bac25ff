//! The engine: one worker, and a sandbox for each connection.

use std::path::Path;

use anyhow::{Context, Result};
use cogen::{Allow, Engine, Event, ListenAddress, Program, ReactorKind};

const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/target/wasm32-wasip2/release");

/// With the reactor that engines have unless they are told otherwise.
pub(crate) fn serve(connections: usize) -> Result<()> {
    serve_by(ReactorKind::default(), connections)
}

/// With the reactor that hands operations to the system.
pub(crate) fn serve_by_io_uring(connections: usize) -> Result<()> {
    serve_by(ReactorKind::IoUring, connections)
}

/// With `std::net`, which has one connection in a sandbox: more than one are served one after the other.
pub(crate) fn serve_by_std_net(_: usize) -> Result<()> {
    serve_by_wasi("wasi-sockets", "std-serve")
}

/// With the sockets of C in one sandbox, which waits for all connections by poll(2).
pub(crate) fn serve_by_poll(_: usize) -> Result<()> {
    serve_by_wasi("wasi-sockets-c", "echo")
}

/// A program that opens its own listener, and prints its port.
fn serve_by_wasi(guest: &str, case: &str) -> Result<()> {
    let mut allow = Allow::default();
    allow.network = true;
    let program = Program::from_file(Path::new(GUESTS).join(guest).with_extension("wasm")).allow(allow);
    let print = |event: &Event<'_>| {
        if let Event::Output { bytes, .. } = event {
            print!("{}", String::from_utf8_lossy(bytes));
        }
    };
    let mut engine = Engine::builder().workers(1).on_event(print).program(guest, program).build()?;
    engine.spawn(guest, case)?;
    engine.run();
    Ok(())
}

fn serve_by(reactor: ReactorKind, connections: usize) -> Result<()> {
    // Those of an earlier round may not be gone yet.
    let builder = Engine::builder().workers(1).reactor(reactor).max_coroutines(2 * connections.max(64));
    let mut engine = builder.program("echo", Program::from_file(Path::new(GUESTS).join("echo_bytes.wasm"))).build()?;
    let anywhere: ListenAddress = "tcp://127.0.0.1:0".parse()?;
    let server = engine.serve(&anywhere, "echo", "", 0)?;
    let port = server.address().to_string();
    println!("{}", port.rsplit(':').next().context("a TCP address has a port")?);
    engine.run();
    Ok(())
}
