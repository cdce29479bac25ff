//! Named signals, from one coroutine to all that wait for the name now.
//!
//! A signal nobody waits for is gone: signals are not kept. To pass values that must not be lost, say how many must be
//! there to take them: the `recipients` of [`signal_with`].
//!
//! Names are any text of 1 to 256 bytes, values are at most 1 MiB; more fails with
//! [`Error::InvalidArgument`](crate::Error::InvalidArgument).

use crate::bindings::cogen::engine::signals;
use crate::select::{Pollable, Wait, block_on};
use crate::{Options, Result};

/// Wake all that wait for `name` now with `value`, in the order they came, and answer how many they were.
pub fn signal(name: &str, value: impl AsRef<[u8]>) -> Result<u32> {
    signal_with(name, value, 0, Options::new())
}

/// As [`signal`], but with `recipients` above zero park first until so many wait.
///
/// Fails with [`Error::TimedOut`](crate::Error::TimedOut) when they did not come, with
/// [`Error::Cancelled`](crate::Error::Cancelled), or with [`Error::Denied`](crate::Error::Denied) for a name that this program may
/// not send.
pub fn signal_with(name: &str, value: impl AsRef<[u8]>, recipients: u32, options: Options) -> Result<u32> {
    Ok(signals::signal(name, value.as_ref(), recipients, options.raw)?)
}

/// Begin a signal with recipients without waiting for them.
pub fn start_signal(name: &str, value: impl AsRef<[u8]>, recipients: u32, options: Options) -> Result<PendingSignal> {
    signals::start_signal(name, value.as_ref(), recipients, options.raw).map(PendingSignal).map_err(Into::into)
}

/// Park until somebody signals `name`, and answer the value.
pub fn wait(name: &str) -> Result<Vec<u8>> {
    wait_with(name, Options::new())
}

/// As [`wait`], with a timeout.
///
/// Fails with [`Error::TimedOut`](crate::Error::TimedOut), [`Error::Cancelled`](crate::Error::Cancelled), or with
/// [`Error::Denied`](crate::Error::Denied) for a name that this program may not wait for.
pub fn wait_with(name: &str, options: Options) -> Result<Vec<u8>> {
    Ok(signals::wait_for_signal(name, options.raw)?)
}

/// Begin to wait for `name` without parking. From now on this coroutine counts as one that waits.
pub fn start_wait(name: &str) -> Result<SignalWait> {
    signals::start_wait(name).map(SignalWait).map_err(Into::into)
}

/// A place in the row of those who wait for a signal, kept while this exists. It takes one signal.
#[derive(Debug)]
#[must_use = "dropping it gives up the place"]
pub struct SignalWait(signals::SignalWait);

impl SignalWait {
    /// The value, once: [`Error::NotReady`](crate::Error::NotReady) until the signal has come, and
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) after that. Never parks.
    pub fn finish(&self) -> Result<Vec<u8>> {
        Ok(self.0.finish()?)
    }

    /// Park until the signal has come, and answer its value.
    pub fn wait(self) -> Result<Vec<u8>> {
        block_on(&self);
        self.finish()
    }
}

impl Wait for SignalWait {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }
}

/// A signal that waits for its recipients. Dropping it takes the signal back if it was not yet given.
#[derive(Debug)]
#[must_use = "dropping it takes the signal back"]
pub struct PendingSignal(signals::PendingSignal);

impl PendingSignal {
    /// How many were woken: [`Error::NotReady`](crate::Error::NotReady) until the signal has been given. Never parks.
    pub fn finish(&self) -> Result<u32> {
        Ok(self.0.finish()?)
    }

    /// Park until the signal has been given, and answer how many were woken.
    pub fn wait(self) -> Result<u32> {
        block_on(&self);
        self.finish()
    }
}

impl Wait for PendingSignal {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }
}
