//! The standard input of the process, for those programs that are given it.
//!
//! Whoever starts the process shares it with others: what follows in a shell reads what was left. So nothing is read before a
//! coroutine asks, and no more than it asks for. Who only waits for something to read is told when there is something, without
//! anything being read. A thread of its own waits, one for each time: it may have to wait for ever, and then nothing is kept alive
//! by it but what is here.

use std::fs::File;
use std::future::poll_fn;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use parking_lot::Mutex;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, StreamError, StreamResult};

use super::turns::{Turn, Waited};
use super::{CHUNK, read_some};
use crate::coroutine::{Core, Wait};
use crate::ops::line::Line;
use crate::scheduler::blocking::Expected;
use crate::wasi::streams::{cancelled, failed};

/// What all coroutines of an engine know of it that may read it.
pub(crate) struct Inherited {
    file: File,
    is_terminal: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was read for somebody who was gone when it came, or asked for less meanwhile.
    bytes: Bytes,
    /// Whether it is known that there is something to read, or that it has ended.
    is_readable: bool,
    /// It is over, with what the system said if that was more than that.
    end: Option<Option<io::Error>>,
    /// Whether a thread reads or waits.
    is_busy: bool,
    line: Line<Arc<Core>>,
}

/// What is asked for: to read so much, or to know when there is something.
#[derive(Clone, Copy)]
enum Asked {
    Bytes(usize),
    News,
}

impl Inherited {
    /// The process's own, by a descriptor of ours: what the standard library reads ahead is nobody's.
    pub(super) fn open() -> io::Result<Arc<Self>> {
        let stdin = io::stdin();
        #[cfg(unix)]
        let file = File::from(std::os::fd::AsFd::as_fd(&stdin).try_clone_to_owned()?);
        #[cfg(windows)]
        let file = File::from(std::os::windows::io::AsHandle::as_handle(&stdin).try_clone_to_owned()?);
        Ok(Arc::new(Inherited { file, is_terminal: stdin.is_terminal(), state: Mutex::default() }))
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Has a thread do what is asked for, unless one is at work.
    fn begin(self: &Arc<Self>, state: &mut State, asked: Asked) -> StreamResult<()> {
        if state.is_busy {
            return Ok(());
        }
        let inherited = self.clone();
        let thread = std::thread::Builder::new().name("cogen-stdin".to_owned()).spawn(move || inherited.fetch(asked));
        thread.map_err(|error| failed(format_args!("cannot start a thread that reads standard input: {error}")))?;
        state.is_busy = true;
        Ok(())
    }

    /// The life of the thread.
    fn fetch(&self, asked: Asked) {
        let result = match asked {
            Asked::Bytes(size) => read_some(&self.file, size).map(Some),
            Asked::News => wait_until_readable(&self.file).map(|()| None),
        };
        let mut state = self.state.lock();
        state.is_busy = false;
        state.is_readable = matches!(result, Ok(None));
        match result {
            Ok(Some(bytes)) if bytes.is_empty() => state.end = Some(None),
            Ok(Some(bytes)) => state.bytes = bytes,
            Ok(None) => {}
            Err(error) => state.end = Some(Some(error)),
        }
        drop(state);
        (&self).wake_first();
    }

    /// What is asked for, if it is there; else it is fetched, and the one who stands first in the line is woken.
    fn answer(self: &Arc<Self>, state: &mut State, asked: Asked) -> StreamResult<Option<Bytes>> {
        match (asked, &mut state.end) {
            _ if !state.bytes.is_empty() => Ok(Some(match asked {
                Asked::Bytes(size) => state.bytes.split_to(size.min(state.bytes.len())),
                Asked::News => Bytes::new(),
            })),
            (Asked::News, Some(_)) => Ok(Some(Bytes::new())),
            // What went wrong is told once; it is closed after that.
            (Asked::Bytes(_), Some(end)) => {
                Err(end.take().map_or(StreamError::Closed, |error| StreamError::LastOperationFailed(error.into())))
            }
            (Asked::News, None) if state.is_readable => Ok(Some(Bytes::new())),
            _ => self.begin(state, asked).map(|()| None),
        }
    }

    /// Waits for it in turn.
    async fn wait(self: &Arc<Self>, core: &Arc<Core>, asked: Asked) -> StreamResult<Bytes> {
        let mut turn = None;
        poll_fn(|_| {
            if core.status.is_cancelled() {
                return Poll::Ready(Err(cancelled()));
            }
            let mut state = self.state.lock();
            let is_first = state.line.first().is_none_or(|first| Arc::ptr_eq(first, core));
            if is_first && let Some(answer) = self.answer(&mut state, asked).transpose() {
                return Poll::Ready(answer);
            }
            turn.get_or_insert_with(|| (Turn { at: &**self, spot: state.line.join(core.clone()) }, Expected::by(core)));
            drop(state);
            core.note_wait(Wait::Stdin);
            Poll::Pending
        })
        .await
    }
}

impl Waited for &Inherited {
    fn line<T>(&self, look: impl FnOnce(&mut Line<Arc<Core>>) -> T) -> T {
        look(&mut self.state.lock().line)
    }
}

/// Standard input as a coroutine reads it.
pub(super) struct InheritedReader {
    inherited: Arc<Inherited>,
    core: Arc<Core>,
}

impl InheritedReader {
    pub(super) fn new(inherited: Arc<Inherited>, core: Arc<Core>) -> Self {
        InheritedReader { inherited, core }
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for InheritedReader {
    /// Has it fetched if nothing is there: who asks in this way waits for it as a pollable then.
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let answer = self.inherited.answer(&mut self.inherited.state.lock(), Asked::Bytes(size.min(CHUNK)))?;
        match answer {
            None if self.core.status.is_cancelled() => Err(cancelled()),
            answer => Ok(answer.unwrap_or_default()),
        }
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        let asked = if size == 0 { Asked::News } else { Asked::Bytes(size.min(CHUNK)) };
        self.inherited.wait(&self.core, asked).await
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for InheritedReader {
    async fn ready(&mut self) {
        // What is wrong is told to whoever reads.
        drop(self.inherited.wait(&self.core, Asked::News).await);
    }
}

/// Waits until a read would not wait.
#[cfg(unix)]
fn wait_until_readable(file: &File) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    loop {
        match poll(&mut [PollFd::new(file, PollFlags::IN)], None) {
            Err(rustix::io::Errno::INTR) => {}
            result => return Ok(result.map(drop)?),
        }
    }
}

/// There is no such way for all that it may be: who is told too early asks, and waits for the answer.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "as on other systems")]
fn wait_until_readable(_: &File) -> io::Result<()> {
    Ok(())
}
