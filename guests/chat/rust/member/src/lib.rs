//! A member of a chat: passes on what its peer types to the room, and what the room says to its peer.
//!
//! How members and room talk is written down with the room.

use cogen_guest::net::TcpStream;
use cogen_guest::select::{Wait, select};
use cogen_guest::signal::{PendingSignal, SignalWait};
use cogen_guest::{Error, Options, coroutine, signal};
use std::time::Duration;

/// How many bytes a line may have, with its end.
const LONGEST: usize = 1000;

/// How long a peer may take to read a line: less than the room's patience.
const PATIENCE: Duration = Duration::from_secs(1);

#[cogen_guest::main]
fn run(stream: TcpStream) -> Result<(), Error> {
    match ask_name(&stream) {
        Ok(name) if name.is_empty() => Ok(()),
        Ok(name) => Member::join(stream, &name)?.stay(),
        Err(Error::TooLong) => stream.write_all("That is too long for a name.\r\n"),
        // A peer that goes without a word is no failure of this server.
        Err(Error::Network(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn ask_name(stream: &TcpStream) -> Result<String, Error> {
    stream.write_all("What is your name?\r\n")?;
    Ok(clean(&stream.read_line(50)?))
}

/// A line as it may go to the terminals of others: text, without control characters and the blanks around it.
fn clean(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.trim().chars().filter(|character| !character.is_control()).collect()
}

struct Member {
    stream: TcpStream,
    /// This member's number: that of its coroutine.
    number: String,
    /// The next line of the room.
    hearing: SignalWait,
    /// What the room has not taken yet. Until it has, nothing more is read.
    saying: Option<PendingSignal>,
    /// What was typed and not said.
    typed: Vec<u8>,
    /// Whether nothing more will be typed.
    ended: bool,
    /// Whether the room has been told the last word.
    leaving: bool,
}

impl Member {
    fn join(stream: TcpStream, name: &str) -> Result<Self, Error> {
        let number = coroutine::current().info().id.to_string();
        let hearing = hear(&number)?;
        let mut member =
            Member { stream, number, hearing, saying: None, typed: Vec::new(), ended: false, leaving: false };
        member.say(&format!("join {name}"))?;
        Ok(member)
    }

    /// Hear the peer and the room until one of them is gone.
    fn stay(mut self) -> Result<(), Error> {
        loop {
            let reading = self.stream.reading();
            let other: &dyn Wait = self.saying.as_ref().map_or(&reading, |saying| saying);
            if select(&[&self.hearing, other]) == 0 {
                self.tell()?;
            } else if let Some(said) = self.saying.take() {
                said.finish()?;
                if self.leaving {
                    return Ok(());
                }
                self.say_next()?;
            } else {
                self.read()?;
                self.say_next()?;
            }
        }
    }

    /// Pass on what the room says to the peer.
    fn tell(&mut self) -> Result<(), Error> {
        let line = self.hearing.finish()?;
        // Before anything that parks, so that the room finds this member waiting.
        self.hearing = hear(&self.number)?;
        if self.leaving {
            return Ok(());
        }
        match self.stream.write_all_with(line, Options::new().timeout(PATIENCE)) {
            Err(Error::Network(_) | Error::TimedOut) => {
                self.ended = true;
                self.typed.clear();
                if self.saying.is_none() { self.say_next() } else { Ok(()) }
            }
            result => result,
        }
    }

    /// Take what the peer has typed. That it can be read says nothing of whole lines, which are put together here.
    fn read(&mut self) -> Result<(), Error> {
        match self.stream.read(LONGEST - self.typed.len()) {
            Ok(bytes) if bytes.is_empty() => self.ended = true,
            Ok(bytes) => self.typed.extend(bytes),
            Err(Error::Network(_)) => self.ended = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Say the next line if there is one, or the last word.
    fn say_next(&mut self) -> Result<(), Error> {
        while let Some(line) = self.next_line() {
            let text = clean(&line);
            if !text.is_empty() {
                return self.say(&format!("say {text}"));
            }
        }
        if self.typed.len() == LONGEST {
            // Nobody is left to be told that the peer does not hear why.
            let _ = self.stream.write_all_with("That line is too long.\r\n", Options::new().timeout(PATIENCE));
            self.ended = true;
        }
        if self.ended {
            self.leaving = true;
            return self.say("leave");
        }
        Ok(())
    }

    /// A whole line, or the last one without its end.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        match self.typed.iter().position(|&byte| byte == b'\n') {
            Some(end) => Some(self.typed.drain(..=end).collect()),
            None if self.ended && !self.typed.is_empty() => Some(std::mem::take(&mut self.typed)),
            None => None,
        }
    }

    fn say(&mut self, words: &str) -> Result<(), Error> {
        let value = format!("{} {words}", self.number);
        self.saying = Some(signal::start_signal("chat", value, 1, Options::new())?);
        Ok(())
    }
}

/// Wait for the room's next line.
fn hear(number: &str) -> Result<SignalWait, Error> {
    signal::start_wait(&format!("chat {number}"))
}
