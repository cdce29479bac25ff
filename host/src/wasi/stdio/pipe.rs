//! What one program writes and another one reads.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use parking_lot::Mutex;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, OutputStream, StreamError, StreamResult};

use super::turns::{Turn, Waited};
use super::{permit_when_ready, read_when_ready};
use crate::coroutine::{Core, Wait};
use crate::ops::line::Line;
use crate::wasi::streams::cancelled;

/// As much as a pipe of Linux holds: so many bytes that who writes and who reads take turns seldom, and so few that a thousand
/// pipes are no matter.
const CAPACITY: usize = 64 << 10;

/// So much is written in one piece, or not yet: as in a pipe of a system, lines of several writers stay whole.
const PIECE: usize = 4 << 10;

/// The two ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Write,
    Read,
}

/// The pipe between two programs. It keeps nobody alive: who waits for one that never comes is parked as for a signal.
pub(crate) struct Pipe {
    writer: Arc<str>,
    reader: Arc<str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    writers: Party,
    readers: Party,
}

/// The coroutines at one end.
#[derive(Default)]
struct Party {
    /// How many have not ended. It may be told of an end before it is told of the start.
    living: i64,
    has_begun: bool,
    line: Line<Arc<Core>>,
}

impl Party {
    fn is_gone(&self) -> bool {
        self.has_begun && self.living <= 0
    }
}

impl State {
    fn party(&mut self, end: End) -> &mut Party {
        match end {
            End::Write => &mut self.writers,
            End::Read => &mut self.readers,
        }
    }

    /// How much may be written.
    fn room(&self) -> usize {
        let room = CAPACITY.saturating_sub(self.bytes.len());
        if room < PIECE { 0 } else { room }
    }

    /// Whether nobody has to wait at this end.
    fn is_ready(&self, end: End) -> bool {
        match end {
            End::Write => self.room() > 0 || self.readers.is_gone(),
            End::Read => !self.bytes.is_empty() || self.writers.is_gone(),
        }
    }
}

impl Pipe {
    pub(super) fn new(writer: &str, reader: &str) -> Arc<Self> {
        Arc::new(Pipe { writer: writer.into(), reader: reader.into(), state: Mutex::default() })
    }

    /// There is one coroutine more at this end.
    pub(super) fn enter(&self, end: End) {
        self.state.lock().party(end).living += 1;
    }

    /// One of them has begun.
    pub(super) fn begin(&self, end: End) {
        self.state.lock().party(end).has_begun = true;
    }

    /// One of them has ended: if it was the last, those at the other end need not wait.
    pub(super) fn leave(&self, end: End) {
        self.state.lock().party(end).living -= 1;
        let other = if end == End::Write { End::Read } else { End::Write };
        At(self, other).wake_first();
    }

    /// Waits until nobody has to at this end.
    async fn wait(&self, core: &Arc<Core>, end: End) {
        let mut turn = None;
        poll_fn(|_| {
            let mut state = self.state.lock();
            if core.status.is_cancelled() || state.is_ready(end) {
                return Poll::Ready(());
            }
            turn.get_or_insert_with(|| Turn { at: At(self, end), spot: state.party(end).line.join(core.clone()) });
            drop(state);
            core.note_wait(match end {
                End::Write => Wait::PipeRoom(self.reader.clone()),
                End::Read => Wait::PipeBytes(self.writer.clone()),
            });
            Poll::Pending
        })
        .await;
    }

    /// Changes what is in it, and lets who waits at the other end look.
    fn change<T>(&self, other: End, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state.lock());
        At(self, other).wake_first();
        result
    }
}

/// An end of a pipe, and those who wait there.
struct At<'a>(&'a Pipe, End);

impl Waited for At<'_> {
    fn line<T>(&self, look: impl FnOnce(&mut Line<Arc<Core>>) -> T) -> T {
        look(&mut self.0.state.lock().party(self.1).line)
    }
}

/// The end that a coroutine reads from.
pub(super) struct PipeReader {
    pipe: Arc<Pipe>,
    core: Arc<Core>,
}

impl PipeReader {
    pub(super) fn new(pipe: Arc<Pipe>, core: Arc<Core>) -> Self {
        PipeReader { pipe, core }
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for PipeReader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        self.pipe.change(End::Write, |state| {
            let count = size.min(state.bytes.len());
            match count {
                0 if state.writers.is_gone() => Err(StreamError::Closed),
                0 if self.core.status.is_cancelled() => Err(cancelled()),
                count => Ok(state.bytes.drain(..count).collect()),
            }
        })
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        read_when_ready(self, size).await
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PipeReader {
    async fn ready(&mut self) {
        self.pipe.wait(&self.core, End::Read).await;
    }
}

/// The end that a coroutine writes to.
pub(super) struct PipeWriter {
    pipe: Arc<Pipe>,
    core: Arc<Core>,
}

impl PipeWriter {
    pub(super) fn new(pipe: Arc<Pipe>, core: Arc<Core>) -> Self {
        PipeWriter { pipe, core }
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for PipeWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.pipe.change(End::Read, |state| {
            if state.readers.is_gone() {
                return Err(StreamError::Closed);
            }
            // Since it was allowed, those of other workers may have come first: so there may be a capacity for each worker.
            state.bytes.extend(&bytes);
            Ok(())
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let state = self.pipe.state.lock();
        match state.room() {
            _ if state.readers.is_gone() => Err(StreamError::Closed),
            0 if self.core.status.is_cancelled() => Err(cancelled()),
            room => Ok(room),
        }
    }

    async fn write_ready(&mut self) -> StreamResult<usize> {
        permit_when_ready(self).await
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PipeWriter {
    async fn ready(&mut self) {
        self.pipe.wait(&self.core, End::Write).await;
    }
}
