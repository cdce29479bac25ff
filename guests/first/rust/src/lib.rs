//! The first guest of the README.

use cogen_guest::{Error, coroutine, time};
use std::time::Duration;

#[cogen_guest::main]
fn run(who: String) -> Result<String, Error> {
    if who == "child" {
        time::sleep(Duration::from_millis(10))?; // parks this coroutine, and nobody else
        return Ok("hello from a sandbox of my own".into());
    }
    let answer = coroutine::call("first", "child")?; // the same program once more, in a sandbox of its own
    println!("{}", String::from_utf8_lossy(&answer));
    Ok("done".into())
}
