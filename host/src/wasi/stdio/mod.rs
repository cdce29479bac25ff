//! A guest's arguments and standard streams.
//!
//! Where a program's streams come from and go to is settled when the engine is built ([`streams`]). A coroutine gets its own view
//! of that when it first asks: the streams of one coroutine share what they have read and not handed out, and the line that has
//! no end yet.

mod file_input;
mod file_output;
mod inherited;
mod observer;
mod pipe;
pub(crate) mod streams;
mod turns;

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::cli::terminal_input::TerminalInput;
use wasmtime_wasi::p2::bindings::cli::terminal_output::TerminalOutput;
use wasmtime_wasi::p2::bindings::cli::{
    environment, stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout,
};
use wasmtime_wasi::p2::pipe::{ClosedInputStream, SinkOutputStream};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream, InputStream, OutputStream, StreamResult};

use self::file_input::{FileInput, FileReader};
use self::file_output::{FileWriter, Lines};
use self::inherited::InheritedReader;
use self::observer::Observed;
use self::pipe::{PipeReader, PipeWriter};
use self::streams::{Input, Output};
use crate::coroutine::life::Guest;
use crate::event::Stream;
use crate::wasi::Connection;

/// What a guest may write at a time, and what is read of a file at a time; more is asked for again.
const CHUNK: usize = 64 << 10;

/// The most arguments of a command: each is a text of its own, in the host and in the guest.
const MAX_ARGUMENTS: usize = 10_000;

/// What the standard streams of one coroutine share.
#[derive(Default)]
pub(crate) struct Stdio {
    /// The connection that input and output are, whatever is said of its program.
    socket: Option<Arc<Connection>>,
    input: Option<Arc<Mutex<FileInput>>>,
    stdout: Option<Arc<Mutex<Lines>>>,
    stderr: Option<Arc<Mutex<Lines>>>,
}

impl Stdio {
    /// Over a connection, if there is one.
    pub(crate) fn over(socket: Option<Arc<Connection>>) -> Self {
        Stdio { socket, ..Stdio::default() }
    }
}

/// As by default, for streams of which somebody else may have taken what they were ready with, as often as that may be.
async fn read_when_ready(stream: &mut impl InputStream, size: usize) -> StreamResult<Bytes> {
    loop {
        stream.ready().await;
        let bytes = stream.read(size)?;
        if size == 0 || !bytes.is_empty() {
            return Ok(bytes);
        }
    }
}

/// As [`read_when_ready`], for what may be written.
async fn permit_when_ready(stream: &mut impl OutputStream) -> StreamResult<usize> {
    loop {
        stream.ready().await;
        let permit = stream.check_write()?;
        if permit > 0 {
            return Ok(permit);
        }
    }
}

/// Reads what there is of a file, so much at most; nothing at its end.
fn read_some(mut file: impl Read, size: usize) -> io::Result<Bytes> {
    let mut bytes = vec![0; size];
    loop {
        match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => {
                bytes.truncate(read?);
                return Ok(bytes.into());
            }
        }
    }
}

impl Guest {
    fn input(&mut self) -> DynInputStream {
        if let Some(socket) = &self.stdio.socket {
            return Box::new(socket.streams().0);
        }
        let core = self.core.clone();
        match &self.core.program.streams.stdin {
            Input::Null => Box::new(ClosedInputStream),
            Input::Inherited(inherited) => Box::new(InheritedReader::new(inherited.clone(), core)),
            Input::Pipe(pipe) => Box::new(PipeReader::new(pipe.clone(), core)),
            Input::File(path) => {
                let input = self.stdio.input.get_or_insert_with(|| Arc::new(Mutex::new(FileInput::new(path.clone()))));
                Box::new(FileReader::new(input.clone(), core))
            }
        }
    }

    fn output(&mut self, stream: Stream) -> wasmtime::Result<Resource<DynOutputStream>> {
        let core = self.core.clone();
        if let (Stream::Stdout, Some(socket)) = (stream, &self.stdio.socket) {
            let stream: DynOutputStream = Box::new(socket.streams().1);
            return Ok(self.table.push(stream)?);
        }
        let stream: DynOutputStream = match self.core.program.streams.output(stream) {
            Output::Observer { .. } => Box::new(Observed::new(core, stream)),
            Output::Null => Box::new(SinkOutputStream),
            Output::Pipe(pipe) => Box::new(PipeWriter::new(pipe.clone(), core)),
            Output::File(file) => {
                let lines = match stream {
                    Stream::Stdout => &mut self.stdio.stdout,
                    Stream::Stderr => &mut self.stdio.stderr,
                };
                let new = || Arc::new(Mutex::new(Lines::new(file.clone(), core)));
                Box::new(FileWriter(lines.get_or_insert_with(new).clone()))
            }
        };
        Ok(self.table.push(stream)?)
    }

    fn terminal_output(&mut self, stream: Stream) -> wasmtime::Result<Option<Resource<TerminalOutput>>> {
        let is_socket = stream == Stream::Stdout && self.stdio.socket.is_some();
        let is_terminal =
            !is_socket && matches!(self.core.program.streams.output(stream), Output::Observer { is_terminal: true });
        Ok(if is_terminal { Some(self.table.push(TerminalOutput)?) } else { None })
    }
}

impl stdin::Host for Guest {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let input = self.input();
        Ok(self.table.push(input)?)
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

impl terminal_stdin::Host for Guest {
    fn get_terminal_stdin(&mut self) -> wasmtime::Result<Option<Resource<TerminalInput>>> {
        let Input::Inherited(inherited) = &self.core.program.streams.stdin else { return Ok(None) };
        Ok(if inherited.is_terminal() && self.stdio.socket.is_none() {
            Some(self.table.push(TerminalInput)?)
        } else {
            None
        })
    }
}

impl terminal_stdout::Host for Guest {
    fn get_terminal_stdout(&mut self) -> wasmtime::Result<Option<Resource<TerminalOutput>>> {
        self.terminal_output(Stream::Stdout)
    }
}

impl terminal_stderr::Host for Guest {
    fn get_terminal_stderr(&mut self) -> wasmtime::Result<Option<Resource<TerminalOutput>>> {
        self.terminal_output(Stream::Stderr)
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
        Ok([vec![self.core.program.called.clone()], rest].concat())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}
