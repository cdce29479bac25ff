//! One signals another one three times, who then waits in vain for more.

use std::time::Duration;

use cogen_guest::{Error, Options, signal, time};

use crate::Result;

pub(crate) fn foo() -> Result {
    for item in ["spam", "ham", "eggs"] {
        signal::signal_with("bar", item, 1, Options::new())?;
    }
    time::sleep(Duration::from_secs(3))?;
    Ok(String::new())
}

pub(crate) fn bar() -> Result {
    for _ in 0..3 {
        println!("{}", String::from_utf8_lossy(&signal::wait("bar")?));
    }
    match signal::wait_with("bar", Options::new().timeout(Duration::from_secs(2))) {
        Ok(more) => println!("{}", String::from_utf8_lossy(&more)),
        Err(Error::TimedOut) => println!("No more stuff!"),
        Err(error) => return Err(error.into()),
    }
    Ok(String::new())
}

pub(crate) fn go(value: &str) -> Result {
    signal::signal_with("go", value, 1, Options::new())?;
    Ok(String::new())
}
