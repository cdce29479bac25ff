//! `cogen:engine/log`.

use super::bindings::log::{Host, Level};
use crate::coroutine::life::Guest;
use crate::event::{self, Event};
use crate::sandbox::limits::Limit;

/// The longest message; the rest of it is cut.
const MAX_MESSAGE: usize = 64 << 10;

impl Host for Guest {
    async fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            Level::Trace => event::Level::Trace,
            Level::Debug => event::Level::Debug,
            Level::Info => event::Level::Info,
            Level::Warn => event::Level::Warn,
            Level::Error => event::Level::Error,
        };
        let message = &message[..message.floor_char_boundary(MAX_MESSAGE)];
        let core = &self.core;
        if !core.flow(Limit::LogBytesPerSecond, message.len() as u64).await {
            return Ok(());
        }
        core.shared.tell(&Event::Log { id: core.id, program: &core.program.name, level, message });
        Ok(())
    }
}
