//! Prints `foo`, calls `bar` and prints what it returns.

use cogen_guest::{Error, coroutine};

#[cogen_guest::main]
fn run() -> Result<(), Error> {
    println!("foo");
    let result = coroutine::call("bar", "ham")?;
    println!("{}", String::from_utf8_lossy(&result));
    Ok(())
}
