//! `cogen:engine/names`.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::names::{Host, HostPendingResolve};
use super::bindings::types::{NetworkFailure, NetworkProblem};
use super::bindings::{Error, Options};
use super::pending::Pending;
use super::trace::{Brief, shown};
use super::{Answer, Operation};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::sandbox::grants::HostName;

/// A guest has no use for more addresses of one name.
const MAX_ADDRESSES: usize = 64;

/// A name that is being looked up, and what came of it until the guest is told.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingResolve(Pending<Vec<String>>);

impl Brief for PendingResolve {
    fn brief(&self) -> String {
        "looks up".to_owned()
    }
}

impl Brief for Vec<String> {
    fn brief(&self) -> String {
        self.join(", ")
    }
}

/// A name that can be looked up, or what is wrong with it.
pub(super) fn parse(name: &str) -> Answer<HostName> {
    HostName::new(name).ok_or_else(|| {
        let expected = "at most 253 bytes of letters, digits, `-` and `_`, with dots between";
        Error::InvalidArgument(format!("{} is no name of a host: expected {expected}", shown(name))).into()
    })
}

/// As [`parse`], if this coroutine may look the name up. An address needs no grant and is no name: nobody is asked for it.
fn parse_granted(core: &Core, name: &str) -> Answer<Option<HostName>> {
    if name.parse::<IpAddr>().is_ok() {
        return Ok(None);
    }
    let name = parse(name)?;
    core.granted(core.grants.look_up(&name))?;
    Ok(Some(name))
}

/// The addresses behind a name, in the order in which to try them. The one who asks is cancelled by whoever polls this.
pub(super) async fn look_up(core: &Arc<Core>, name: &str) -> Answer<Vec<IpAddr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let (network, asked) = (core.shared.network.clone(), name.to_owned());
    let started = core.shared.blocking.start(core, move || network.look_up(&asked))?;
    let unknown = |why: &dyn std::fmt::Display| {
        let message = format!("cannot look up {}: {why}", shown(name));
        Error::Network(NetworkFailure { problem: NetworkProblem::NameUnknown, message })
    };
    let mut addresses = poll_fn(|_| started.poll()).await.map_err(|error| unknown(&error))?;
    if addresses.is_empty() {
        return Err(unknown(&"it has no address").into());
    }
    addresses.truncate(MAX_ADDRESSES);
    Ok(addresses)
}

/// The addresses behind a name that this coroutine may look up, of which its grants are told.
pub(crate) async fn addresses(core: Arc<Core>, name: String) -> Answer<Vec<IpAddr>> {
    let host = parse_granted(&core, &name)?;
    let addresses = look_up(&core, &name).await?;
    if let Some(host) = host {
        core.grants.tell(&host, &addresses);
    }
    Ok(addresses)
}

async fn resolve(core: Arc<Core>, name: String) -> Answer<Vec<String>> {
    Ok(addresses(core, name).await?.iter().map(IpAddr::to_string).collect())
}

impl Host for Guest {
    async fn resolve(&mut self, name: String, options: Options) -> Answer<Vec<String>> {
        let operation = Operation {
            name: Name::Resolve,
            detail: || shown(&name),
            wait: || Some(Wait::Resolve(name.as_str().into())),
            deadline: self.deadline(&options),
        };
        self.core.operate(operation, pin!(resolve(self.core.clone(), name.clone()))).await
    }

    fn start_resolve(&mut self, name: String) -> Answer<Resource<PendingResolve>> {
        let begin = || {
            parse_granted(&self.core, &name)?;
            Ok(PendingResolve(Pending::begin(&self.core, resolve(self.core.clone(), name.clone()))?))
        };
        let pending = self.core.answer(Name::StartResolve, || shown(&name), begin)?;
        Ok(self.table.push(pending)?)
    }
}

impl HostPendingResolve for Guest {
    fn subscribe(&mut self, pending: Resource<PendingResolve>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, pending)
    }

    fn finish(&mut self, pending: Resource<PendingResolve>) -> Answer<Vec<String>> {
        self.table.get_mut(&pending)?.0.finish()
    }

    fn drop(&mut self, pending: Resource<PendingResolve>) -> wasmtime::Result<()> {
        self.table.delete(pending)?;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PendingResolve {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}
