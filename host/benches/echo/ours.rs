//! The engine: one worker, and a sandbox for each connection.

use anyhow::{Context, Result};
use cogen::{Engine, ListenAddress, Program, ReactorKind};

const GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/target/wasm32-wasip2/release/echo_bytes.wasm");

/// With the reactor that engines have unless they are told otherwise.
pub(crate) fn serve() -> Result<()> {
    serve_by(ReactorKind::default())
}

/// With the reactor that hands operations to the system.
pub(crate) fn serve_by_io_uring() -> Result<()> {
    serve_by(ReactorKind::IoUring)
}

fn serve_by(reactor: ReactorKind) -> Result<()> {
    let builder = Engine::builder().workers(1).reactor(reactor).max_coroutines(8_000);
    let mut engine = builder.program("echo", Program::from_file(GUEST)).build()?;
    let anywhere: ListenAddress = "tcp://127.0.0.1:0".parse()?;
    let server = engine.serve(&anywhere, "echo", "", 0)?;
    let port = server.address().to_string();
    println!("{}", port.rsplit(':').next().context("a TCP address has a port")?);
    engine.run();
    Ok(())
}
