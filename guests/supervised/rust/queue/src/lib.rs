//! Gives five jobs to whoever waits for one, and then says that there are no more. While nobody waits, it does.

use cogen_guest::{Error, Options, signal};

#[cogen_guest::main]
fn run() -> Result<(), Error> {
    for job in ["1", "2", "3", "4", "5", "none"] {
        signal::signal_with("job", job, 1, Options::new())?;
    }
    Ok(())
}
