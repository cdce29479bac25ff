//! One loses patience with another one.

use std::time::Duration;

use cogen_guest::{Error, Options, coroutine, time};

use crate::{Result, failure};

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn cancel(program: &str) -> Result {
    let sleeper = coroutine::spawn(program, "sleep-long")?;
    match sleeper.join_with(Options::new().timeout(Duration::from_secs(1))) {
        Err(Error::TimedOut) => println!("timed out"),
        other => return Err(format!("it did not sleep: {other:?}")),
    }
    sleeper.cancel()?;
    match sleeper.join() {
        Err(Error::Ended(failure)) => {
            let ending = failure::name(failure.ending);
            println!("{ending}");
            Ok(ending)
        }
        other => Err(format!("it did not end as it should: {other:?}")),
    }
}

pub(crate) fn sleep_long() -> Result {
    match time::sleep(HOUR) {
        Err(Error::Cancelled) => println!("cleaning up"),
        other => return Err(format!("it was not cancelled: {other:?}")),
    }
    Err(Error::Cancelled.into())
}
