//! Lets others run, as often as it is told.

use cogen_guest::time;

use crate::Result;

pub(crate) fn yields(count: &str) -> Result {
    let count: u64 = count.parse().map_err(|error| format!("{count:?} is no number: {error}"))?;
    for _ in 0..count {
        time::yield_now()?;
    }
    Ok(String::new())
}
