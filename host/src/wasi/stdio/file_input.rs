//! A file as standard input: each coroutine has it opened when it first asks, and reads it from its beginning.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use parking_lot::Mutex;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, StreamError, StreamResult};

use super::{CHUNK, read_some, read_when_ready};
use crate::coroutine::{Core, Wait};
use crate::scheduler::blocking::{NoThread, Started};
use crate::wasi::streams::{cancelled, failed};

/// How far a coroutine is with it.
pub(super) struct FileInput {
    path: Arc<Path>,
    file: Option<File>,
    reading: Option<Started<io::Result<(File, Bytes)>>>,
    bytes: Bytes,
    /// It is over, with what the system said if that was more than that.
    end: Option<Option<StreamError>>,
}

impl FileInput {
    pub(super) fn new(path: Arc<Path>) -> Self {
        FileInput { path, file: None, reading: None, bytes: Bytes::new(), end: None }
    }

    /// Whether there is something to say. If not, a thread of the host reads, and wakes the coroutine.
    fn advance(&mut self, core: &Arc<Core>) -> bool {
        if let Some(reading) = &self.reading
            && let Poll::Ready(result) = reading.poll()
        {
            self.reading = None;
            match result {
                Ok((_, bytes)) if bytes.is_empty() => self.end = Some(None),
                Ok((file, bytes)) => (self.file, self.bytes) = (Some(file), bytes),
                Err(error) => self.end = Some(Some(StreamError::LastOperationFailed(error.into()))),
            }
        }
        if !self.bytes.is_empty() || self.end.is_some() {
            return true;
        }
        if self.reading.is_none() {
            let (path, file) = (self.path.clone(), self.file.take());
            match core.shared.blocking.start(core, move || read(&path, file)) {
                Ok(reading) => self.reading = Some(reading),
                Err(NoThread(error)) => {
                    let path = self.path.display();
                    let why = format_args!("cannot read {path}: no thread can be started: {error}");
                    self.end = Some(Some(failed(why)));
                }
            }
        }
        self.end.is_some()
    }
}

/// Reads on, from the beginning if it is not open yet.
fn read(path: &Path, file: Option<File>) -> io::Result<(File, Bytes)> {
    let file = file.map_or_else(|| File::open(path), Ok)?;
    let bytes = read_some(&file, CHUNK)?;
    Ok((file, bytes))
}

/// The file as a coroutine reads it.
pub(super) struct FileReader {
    input: Arc<Mutex<FileInput>>,
    core: Arc<Core>,
}

impl FileReader {
    pub(super) fn new(input: Arc<Mutex<FileInput>>, core: Arc<Core>) -> Self {
        FileReader { input, core }
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for FileReader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let mut input = self.input.lock();
        if size == 0 {
            return Ok(Bytes::new());
        }
        if !input.advance(&self.core) {
            return if self.core.status.is_cancelled() { Err(cancelled()) } else { Ok(Bytes::new()) };
        }
        let count = size.min(input.bytes.len());
        match &mut input.end {
            // What went wrong is told once; it is closed after that.
            Some(end) if count == 0 => Err(end.take().unwrap_or(StreamError::Closed)),
            _ => Ok(input.bytes.split_to(count)),
        }
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        read_when_ready(self, size).await
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileReader {
    async fn ready(&mut self) {
        poll_fn(|_| {
            let mut input = self.input.lock();
            if self.core.status.is_cancelled() || input.advance(&self.core) {
                return Poll::Ready(());
            }
            self.core.note_wait(Wait::File(input.path.clone()));
            Poll::Pending
        })
        .await;
    }
}
