//! The engine: one worker, and a sandbox for each connection.

use anyhow::{Context, Result};
use cogen::{Engine, ListenAddress, Program, ReactorKind};

const GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/target/wasm32-wasip2/release/echo_bytes.wasm");

/// With the reactor that engines have unless they are told otherwise.
pub(crate) fn serve(connections: usize) -> Result<()> {
    serve_by(ReactorKind::default(), connections)
}

/// With the reactor that hands operations to the system.
pub(crate) fn serve_by_io_uring(connections: usize) -> Result<()> {
    serve_by(ReactorKind::IoUring, connections)
}

fn serve_by(reactor: ReactorKind, connections: usize) -> Result<()> {
    // Those of an earlier round may not be gone yet.
    let builder = Engine::builder().workers(1).reactor(reactor).max_coroutines(2 * connections.max(64));
    let mut engine = builder.program("echo", Program::from_file(GUEST)).build()?;
    let anywhere: ListenAddress = "tcp://127.0.0.1:0".parse()?;
    let server = engine.serve(&anywhere, "echo", "", 0)?;
    let port = server.address().to_string();
    println!("{}", port.rsplit(':').next().context("a TCP address has a port")?);
    engine.run();
    Ok(())
}
