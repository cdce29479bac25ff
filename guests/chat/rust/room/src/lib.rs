//! The room of a chat: knows who is there, and passes on what each says to all others.
//!
//! Members signal `chat` with `<number> join <name>`, `<number> say <text>` or `<number> leave`, for one recipient: the room.
//! The room signals `chat <number>` with a line for that member, for one recipient again: nothing is lost while somebody is busy.

use cogen_guest::{Error, Options, signal};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a member may be busy before it is taken for gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// The names of the members, by their numbers.
type Members = BTreeMap<String, String>;

#[cogen_guest::main]
fn run() -> Result<(), Error> {
    let mut members = Members::new();
    loop {
        let news = signal::wait("chat")?;
        let news = String::from_utf8_lossy(&news);
        let mut words = news.splitn(3, ' ');
        let number = words.next().unwrap_or_default();
        match (words.next(), words.next()) {
            (Some("join"), Some(name)) => {
                members.insert(number.to_owned(), name.to_owned());
                tell_others(&mut members, number, &format!("* {name} has joined\r\n"))?;
            }
            (Some("say"), Some(text)) => {
                if let Some(name) = members.get(number) {
                    let line = format!("{name}: {text}\r\n");
                    tell_others(&mut members, number, &line)?;
                }
            }
            (Some("leave"), None) => {
                if let Some(name) = members.remove(number) {
                    tell_others(&mut members, number, &format!("* {name} has left\r\n"))?;
                }
            }
            _ => {}
        }
    }
}

/// Tell a line to all but one, and forget those who do not listen any more.
fn tell_others(members: &mut Members, number: &str, line: &str) -> Result<(), Error> {
    let mut gone = Vec::new();
    for other in members.keys().filter(|other| *other != number) {
        match signal::signal_with(&format!("chat {other}"), line, 1, Options::new().timeout(PATIENCE)) {
            Err(Error::TimedOut) => gone.push(other.clone()),
            result => drop(result?),
        }
    }
    members.retain(|number, _| !gone.contains(number));
    Ok(())
}
