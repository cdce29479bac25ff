//! Reading from a connection and writing to it, in as many steps as that takes.

use bytes::{Buf, Bytes};

use super::bindings::Error;
use super::input::Input;
use super::source::{Asker, Source};
use super::trace::Moved;
use super::{Answer, files};
use crate::engine::MAX_PAYLOAD;
use crate::reactor::{Direction, MAX_READ};

/// The longest line that a guest may ask for: it is kept outside the guest's memory until it is whole.
const MAX_LINE: u32 = 1 << 20;

/// How much is read of the system when the length of a line is not known: most lines are shorter.
const LINE_READ: usize = 8 << 10;

/// What was read of a connection.
#[derive(Default)]
pub(super) struct Reader {
    input: Input,
    /// How many bytes were handed out.
    handed_out: u64,
}

impl Reader {
    pub(super) fn handed_out(&self) -> u64 {
        self.handed_out
    }

    /// Keeps what a reactor had read.
    pub(super) fn append(&mut self, bytes: &[u8], source: &Source) {
        self.input.append(bytes);
        source.note_input(!self.input.is_empty());
    }

    pub(super) async fn read(&mut self, source: &Source, asker: Asker<'_>, most: u32) -> Answer<Vec<u8>> {
        if most == 0 {
            return Err(Error::InvalidArgument("zero bytes to read; at least 1 is needed".to_owned()).into());
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(MAX_READ);
        if self.input.is_empty() {
            self.fill(source, &asker, most).await?;
        }
        Ok(self.hand_out(source, most))
    }

    pub(super) async fn read_exact(&mut self, source: &Source, asker: Asker<'_>, length: u32) -> Answer<Vec<u8>> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_PAYLOAD {
            let message = format!("{length} bytes to read; at most {MAX_PAYLOAD} are allowed");
            return Err(Error::InvalidArgument(message).into());
        }
        self.input.charge(length, &asker.core.program.payloads)?;
        let gathering = Gathering(self);
        let reader = &mut *gathering.0;
        while reader.input.len() < length && reader.fill(source, &asker, length - reader.input.len()).await? {}
        Ok(reader.hand_out(source, length))
    }

    pub(super) async fn read_line(&mut self, source: &Source, asker: Asker<'_>, most: u32) -> Answer<Vec<u8>> {
        if !(1..=MAX_LINE).contains(&most) {
            let message = format!("a line of {most} bytes; 1 to {MAX_LINE} are allowed");
            return Err(Error::InvalidArgument(message).into());
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.input.charge(most + LINE_READ, &asker.core.program.payloads)?;
        let gathering = Gathering(self);
        let reader = &mut *gathering.0;
        let mut searched = 0;
        loop {
            if let Some(end) = reader.input.find_newline(searched, most) {
                return Ok(reader.hand_out(source, end + 1));
            }
            searched = reader.input.len();
            if searched >= most {
                return Err(Error::TooLong.into());
            }
            if !reader.fill(source, &asker, LINE_READ).await? {
                return Ok(reader.hand_out(source, searched));
            }
        }
    }

    /// Reads of the system, at most so much, and keeps it; false at the end of the stream.
    async fn fill(&mut self, source: &Source, asker: &Asker<'_>, most: usize) -> Answer<bool> {
        let input = &mut self.input;
        let read = source.attempt(Direction::Read, asker, |reactor, at| reactor.read(at, input.space(), most)).await?;
        source.note_input(!self.input.is_empty());
        read.map(|count| count > 0).map_err(|error| source.failure("read from", &error))
    }

    fn hand_out(&mut self, source: &Source, count: usize) -> Vec<u8> {
        let bytes = self.input.take(count);
        self.handed_out += bytes.len() as u64;
        source.note_input(!self.input.is_empty());
        bytes
    }
}

/// An operation gathers what comes. However it ends, what was charged for it and is not kept is given back.
struct Gathering<'a>(&'a mut Reader);

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        self.0.input.settle();
    }
}

/// Writes some of `bytes`.
pub(super) async fn write(source: &Source, asker: &Asker<'_>, bytes: &Bytes) -> Answer<usize> {
    if bytes.is_empty() {
        return Ok(0);
    }
    let written = source.attempt(Direction::Write, asker, |reactor, at| reactor.write(at, bytes)).await?;
    let count = written.map_err(|error| source.failure("write to", &error))?;
    source.note_written(count);
    Ok(count)
}

pub(super) async fn write_all(source: &Source, asker: Asker<'_>, mut bytes: Bytes) -> Answer<()> {
    while !bytes.is_empty() {
        let count = write(source, &asker, &bytes).await?;
        bytes.advance(count);
    }
    Ok(())
}

/// Writes a part of a file; answers how much.
pub(super) async fn send_file(
    source: &Source,
    asker: Asker<'_>,
    path: &str,
    offset: u64,
    length: u64,
) -> Answer<Moved> {
    let (file, end) = files::open(asker.core, path).await?;
    // Systems refuse positions that no file of theirs has.
    let length = length.min(end.saturating_sub(offset));
    let mut sent = 0;
    while sent < length {
        let (from, most) = (offset + sent, length - sent);
        let attempt = source.attempt(Direction::Write, &asker, |reactor, at| reactor.send_file(at, &file, from, most));
        match attempt.await?.map_err(|error| source.failure("send a file to", &error))? {
            0 => break,
            count => {
                sent += count;
                source.note_written(usize::try_from(count).unwrap_or(usize::MAX));
            }
        }
    }
    Ok(Moved(sent))
}
