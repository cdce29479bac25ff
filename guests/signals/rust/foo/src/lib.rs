//! Signals `bar` three times, then sleeps longer than the waiter has patience.

use cogen_guest::{Error, signal, time};
use std::time::Duration;

#[cogen_guest::main]
fn run() -> Result<(), Error> {
    for item in ["spam", "ham", "eggs"] {
        signal::signal("bar", item)?;
    }
    time::sleep(Duration::from_secs(3))
}
