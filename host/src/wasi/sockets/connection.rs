//! The two streams of a connection.
//!
//! What is written goes to the system at once. What the system has no room for is kept, and goes on when there is room
//! ([`Unsent`]); meanwhile no more may be written. So there is one call for each write, and none that asks whether there is room.
//!
//! To wait for something to read is to read: what has come is kept until the guest asks for it, which it does next. So there
//! is one call for each wait, and none that asks whether there is something.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::net::Shutdown;
use std::sync::{Arc, Weak};
use std::task::Poll;

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, OutputStream, StreamError, StreamResult};

use super::Unsent;
use super::bindings::network::ErrorCode;
use super::errors::{Told, code};
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::ops::source::Source;
use crate::reactor::{Direction, MAX_READ};
use crate::sandbox::payloads::Charge;
use crate::wasi::streams::cancelled;

/// What is read while the guest waits: little, for it lies there until the guest asks, and each connection has its own.
const READ_AHEAD: usize = 4 << 10;

/// What may be written at a time, and is kept if there is no room for it: as much as wasmtime-wasi lets through.
const PERMIT: usize = 64 << 10;

/// A connection, which its socket and its streams share.
pub(crate) struct Connection {
    core: Arc<Core>,
    pub(super) source: Source,
    reading: Mutex<Reading>,
    writing: Mutex<Writing>,
    unsent: Weak<Unsent>,
}

#[derive(Default)]
struct Reading {
    /// What has been read that the guest has not asked for.
    ahead: Vec<u8>,
    end: Option<End>,
}

#[derive(Default)]
struct Writing {
    /// What was written that the system has no room for.
    kept: Option<(Bytes, Charge)>,
    /// Whether nothing comes after it.
    is_last: bool,
    end: Option<End>,
}

/// Why a direction is over.
#[derive(Clone, Copy)]
enum End {
    Closed,
    Failed(ErrorCode),
}

impl From<End> for StreamError {
    fn from(end: End) -> Self {
        match end {
            End::Closed => StreamError::Closed,
            End::Failed(code) => StreamError::LastOperationFailed(code.into()),
        }
    }
}

impl Connection {
    pub(crate) fn new(core: &Arc<Core>, source: Source, unsent: &Arc<Unsent>) -> Arc<Self> {
        Arc::new(Connection {
            core: core.clone(),
            source,
            reading: Mutex::default(),
            writing: Mutex::default(),
            unsent: Arc::downgrade(unsent),
        })
    }

    /// Its streams.
    pub(crate) fn streams(self: &Arc<Self>) -> (Input, Output) {
        (Input(self.clone()), Output(self.clone()))
    }

    fn describe(&self) -> String {
        self.source.socket.describe()
    }

    fn note_wait(&self, name: Name) {
        self.core.note_wait(Wait::Socket(name, Arc::downgrade(&self.source.socket)));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // What the system had not been asked for it would tell the peer of: so it is told that not all was read.
        if !self.reading.get_mut().ahead.is_empty() {
            let _ = self.source.socket.shutdown(Shutdown::Write);
            let _ = self.source.socket.break_off();
        }
    }
}

/// Reading.
impl Connection {
    fn read(&self, most: usize) -> StreamResult<Bytes> {
        let most = most.min(MAX_READ);
        let mut bytes = self.reading.lock().take(most)?;
        let more = most - bytes.len();
        // If what was read ahead is all there was, the reactor knows it and makes no call.
        if more > 0 && self.reading.lock().end.is_none() {
            let read = self
                .source
                .try_now(Direction::Read, &self.core, false, |reactor, at| reactor.read(at, &mut bytes, more));
            self.reading.lock().note(&read);
        }
        if bytes.is_empty() && most > 0 {
            self.reading.lock().check()?;
            if self.core.status.is_cancelled() {
                return Err(cancelled());
            }
        }
        Ok(bytes.into())
    }

    /// Parks until there is something to read, or nothing any more.
    async fn wait_to_read(&self) {
        if self.reading.lock().has_news() {
            return;
        }
        self.note_wait(Name::WasiTcpRead);
        let mut bytes = Vec::new();
        let read = self
            .source
            .wait(Direction::Read, &self.core, |reactor, at| reactor.read(at, &mut bytes, READ_AHEAD))
            .await
            .map_or(Poll::Pending, Poll::Ready);
        let mut reading = self.reading.lock();
        reading.note(&read);
        reading.ahead = bytes;
    }

    /// Takes no more of what the peer sends.
    pub(super) fn shut_reading(&self) {
        *self.reading.lock() = Reading { ahead: Vec::new(), end: Some(End::Closed) };
        // A peer that has gone already has seen to it.
        let _ = self.source.socket.shutdown(Shutdown::Read);
    }
}

impl Reading {
    /// Some of what was read ahead; an error if there is none, and will be none.
    fn take(&mut self, most: usize) -> StreamResult<Vec<u8>> {
        if self.ahead.is_empty() {
            self.check()?;
        }
        if self.ahead.len() <= most {
            return Ok(mem::take(&mut self.ahead));
        }
        let rest = self.ahead.split_off(most);
        Ok(mem::replace(&mut self.ahead, rest))
    }

    /// An error is told once, and then that the stream has ended.
    fn check(&mut self) -> StreamResult<()> {
        match self.end.replace(End::Closed) {
            Some(end) => Err(end.into()),
            None => {
                self.end = None;
                Ok(())
            }
        }
    }

    fn has_news(&self) -> bool {
        !self.ahead.is_empty() || self.end.is_some()
    }

    /// Notes what a read has told of the stream's end.
    fn note(&mut self, read: &Poll<io::Result<usize>>) {
        match read {
            Poll::Ready(Ok(0)) => self.end = Some(End::Closed),
            Poll::Ready(Err(error)) => self.end = Some(End::Failed(code(error))),
            _ => {}
        }
    }
}

/// Writing.
impl Connection {
    /// How much may be written now: nothing while something is kept.
    fn permit(&self) -> StreamResult<usize> {
        let is_free = self.send_kept();
        self.writing.lock().check()?;
        match is_free {
            true => Ok(PERMIT),
            false if self.core.status.is_cancelled() => Err(cancelled()),
            false => Ok(0),
        }
    }

    fn write(self: &Arc<Self>, mut bytes: Bytes) -> StreamResult<()> {
        self.writing.lock().check()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let written = self.source.try_now(Direction::Write, &self.core, true, |reactor, at| reactor.write(at, &bytes));
        match written {
            Poll::Ready(Ok(count)) => {
                self.source.note_written(count);
                bytes.advance(count);
            }
            Poll::Ready(Err(error)) => return Err(self.writing.lock().fail(&error).into()),
            Poll::Pending => {}
        }
        if bytes.is_empty() { Ok(()) } else { self.keep(bytes) }
    }

    /// Keeps what there was no room for.
    fn keep(self: &Arc<Self>, bytes: Bytes) -> StreamResult<()> {
        let charge = self.core.program.payloads.charge(bytes.len());
        // A part of what was written is gone: nothing can come after it.
        let charge = charge.map_err(|_| {
            let end = End::Failed(ErrorCode::OutOfMemory);
            self.writing.lock().end = Some(end);
            end
        })?;
        self.writing.lock().kept = Some((bytes, charge));
        if let Some(unsent) = self.unsent.upgrade() {
            unsent.add(self.clone());
        }
        Ok(())
    }

    /// Goes on with what is kept; whether nothing is kept any more.
    pub(super) fn send_kept(&self) -> bool {
        loop {
            let kept = self.writing.lock().kept.as_ref().map(|(bytes, _)| bytes.clone());
            let Some(bytes) = kept else { return true };
            match self.source.ask(&self.core, |reactor, at| reactor.write(at, &bytes)) {
                Poll::Pending => return false,
                Poll::Ready(Ok(count)) => {
                    self.source.note_written(count);
                    self.writing.lock().advance(count);
                }
                Poll::Ready(Err(error)) => drop(self.writing.lock().fail(&error)),
            }
            self.shut_after_the_last();
        }
    }

    /// Parks until nothing is kept, or until the coroutine is cancelled. Whoever sends it looks at this again.
    async fn wait_to_write(&self) {
        let is_free = || self.writing.lock().kept.is_none() || self.core.status.is_cancelled();
        if !is_free() {
            self.note_wait(Name::WasiTcpWrite);
            poll_fn(|_| if is_free() { Poll::Ready(()) } else { Poll::Pending }).await;
        }
    }

    /// Parks until all that was written is on its way, and tells the peer that nothing comes after it.
    pub(crate) async fn finish(&self) {
        self.wait_to_write().await;
        self.shut_writing();
    }

    /// Writes no more: the peer is told when all that was written is on its way.
    pub(super) fn shut_writing(&self) {
        self.writing.lock().is_last = true;
        self.shut_after_the_last();
    }

    fn shut_after_the_last(&self) {
        let mut writing = self.writing.lock();
        let is_over = writing.is_last && writing.kept.is_none() && writing.end.is_none();
        if is_over {
            writing.end = Some(End::Closed);
            drop(writing);
            // A peer that has gone already needs not to be told.
            let _ = self.source.socket.shutdown(Shutdown::Write);
        }
    }
}

impl Writing {
    fn check(&self) -> StreamResult<()> {
        self.end.map_or(Ok(()), |end| Err(end.into()))
    }

    /// So many bytes are on their way.
    fn advance(&mut self, count: usize) {
        self.kept = self.kept.take().and_then(|(mut bytes, charge)| {
            bytes.advance(count);
            (!bytes.is_empty()).then_some((bytes, charge))
        });
    }

    fn fail(&mut self, error: &io::Error) -> End {
        let end = if error.kind() == io::ErrorKind::BrokenPipe { End::Closed } else { End::Failed(code(error)) };
        self.kept = None;
        self.end = Some(end);
        end
    }
}

/// What the peer sends.
pub(crate) struct Input(Arc<Connection>);

impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.0.core.answer(Name::WasiTcpRead, || self.0.describe(), || Told(self.0.read(size))).0
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        self.0.wait_to_read().await;
    }
}

/// What is sent to the peer.
pub(crate) struct Output(Arc<Connection>);

#[wasmtime_wasi::async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.core.answer(Name::WasiTcpWrite, || self.0.describe(), || Told(self.0.write(bytes))).0
    }

    fn flush(&mut self) -> StreamResult<()> {
        // What is kept goes as soon as it can: there is nothing to hurry.
        self.0.writing.lock().check()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.permit()
    }

    async fn cancel(&mut self) {
        // The guest takes what it has written for sent, and may end next.
        self.0.wait_to_write().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        self.0.wait_to_write().await;
    }
}
