//! Calls itself, and so on, until it may go no deeper.

use crate::{argument, coroutines, was_told, PATIENT};

pub(crate) fn main() {
    match coroutines::call(&argument(0), b"another", PATIENT) {
        Ok(_) => println!("called"),
        // The failure says how deep it was.
        Err(error) if was_told("another") => panic!("{}", crate::in_words(&error)),
        Err(error) => println!("{}", crate::in_words(&error)),
    }
}
