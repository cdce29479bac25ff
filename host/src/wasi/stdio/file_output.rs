//! A file that standard output or standard error goes into, by whole lines of all who write to it.
//!
//! What is written waits in a queue of the file for a thread of the host, and a run does not end before it is written, whatever
//! has become of who wrote it.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::future::poll_fn;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream, StreamError, StreamResult};

use super::turns::{Turn, Waited};
use super::{CHUNK, permit_when_ready};
use crate::coroutine::{Core, CoroutineId, Wait};
use crate::ops::line::Line;
use crate::scheduler::blocking::NoThread;
use crate::wasi::streams::{cancelled, failed};

/// A line without an end is kept until it is this long: each coroutine may have one.
const LONGEST_LINE: usize = 8 << 10;

/// While so much waits to be written, nobody may add to it.
const MAX_QUEUE: usize = 64 << 10;

/// A file that all coroutines of an engine share that write to it.
pub(crate) struct OutputFile {
    path: Arc<Path>,
    file: OnceLock<File>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Bytes>,
    /// How many bytes came into the queue so far, and how many of them were written, or could not be.
    came: u64,
    went: u64,
    /// Who wrote last, if that was no whole line.
    open: Option<CoroutineId>,
    /// Why what was written last could not be, until somebody is told.
    error: Option<io::Error>,
    writing: Writing,
    line: Line<Arc<Core>>,
}

/// Who writes what is in the queue.
#[derive(Default, PartialEq, Eq)]
enum Writing {
    #[default]
    Nobody,
    /// A thread will come to it.
    Soon,
    /// A thread is at work on it.
    Now,
}

impl State {
    fn waiting(&self) -> usize {
        usize::try_from(self.came - self.went).unwrap_or(usize::MAX)
    }

    fn push(&mut self, bytes: Bytes) {
        self.came += bytes.len() as u64;
        self.queue.push_back(bytes);
    }
}

impl OutputFile {
    /// Makes it, or empties it. To open a pipe of the system is to wait for who reads it: that is left to the thread that writes.
    pub(super) fn create(path: &Path) -> io::Result<Arc<Self>> {
        let file = if is_pipe(path) { OnceLock::new() } else { File::create(path)?.into() };
        Ok(Arc::new(OutputFile { path: path.into(), file, state: Mutex::default() }))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = match self.file.get() {
            Some(file) => file,
            None => {
                let opened = OpenOptions::new().write(true).open(&self.path)?;
                self.file.get_or_init(|| opened)
            }
        };
        file.write_all(bytes)
    }

    /// Takes what a coroutine has written; answers how much must have been written once this is. A line of another one that has no
    /// end is ended before.
    fn add(self: &Arc<Self>, core: &Arc<Core>, bytes: Bytes) -> StreamResult<u64> {
        let mut state = self.state.lock();
        if state.open.is_some_and(|id| id != core.id) {
            state.push(Bytes::from_static(b"\n"));
        }
        state.open = (!bytes.ends_with(b"\n")).then_some(core.id);
        state.push(bytes);
        if state.writing == Writing::Nobody {
            let file = self.clone();
            match core.shared.blocking.start(core, move || file.drain()) {
                // It is waited for by nobody but the run.
                Ok(job) => {
                    job.see_through();
                    state.writing = Writing::Soon;
                }
                Err(NoThread(error)) => {
                    state.queue.clear();
                    state.went = state.came;
                    let path = self.path.display();
                    return Err(failed(format_args!("cannot write to {path}: no thread can be started: {error}")));
                }
            }
        }
        Ok(state.came)
    }

    /// Writes all that is in the queue.
    fn drain(&self) {
        loop {
            let mut state = self.state.lock();
            let Some(bytes) = state.queue.pop_front() else {
                state.writing = Writing::Nobody;
                return;
            };
            state.writing = Writing::Now;
            drop(state);
            let result = self.write(&bytes);
            let mut state = self.state.lock();
            state.went += bytes.len() as u64;
            if let Err(error) = result {
                state.error = Some(error);
            }
            drop(state);
            (&self).wake_first();
        }
    }

    /// Writes what no thread has come to, and none will any more. What one is at is left to it: it may hang there. Whoever reads a pipe
    /// that nothing was written to finds its end.
    pub(super) fn finish(&self) {
        if self.state.lock().writing == Writing::Now {
            return;
        }
        self.drain();
        if self.file.get().is_none() {
            open_if_read(&self.path);
        }
    }
}

/// Whether it is a pipe of the system.
#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type()))
}

/// Opens a pipe if somebody reads it, and closes it.
#[cfg(unix)]
fn open_if_read(path: &Path) {
    let mut options = OpenOptions::new();
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    drop(std::os::unix::fs::OpenOptionsExt::custom_flags(options.write(true), flags).open(path));
}

/// Pipes have names of their own there.
#[cfg(windows)]
fn is_pipe(_: &Path) -> bool {
    false
}

#[cfg(windows)]
fn open_if_read(_: &Path) {}

impl Waited for &OutputFile {
    fn line<T>(&self, look: impl FnOnce(&mut Line<Arc<Core>>) -> T) -> T {
        look(&mut self.state.lock().line)
    }
}

/// The lines of one coroutine: the one that has no end yet, and how much must have been written before it may go on.
pub(super) struct Lines {
    file: Arc<OutputFile>,
    core: Arc<Core>,
    line: BytesMut,
    flushed_at: u64,
    added_at: u64,
}

impl Lines {
    pub(super) fn new(file: Arc<OutputFile>, core: Arc<Core>) -> Self {
        Lines { file, core, line: BytesMut::new(), flushed_at: 0, added_at: 0 }
    }

    fn add(&mut self, bytes: &[u8]) -> StreamResult<()> {
        self.line.extend_from_slice(bytes);
        let end = memchr::memrchr(b'\n', &self.line).map(|position| position + 1);
        let end = end.or((self.line.len() > LONGEST_LINE).then_some(self.line.len()));
        let Some(end) = end else { return Ok(()) };
        self.added_at = self.file.add(&self.core, self.line.split_to(end).freeze())?;
        Ok(())
    }

    /// How much may be written now.
    fn permit(&self) -> StreamResult<usize> {
        let mut state = self.file.state.lock();
        if let Some(error) = state.error.take() {
            return Err(StreamError::LastOperationFailed(error.into()));
        }
        let is_ready = state.went >= self.flushed_at && state.waiting() < MAX_QUEUE;
        Ok(if is_ready { CHUNK } else { 0 })
    }
}

impl Drop for Lines {
    /// The coroutine has ended, or will not write any more: what has no end is its last line.
    fn drop(&mut self) {
        if !self.line.is_empty() {
            // Whoever could be told of a failure is gone.
            drop(self.file.add(&self.core, self.line.split().freeze()));
        }
    }
}

/// The file as a coroutine writes to it.
pub(super) struct FileWriter(pub(super) Arc<Mutex<Lines>>);

#[wasmtime_wasi::async_trait]
impl OutputStream for FileWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.lock().add(&bytes)
    }

    /// Whole lines: one that has no end yet stays where it is.
    fn flush(&mut self) -> StreamResult<()> {
        let mut lines = self.0.lock();
        lines.flushed_at = lines.added_at;
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let lines = self.0.lock();
        match lines.permit()? {
            0 if lines.core.status.is_cancelled() => Err(cancelled()),
            permit => Ok(permit),
        }
    }

    async fn write_ready(&mut self) -> StreamResult<usize> {
        permit_when_ready(self).await
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileWriter {
    async fn ready(&mut self) {
        let (file, core) = {
            let lines = self.0.lock();
            (lines.file.clone(), lines.core.clone())
        };
        let mut turn = None;
        poll_fn(|_| {
            let flushed_at = self.0.lock().flushed_at;
            let mut state = file.state.lock();
            let is_ready = state.went >= flushed_at && state.waiting() < MAX_QUEUE;
            if core.status.is_cancelled() || state.error.is_some() || is_ready {
                return Poll::Ready(());
            }
            turn.get_or_insert_with(|| Turn { at: &*file, spot: state.line.join(core.clone()) });
            drop(state);
            core.note_wait(Wait::File(file.path.clone()));
            Poll::Pending
        })
        .await;
    }
}
