//! `wasi:sockets/ip-name-lookup`.

use std::net::IpAddr;
use std::sync::Arc;
use std::vec;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::Answer;
use super::bindings::ip_name_lookup::{Host, HostResolveAddressStream};
use super::bindings::network::{ErrorCode, IpAddress};
use super::errors::{Failure, Told};
use super::network::Network;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::ops::bindings::Error;
use crate::ops::pending::Pending;
use crate::ops::trace::shown;
use crate::ops::{Refusal, names};

/// A name that is being looked up, and the addresses behind it that the guest has not asked for yet.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Lookup {
    core: Arc<Core>,
    name: Arc<str>,
    is_address: bool,
    pending: Pending<Vec<IpAddr>>,
    found: Option<Result<vec::IntoIter<IpAddr>, ErrorCode>>,
}

impl Lookup {
    fn begin(core: &Arc<Core>, name: &str) -> Answer<Self> {
        // An address of IPv6 may have brackets, as in a URL.
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|name| name.contains(':'));
        let name: Arc<str> = bare.unwrap_or(name).into();
        let is_address = name.parse::<IpAddr>().is_ok();
        let pending = Pending::begin(core, names::addresses(core.clone(), name.to_string())).map_err(in_words)?;
        let mut lookup = Lookup { core: core.clone(), name, is_address, pending, found: None };
        match lookup.look() {
            Err(Failure::Told(code)) if code != ErrorCode::WouldBlock => Err(code.into()),
            Err(Failure::Fatal(error)) => Err(error.into()),
            _ => Ok(lookup),
        }
    }

    /// What a name leads to is told without the disguise that a resolver may give it; what is an address itself as it is.
    fn as_told(&self, mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
        if !self.is_address {
            addresses.iter_mut().for_each(|ip| *ip = ip.to_canonical());
        }
        addresses
    }

    /// The addresses that are left, once they are known.
    fn look(&mut self) -> Answer<&mut vec::IntoIter<IpAddr>> {
        if self.found.is_none() {
            match self.pending.finish().map_err(in_words) {
                Ok(addresses) => self.found = Some(Ok(self.as_told(addresses).into_iter())),
                // Of one that is not ready, or is cancelled, the same is asked again.
                Err(Failure::Told(code)) if code == ErrorCode::NameUnresolvable => self.found = Some(Err(code)),
                Err(failure) => return Err(failure),
            }
        }
        match &mut self.found {
            Some(Ok(addresses)) => Ok(addresses),
            Some(Err(code)) => Err((*code).into()),
            None => Err(ErrorCode::WouldBlock.into()),
        }
    }
}

/// Why there are no addresses.
fn in_words(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Told(error) => match *error {
            Error::Network(_) => ErrorCode::NameUnresolvable.into(),
            // There may be room for it later.
            Error::LimitReached(_) => ErrorCode::TemporaryResolverFailure.into(),
            error => Failure::from(Refusal::from(error)),
        },
        refusal => refusal.into(),
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lookup {
    async fn ready(&mut self) {
        if self.found.is_none() {
            self.core.note_wait(Wait::Resolve(self.name.clone()));
            self.pending.ready().await;
        }
    }
}

impl Host for Guest {
    fn resolve_addresses(&mut self, network: Resource<Network>, name: String) -> Answer<Resource<Lookup>> {
        self.table.get(&network)?;
        let begin = || Told(Lookup::begin(&self.core, &name));
        let lookup = self.core.answer(Name::WasiResolve, || shown(&name), begin).0?;
        Ok(self.table.push(lookup)?)
    }
}

impl HostResolveAddressStream for Guest {
    fn resolve_next_address(&mut self, this: Resource<Lookup>) -> Answer<Option<IpAddress>> {
        let next = self.table.get_mut(&this)?.look()?.next();
        Ok(next.map(IpAddress::from))
    }

    fn subscribe(&mut self, this: Resource<Lookup>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, this)
    }

    fn drop(&mut self, this: Resource<Lookup>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
