//! A guest's arguments and standard streams: output becomes events, input is at its end.

use std::sync::Arc;

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::cli::{environment, stderr, stdin, stdout};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream, OutputStream, StreamResult};

use crate::coroutine::Core;
use crate::coroutine::life::Guest;
use crate::event::{Event, Stream};
use crate::sandbox::limits::Limit;

/// For the interfaces that need a guest's table of resources and nothing else.
pub(super) struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

/// What a guest may write at a time; more is asked for again.
const WRITE_PERMIT: usize = 64 << 10;

/// The most arguments of a command: each is a text of its own, in the host and in the guest.
const MAX_ARGUMENTS: usize = 10_000;

/// Hands what is written to whoever the engine tells.
struct Output {
    core: Arc<Core>,
    stream: Stream,
}

impl OutputStream for Output {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        let Output { core, stream } = self;
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
        Ok(if may_write { WRITE_PERMIT } else { 0 })
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        self.core.flow(Limit::LogBytesPerSecond, 0).await;
    }
}

impl Guest {
    fn output(&mut self, stream: Stream) -> wasmtime::Result<Resource<DynOutputStream>> {
        let output: DynOutputStream = Box::new(Output { core: self.core.clone(), stream });
        Ok(self.table.push(output)?)
    }
}

impl stdout::Host for Guest {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.output(Stream::Stdout)
    }
}

impl stderr::Host for Guest {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.output(Stream::Stderr)
    }
}

impl stdin::Host for Guest {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let input: DynInputStream = Box::new(ClosedInputStream);
        Ok(self.table.push(input)?)
    }
}

impl environment::Host for Guest {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.core.grants.environment().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The program's name, then the arguments, which come as one text with a NUL between two of them, and one more
    /// behind the last if that is empty.
    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        let args = std::str::from_utf8(&self.args)
            .map_err(|error| wasmtime::Error::msg(format!("the arguments are no UTF-8: {error}")))?;
        let rest = (!args.is_empty()).then(|| args.strip_suffix('\0').unwrap_or(args).split('\0'));
        let rest: Vec<_> = rest.into_iter().flatten().take(MAX_ARGUMENTS + 1).map(str::to_owned).collect();
        if rest.len() > MAX_ARGUMENTS {
            return Err(wasmtime::Error::msg(format!("more than {MAX_ARGUMENTS} arguments of a command")));
        }
        Ok([vec![self.core.program.name.clone()], rest].concat())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}
