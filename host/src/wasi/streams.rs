//! `wasi:io/streams`, through the boundary of operations where a coroutine may have to wait.
//!
//! What a stream is made of is its own matter. Here it is seen to that a guest writes no more than it was allowed to, and that
//! the table and the trace know who waits for a stream. A stream says itself what it waits for, while it does.

use wasmtime::component::Resource;
use wasmtime_wasi_io::bindings::wasi::io::streams::{self, Host, HostInputStream, HostOutputStream};
use wasmtime_wasi_io::poll::DynPollable;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream, StreamError, StreamResult};

use crate::coroutine::Wait;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;

/// What is said instead of "not yet" to a coroutine that waits no more: it would ask for ever.
pub(super) fn cancelled() -> StreamError {
    failed("cancelled")
}

/// What a stream answers when something has gone wrong.
pub(super) fn failed(why: impl std::fmt::Display) -> StreamError {
    StreamError::LastOperationFailed(wasmtime::Error::msg(why.to_string()))
}

impl Host for Guest {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        self.table.convert_stream_error(error)
    }
}

impl HostInputStream for Guest {
    fn read(&mut self, stream: Resource<DynInputStream>, most: u64) -> StreamResult<Vec<u8>> {
        HostInputStream::read(&mut self.table, stream, most)
    }

    async fn blocking_read(&mut self, stream: Resource<DynInputStream>, most: u64) -> StreamResult<Vec<u8>> {
        let work = HostInputStream::blocking_read(&mut self.table, stream, most);
        self.core.wait_for(Name::StreamRead, Wait::Input, work).await
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, most: u64) -> StreamResult<u64> {
        HostInputStream::skip(&mut self.table, stream, most)
    }

    async fn blocking_skip(&mut self, stream: Resource<DynInputStream>, most: u64) -> StreamResult<u64> {
        let work = HostInputStream::blocking_skip(&mut self.table, stream, most);
        self.core.wait_for(Name::StreamSkip, Wait::Input, work).await
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        HostInputStream::subscribe(&mut self.table, stream)
    }

    async fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        HostInputStream::drop(&mut self.table, stream).await
    }
}

impl HostOutputStream for Guest {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        HostOutputStream::check_write(&mut self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        let stream = self.table.get_mut(&stream)?;
        if bytes.len() > stream.check_write()? {
            return Err(StreamError::trap("more bytes are written than `check-write` allows"));
        }
        stream.write(bytes.into())
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        HostOutputStream::subscribe(&mut self.table, stream)
    }

    async fn blocking_write_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        let work = HostOutputStream::blocking_write_and_flush(&mut self.table, stream, bytes);
        self.core.wait_if_need_be(Name::StreamWrite, Wait::Output, work).await
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        HostOutputStream::flush(&mut self.table, stream)
    }

    async fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        let work = HostOutputStream::blocking_flush(&mut self.table, stream);
        self.core.wait_if_need_be(Name::StreamFlush, Wait::Output, work).await
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, count: u64) -> StreamResult<()> {
        // A number that is too large for this machine is more than is allowed, too.
        self.table.get_mut(&stream)?.write_zeroes(usize::try_from(count).unwrap_or(usize::MAX))
    }

    async fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        count: u64,
    ) -> StreamResult<()> {
        let work = HostOutputStream::blocking_write_zeroes_and_flush(&mut self.table, stream, count);
        self.core.wait_if_need_be(Name::StreamWrite, Wait::Output, work).await
    }

    fn splice(
        &mut self,
        into: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        most: u64,
    ) -> StreamResult<u64> {
        HostOutputStream::splice(&mut self.table, into, from, most)
    }

    async fn blocking_splice(
        &mut self,
        into: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        most: u64,
    ) -> StreamResult<u64> {
        let work = HostOutputStream::blocking_splice(&mut self.table, into, from, most);
        self.core.wait_for(Name::StreamSplice, Wait::Input, work).await
    }

    async fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        let work = HostOutputStream::drop(&mut self.table, stream);
        self.core.wait_if_need_be(Name::StreamDrop, Wait::Output, work).await
    }
}
