//! The first of two things that may happen.

use std::time::Duration;

use cogen_guest::{select, signal, time::Sleep};

use crate::Result;

pub(crate) fn first(seconds: &str) -> Result {
    let seconds = seconds.parse().map_err(|error| format!("{seconds:?} is no number: {error}"))?;
    let (go, patience) = (signal::start_wait("go")?, Sleep::new(Duration::from_secs(seconds)));
    match select(&[&go, &patience]) {
        0 => Ok(format!("signal {}", String::from_utf8_lossy(&go.finish()?))),
        _ => Ok("time".to_owned()),
    }
}
