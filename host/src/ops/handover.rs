//! `cogen:engine/handover`.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::Answer;
use super::bindings::handover::{Host, Thing as Handle};
use super::bindings::{Error, Options};
use super::connections::{Connection, Listener};
use super::coroutines::Joinable;
use super::udp::UdpSocket;
use crate::coroutine::Core;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;

/// More is a list to be sent another way.
const MAX_THINGS: usize = 64;

/// Something on its way from one coroutine to another: it belongs to no worker.
pub(crate) enum Thing {
    Connection(Connection),
    Listener(Listener),
    Udp(UdpSocket),
    Coroutine(Arc<Core>),
}

impl Guest {
    /// Takes a thing out of this guest's hands.
    fn give(&mut self, handle: Handle) -> wasmtime::Result<Thing> {
        Ok(match handle {
            Handle::Connection(handle) => {
                let mut connection = self.table.delete(handle)?;
                connection.leave();
                Thing::Connection(connection)
            }
            Handle::Listener(handle) => {
                let mut listener = self.table.delete(handle)?;
                listener.leave();
                Thing::Listener(listener)
            }
            Handle::UdpSocket(handle) => {
                let mut socket = self.table.delete(handle)?;
                socket.leave();
                Thing::Udp(socket)
            }
            Handle::Coroutine(handle) => Thing::Coroutine(self.table.delete(handle)?.into_core()),
        })
    }

    /// Takes things out of this guest's hands, whatever becomes of them.
    pub(super) fn give_all(&mut self, handles: Vec<Handle>) -> wasmtime::Result<Vec<Thing>> {
        let mut things = Vec::with_capacity(handles.len().min(MAX_THINGS));
        for handle in handles {
            things.push(self.give(handle)?);
        }
        Ok(things)
    }

    /// Puts a thing into this guest's hands.
    fn take(&mut self, thing: Thing) -> wasmtime::Result<Handle> {
        Ok(match thing {
            Thing::Connection(mut connection) => {
                connection.arrive(&self.core);
                Handle::Connection(self.table.push(connection)?)
            }
            Thing::Listener(mut listener) => {
                listener.arrive(&self.core);
                Handle::Listener(self.table.push(listener)?)
            }
            Thing::Udp(mut socket) => {
                socket.arrive(&self.core);
                Handle::UdpSocket(self.table.push(socket)?)
            }
            Thing::Coroutine(core) => Handle::Coroutine(self.table.push(Joinable::new(core, &self.core))?),
        })
    }
}

/// As many things as may be given at once, or what is wrong with them.
pub(super) fn check_things(things: &[Thing]) -> Answer<()> {
    if things.len() <= MAX_THINGS {
        return Ok(());
    }
    let message = format!("{} things to give; at most {MAX_THINGS} are allowed", things.len());
    Err(Error::InvalidArgument(message).into())
}

impl Host for Guest {
    async fn spawn(
        &mut self,
        program: String,
        args: Vec<u8>,
        handles: Vec<Handle>,
        options: Options,
    ) -> Answer<Resource<Joinable>> {
        let priority = self.priority(&options);
        let things = self.give_all(handles)?;
        let spawn = |guest: &Guest| {
            check_things(&things)?;
            guest.starter().spawn(&program, args, things, None, priority)
        };
        self.spawned(Name::HandoverSpawn, &program, priority, spawn).await
    }

    fn received(&mut self) -> wasmtime::Result<Vec<Handle>> {
        let things = std::mem::take(&mut self.received);
        things.into_iter().map(|thing| self.take(thing)).collect()
    }
}
