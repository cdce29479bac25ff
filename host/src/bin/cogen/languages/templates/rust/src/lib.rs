use std::time::Duration;

use cogen_guest::{Error, Options, signal};

#[cogen_guest::main]
fn run(name: String) -> Result<String, Error> {
    let patience = Options::new().timeout(Duration::from_millis(500));
    match signal::wait_with("bell", patience) {
        // That parked this coroutine, and nobody else.
        Err(Error::TimedOut) => println!("nobody rang"),
        rung => drop(rung?),
    }
    println!("hello {name}");
    Ok(name)
}
