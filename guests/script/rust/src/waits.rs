//! Waiting for the first of several things.

use crate::{Performer, text};
use cogen_guest::coroutine::{Coroutine, PendingCall};
use cogen_guest::net::{self, PendingResolve, Ready};
use cogen_guest::scope::Scope;
use cogen_guest::signal::{PendingSignal, SignalWait};
use cogen_guest::time::Sleep;
use cogen_guest::{Options, Result, coroutine, select, signal};
use script_steps::Wait;
use std::time::Duration;

use crate::net::{Connecting, list};

impl Performer {
    /// Wait for the first of several, and answer what to log of it.
    pub(crate) fn select(&mut self, waits: &[Wait]) -> Result<String> {
        let started = waits.iter().map(|wait| self.start(wait)).collect::<Result<Vec<_>>>()?;
        let position = select(&started.iter().map(Started::as_wait).collect::<Vec<_>>());
        let value = match &started[position] {
            Started::Connecting(connecting) => {
                let (name, connection) = connecting.finish()?;
                drop(started);
                self.kept.insert(name, connection.into());
                None
            }
            other => other.finish()?,
        };
        Ok(match value {
            Some(value) => format!("select {position} got {value}"),
            None => format!("select {position}"),
        })
    }

    fn start(&self, wait: &Wait) -> Result<Started<'_>> {
        Ok(match wait {
            Wait::Sleep(nanoseconds) => Started::Sleep(Sleep::new(Duration::from_nanos(*nanoseconds))),
            Wait::Signal(name) => Started::Signal(signal::start_wait(name)?),
            Wait::Give { name, value, recipients } => {
                Started::Give(signal::start_signal(name, value, *recipients, Options::new())?)
            }
            Wait::End(handle) => Started::End(self.handle(handle)?),
            Wait::Scope(name) => Started::Scope(self.scope(name)?),
            Wait::Call { program, args } => Started::Call(coroutine::start_call(program, args.to_bytes())?),
            Wait::Reading(name) => Started::Ready(self.connection(name)?.reading()),
            Wait::Writing(name) => Started::Ready(self.connection(name)?.writing()),
            Wait::Accepting(name) => Started::Ready(self.listener(name)?.accepting()),
            Wait::Receiving(name) => Started::Ready(self.udp(name)?.receiving()),
            Wait::Sending(name) => Started::Ready(self.udp(name)?.sending()),
            Wait::Connecting { address, save_as } => Started::Connecting(self.connecting(address, save_as)?),
            Wait::Resolving(name) => Started::Resolving(net::start_resolve(name)?),
        })
    }
}

/// Something waited for by [`Performer::select`].
enum Started<'a> {
    Sleep(Sleep),
    Signal(SignalWait),
    Give(PendingSignal),
    End(&'a Coroutine),
    Scope(&'a Scope),
    Call(PendingCall),
    Ready(Ready<'a>),
    Connecting(Connecting),
    Resolving(PendingResolve),
}

impl Started<'_> {
    fn as_wait(&self) -> &dyn select::Wait {
        match self {
            Started::Sleep(sleep) => sleep,
            Started::Signal(wait) => wait,
            Started::Give(signal) => signal,
            Started::End(coroutine) => *coroutine,
            Started::Scope(scope) => *scope,
            Started::Call(call) => call,
            Started::Ready(ready) => ready,
            Started::Connecting(connecting) => connecting.as_wait(),
            Started::Resolving(lookup) => lookup,
        }
    }

    /// What has come of it, if it has a value.
    fn finish(&self) -> Result<Option<String>> {
        Ok(match self {
            Started::Sleep(_) | Started::Ready(_) | Started::Scope(_) | Started::Connecting(_) => None,
            Started::Signal(wait) => Some(text(&wait.finish()?)),
            Started::Give(signal) => Some(signal.finish()?.to_string()),
            Started::End(coroutine) => Some(text(&coroutine.join()?)),
            Started::Call(call) => Some(text(&call.finish()?)),
            Started::Resolving(lookup) => Some(list(lookup.finish()?)),
        })
    }
}
