//! The engine: one worker, and a sandbox for each connection.

use std::path::{Path, PathBuf};

use anyhow::Result;
use cogen::{Engine, Event, Program, ReactorKind};

pub(crate) fn serve() -> Result<()> {
    let dir = std::env::var_os("COGEN_GUESTS").map_or_else(|| Path::new("/tmp/g/echo/target/wasm32-wasip2/release").to_owned(), PathBuf::from);
    let kind = std::env::var("COGEN_REACTOR").unwrap_or("mio".into());
    let kind = ReactorKind::ALL.iter().find(|k| k.name() == kind).unwrap().clone();
    let mut engine = Engine::builder().workers(1).reactor(kind).max_coroutines(8000)
        .program("echo", Program::from_file(dir.join("echo_bytes.wasm")))
        .program("srv", Program::from_file(dir.join("srv.wasm")).allow_network())
        .on_event(|e| match e { Event::Output { bytes, .. } => { let s = String::from_utf8_lossy(bytes); if let Some((_, p)) = s.trim().rsplit_once(':') { println!("{p}") } }, Event::Failed(r) => eprintln!("{} {}", r.program, r.outcome), _ => {} })
        .build()?;
    engine.spawn("srv", "127.0.0.1:0")?;
    engine.run();
    Ok(())
}
