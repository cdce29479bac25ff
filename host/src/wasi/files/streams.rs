//! Streams of files. One has at most one thing done at a time, so that it all happens in order.

use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use parking_lot::Mutex;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, StreamError, StreamResult,
};

use super::{Open, WAITS, now};
use crate::coroutine::{Core, Wait};
use crate::sandbox::payloads::Charge;
use crate::scheduler::blocking::{NoThread, Started};
use crate::wasi::streams::failed;

/// The most that is read at a time: the host keeps it until the guest takes it.
const MAX_READ: usize = 64 << 10;

/// How much is read for somebody who waits for something to read, and has not said how much.
const READ_AHEAD: usize = 16 << 10;

/// A stream that reads a file by way of `stream`, which does it on the thread that asks for it.
pub(super) fn reader(core: &Arc<Core>, file: Arc<Open>, stream: DynInputStream) -> DynInputStream {
    Box::new(Stream::new(core, file, stream, false))
}

/// As [`reader`], to write.
pub(super) fn writer(core: &Arc<Core>, file: Arc<Open>, stream: DynOutputStream) -> DynOutputStream {
    Box::new(Stream::new(core, file, stream, true))
}

/// A stream that has a thread do what it is asked for.
struct Stream<S, T> {
    core: Arc<Core>,
    file: Arc<Open>,
    state: State<S, T>,
    /// Whether what it was asked for is done even if it is gone meanwhile.
    is_seen_through: bool,
    /// What came of the last thing that was done, until the guest is told.
    answer: Option<StreamResult<T>>,
    /// For the bytes that the host has: those that are being written it has until they are, whatever becomes of this.
    charge: Arc<Mutex<Option<Charge>>>,
}

enum State<S, T> {
    Idle(S),
    /// The job has the stream meanwhile.
    Busy(Started<(S, StreamResult<T>)>),
    /// There was nobody to do it.
    Lost,
}

impl<S: Send + 'static, T: Send + 'static> Stream<S, T> {
    fn new(core: &Arc<Core>, file: Arc<Open>, stream: S, is_seen_through: bool) -> Self {
        Stream {
            core: core.clone(),
            file,
            state: State::Idle(stream),
            is_seen_through,
            answer: None,
            charge: Arc::default(),
        }
    }

    /// Has something done, with so many bytes, unless something else is being done.
    fn begin(
        &mut self,
        bytes: usize,
        work: impl AsyncFnOnce(&mut S) -> StreamResult<T> + Send + 'static,
    ) -> StreamResult<()> {
        self.check()?;
        let State::Idle(_) = &self.state else { return Ok(()) };
        // Whoever may not have so many bytes may ask again: the stream is as it was.
        let charge = self.core.program.payloads.charge(bytes).map_err(failed)?;
        self.charge = Arc::new(Mutex::new(Some(charge)));
        let State::Idle(mut stream) = mem::replace(&mut self.state, State::Lost) else { return Ok(()) };
        let (file, charge) = (self.file.clone(), self.charge.clone());
        let work = move || {
            let answer = now(work(&mut stream)).unwrap_or_else(|| Err(StreamError::trap(WAITS)));
            // It counts as open until here.
            drop((file, charge));
            (stream, answer)
        };
        self.state = State::Busy(
            self.core
                .shared
                .blocking
                .start(&self.core, work)
                .map_err(|NoThread(error)| StreamError::LastOperationFailed(error.into()))?,
        );
        Ok(())
    }

    /// Whether there is any use in asking for something.
    fn check(&self) -> StreamResult<()> {
        match self.state {
            _ if self.core.status.is_cancelled() => Err(failed("the coroutine is cancelled")),
            // It has not ended: whoever reads must not take that for all there is.
            State::Lost => Err(failed("the host could not start a thread for it")),
            _ => Ok(()),
        }
    }

    /// Whether nothing is being done.
    fn settle(&mut self) -> bool {
        let State::Busy(job) = &self.state else { return true };
        let Poll::Ready((stream, answer)) = job.poll() else { return false };
        self.answer = Some(answer);
        self.state = State::Idle(stream);
        true
    }

    /// Parks until nothing is being done, or the coroutine is cancelled.
    async fn settled(&mut self) {
        poll_fn(|_| {
            if self.settle() || self.core.status.is_cancelled() {
                return Poll::Ready(());
            }
            self.core.note_wait(Wait::File(self.file.path.clone()));
            Poll::Pending
        })
        .await;
    }
}

impl<S, T> Stream<S, T> {
    /// The bytes are no longer the host's.
    fn let_go(&self) {
        *self.charge.lock() = None;
    }
}

impl<S, T> Drop for Stream<S, T> {
    /// What was accepted is written, also when a program ends that has not closed its file; unless it is killed, since a disk that
    /// hangs must not hold that up.
    fn drop(&mut self) {
        if let State::Busy(job) = mem::replace(&mut self.state, State::Lost)
            && self.is_seen_through
            && !self.core.status.is_killed()
        {
            job.see_through();
        } else {
            self.let_go();
        }
    }
}

type Input = Stream<DynInputStream, Bytes>;

impl Input {
    /// Has something read, unless there is something already.
    fn begin_to_read(&mut self, most: usize) -> StreamResult<()> {
        if !self.settle() || self.answer.is_some() {
            return Ok(());
        }
        let most = most.clamp(1, MAX_READ);
        self.begin(most, async move |stream| stream.blocking_read(most).await)
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for Input {
    fn read(&mut self, most: usize) -> StreamResult<Bytes> {
        if most == 0 {
            return Ok(Bytes::new());
        }
        self.begin_to_read(most)?;
        let Some(answer) = self.answer.take() else {
            self.check()?;
            return Ok(Bytes::new());
        };
        let mut bytes = answer.inspect_err(|_| self.let_go())?;
        let first = bytes.split_to(bytes.len().min(most));
        if bytes.is_empty() {
            self.let_go();
        } else {
            self.answer = Some(Ok(bytes));
        }
        Ok(first)
    }

    async fn blocking_read(&mut self, most: usize) -> StreamResult<Bytes> {
        if most > 0 {
            // No more than that, so that nobody reads what has been changed since.
            self.begin_to_read(most)?;
            self.settled().await;
        }
        self.read(most)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        // Whoever asks next is told what is wrong.
        let _ = self.begin_to_read(READ_AHEAD);
        self.settled().await;
    }
}

type Output = Stream<DynOutputStream, ()>;

impl Output {
    /// What went wrong with what was written last, once.
    fn told(&mut self) -> StreamResult<()> {
        if self.settle() {
            self.let_go();
        }
        self.answer.take().unwrap_or(Ok(()))
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.told()?;
        if let State::Busy(_) = self.state {
            return Err(StreamError::trap("something is written before the stream has room for it"));
        }
        self.begin(bytes.len(), async move |stream| stream.blocking_write_and_flush(bytes).await)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.told()?;
        match &mut self.state {
            State::Idle(stream) => stream.flush(),
            State::Busy(_) | State::Lost => self.check(),
        }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.told()?;
        self.check()?;
        match &mut self.state {
            State::Idle(stream) => stream.check_write(),
            State::Busy(_) | State::Lost => Ok(0),
        }
    }

    /// Whoever closes a file goes on when it is written.
    async fn cancel(&mut self) {
        self.settled().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        self.settled().await;
    }
}
