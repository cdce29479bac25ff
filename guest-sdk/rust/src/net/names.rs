//! The addresses behind names.

use crate::bindings::cogen::engine::names;
use crate::select::{Pollable, Wait, block_on};
use crate::{Error, Options, Result};
use std::net::IpAddr;

/// Park until the addresses of `name` are known, and answer them in the order in which to try them. An address is its own
/// answer. (To connect needs no lookup: [`TcpStream::connect`](super::TcpStream::connect) takes names.)
///
/// Fails with [`Network`](crate::Error::Network) (`NameUnknown`), [`TimedOut`](crate::Error::TimedOut),
/// [`Cancelled`](crate::Error::Cancelled), [`Denied`](crate::Error::Denied),
/// [`LimitReached`](crate::Error::LimitReached) (too many lookups wait) or
/// [`InvalidArgument`](crate::Error::InvalidArgument).
pub fn resolve(name: &str) -> Result<Vec<IpAddr>> {
    resolve_with(name, Options::new())
}

/// As [`resolve`], with a timeout and a priority.
pub fn resolve_with(name: &str, options: Options) -> Result<Vec<IpAddr>> {
    addresses(names::resolve(name, options.raw)?)
}

/// Begin to look a name up without parking. Fails as [`resolve`] does.
pub fn start_resolve(name: &str) -> Result<PendingResolve> {
    names::start_resolve(name).map(PendingResolve).map_err(Into::into)
}

/// A name that is being looked up. Dropping it forgets the answer.
#[derive(Debug)]
#[must_use = "dropping it forgets the answer"]
pub struct PendingResolve(names::PendingResolve);

impl PendingResolve {
    /// The answer, once: [`NotReady`](crate::Error::NotReady) until it is known, then what [`resolve`] would have answered.
    /// Never parks.
    pub fn finish(&self) -> Result<Vec<IpAddr>> {
        addresses(self.0.finish()?)
    }

    /// Park until it is known, and answer as [`resolve`] would have.
    pub fn wait(self) -> Result<Vec<IpAddr>> {
        block_on(&self);
        self.finish()
    }
}

impl Wait for PendingResolve {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }
}

fn addresses(texts: Vec<String>) -> Result<Vec<IpAddr>> {
    let address = |text: String| text.parse().map_err(|_| Error::Other(format!("{text:?} is no IP address")));
    texts.into_iter().map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn what_is_no_address_is_told() {
        assert_eq!(addresses(vec!["::1".into()]), Ok(vec![[0, 0, 0, 0, 0, 0, 0, 1].into()]));
        assert_eq!(addresses(vec!["x".into()]).unwrap_err().to_string(), "\"x\" is no IP address");
    }
}
