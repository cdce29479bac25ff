//! Attackers: one component that makes the attack that it has the name of, so that an engine is given it under many names.
//!
//! They use the engine as the contract has it: the SDK would be too polite for some of them. A command's first argument is its own
//! name, by which some start more of their kind, with a word by which those know what they are. What an attacker got is what it
//! prints; of those that go on for ever, that is nothing.

mod attacks;

#[allow(missing_docs, unsafe_code, unreachable_pub, rust_2018_idioms, clippy::all, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "imports", generate_all });
}

pub(crate) use bindings::cogen::engine::*;
pub(crate) use bindings::wasi::io::poll;

use types::{Error, Options, Priority, Timeout};

fn main() {
    let name = argument(0);
    match attacks::find(&name) {
        Some(attack) => attack(),
        None => panic!("there is no attack `{name}`"),
    }
}

/// Wait for as long as it takes.
pub(crate) const PATIENT: Options = Options { timeout: Timeout::Never, priority: Priority::Default };

/// Do it now, or not at all.
pub(crate) const AT_ONCE: Options = Options { timeout: Timeout::Within(0), priority: Priority::Default };

/// Be the next to run, whatever it was.
pub(crate) const GREEDY: Options = Options { timeout: Timeout::Never, priority: Priority::First };

/// An argument of this program; that at zero is its own name.
///
/// # Panics
/// When it was given fewer.
pub(crate) fn argument(position: usize) -> String {
    std::env::args().nth(position).expect("the test gives it")
}

/// Whether this one was started by another of its kind, with that word.
pub(crate) fn was_told(word: &str) -> bool {
    std::env::args().nth(1).is_some_and(|given| given == word)
}

/// Does it until it fails, and says how often it went well and why it does not any more.
pub(crate) fn until_refused<T>(what: &str, mut act: impl FnMut(u64) -> Result<T, Error>) -> Error {
    let mut times = 0;
    loop {
        match act(times) {
            Ok(_) => times += 1,
            Err(error) => {
                println!("{what}: {times} times, then {}", in_words(&error));
                return error;
            }
        }
    }
}

/// Says what came of an attempt.
pub(crate) fn tell<T>(what: &str, result: Result<T, Error>) {
    match result {
        Ok(_) => println!("{what}: done"),
        Err(error) => println!("{what}: {}", in_words(&error)),
    }
}

/// An error as the engine told it.
pub(crate) fn in_words(error: &Error) -> String {
    match error {
        Error::TimedOut => "timed out".into(),
        Error::Cancelled => "cancelled".into(),
        Error::Ended(failure) => format!("{} {:?}: {}", failure.program, failure.ending, failure.message),
        Error::UnknownProgram(name) => format!("unknown program: {name}"),
        Error::InvalidArgument(why) => format!("invalid argument: {why}"),
        Error::LimitReached(why) => format!("limit reached: {why}"),
        Error::NotReady => "not ready".into(),
        Error::NotFound => "not found".into(),
        Error::Network(failure) => format!("network: {}", failure.message),
        Error::Denied(why) => format!("denied: {why}"),
        Error::TooLong => "too long".into(),
        Error::Other(why) => why.clone(),
    }
}
