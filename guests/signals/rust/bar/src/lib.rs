//! Prints what `bar` is signalled three times, then waits two seconds for more.

use cogen_guest::{Error, Options, signal};
use std::time::Duration;

#[cogen_guest::main]
fn run() -> Result<(), Error> {
    for _ in 0..3 {
        println!("{}", String::from_utf8_lossy(&signal::wait("bar")?));
    }
    match signal::wait_with("bar", Options::new().timeout(Duration::from_secs(2))) {
        Ok(more) => println!("{}", String::from_utf8_lossy(&more)),
        Err(Error::TimedOut) => println!("No more stuff!"),
        Err(error) => return Err(error),
    }
    Ok(())
}
