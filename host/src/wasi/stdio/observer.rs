//! Output that is handed to whoever the engine tells what happens.

use std::sync::Arc;

use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream, StreamResult};

use super::CHUNK;
use crate::coroutine::Core;
use crate::event::{Event, Stream};
use crate::sandbox::limits::Limit;

/// Output of a coroutine, as fast as it may flow.
pub(super) struct Observed {
    core: Arc<Core>,
    stream: Stream,
}

impl Observed {
    pub(super) fn new(core: Arc<Core>, stream: Stream) -> Self {
        Observed { core, stream }
    }
}

impl OutputStream for Observed {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        let Observed { core, stream } = self;
        let waits = || core.pass(Limit::LogBytesPerSecond, 0).is_err();
        if core.status.is_cancelled() && waits() {
            // It waits for nothing any more: what is too much of it is nobody's to hear.
            return Ok(());
        }
        core.count_flow(Limit::LogBytesPerSecond, bytes.len() as u64);
        let program = &core.program.name;
        core.shared.tell(&Event::Output { id: core.id, program, stream: *stream, bytes: &bytes });
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let may_write = self.core.status.is_cancelled() || self.core.pass(Limit::LogBytesPerSecond, 0).is_ok();
        Ok(if may_write { CHUNK } else { 0 })
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Observed {
    async fn ready(&mut self) {
        self.core.flow(Limit::LogBytesPerSecond, 0).await;
    }
}
