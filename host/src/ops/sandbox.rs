//! `cogen:engine/sandbox`.

use wasmtime::component::Resource;

use super::Answer;
use super::bindings::handover::Thing as Handle;
use super::bindings::sandbox::{self, Grant, Host};
use super::bindings::{Error, Options};
use super::coroutines::{Bounds, Joinable};
use super::handover::check_things;
use super::trace::shown;
use crate::coroutine::Core;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::sandbox::grants::{Key, Leaving, Narrowings, RuleError, TooDeep};
use crate::sandbox::limits::{Limit, Limits};

impl Host for Guest {
    async fn spawn(
        &mut self,
        program: String,
        args: Vec<u8>,
        handles: Vec<Handle>,
        bounds: sandbox::Bounds,
        options: Options,
    ) -> Answer<Resource<Joinable>> {
        let priority = self.priority(&options);
        let things = self.give_all(handles)?;
        let spawn = |guest: &Guest| {
            check_things(&things)?;
            let bounds = within(&guest.core, bounds)?;
            guest.starter().within(&bounds).spawn(&program, args, things, None, priority)
        };
        self.spawned(Name::SandboxSpawn, &program, priority, spawn).await
    }

    async fn call(
        &mut self,
        program: String,
        args: Vec<u8>,
        bounds: sandbox::Bounds,
        options: Options,
    ) -> Answer<Vec<u8>> {
        let (core, starter, deadline) = (&self.core, self.starter(), self.deadline(&options));
        let call = || {
            let bounds = within(core, bounds)?;
            starter.within(&bounds).call(&program, args)
        };
        core.called(Name::SandboxCall, &program, deadline, call).await
    }
}

/// What a coroutine leaves to one that it starts, or what is wrong with that.
fn within(core: &Core, bounds: sandbox::Bounds) -> Answer<Bounds> {
    let too_deep = |deep: TooDeep| Error::LimitReached(deep.text());
    let narrowings = match bounds.grants {
        sandbox::Grants::Own => core.grants.narrowings().clone(),
        sandbox::Grants::WithinMine => core.grants.leave_own().map_err(too_deep)?,
        sandbox::Grants::Only(grants) => leave(core, &grants)?,
    };
    Ok(Bounds { narrowings, limits: limits(&bounds.limits)? })
}

fn leave(core: &Core, grants: &[Grant]) -> Answer<Narrowings> {
    let mut leaving = Leaving::default();
    for grant in grants {
        let (key, rule) = rule(grant);
        leaving.add(key, rule).map_err(|error: RuleError| Error::InvalidArgument(error.to_string()))?;
    }
    let charge = core.program.payloads.charge(leaving.bytes()).map_err(Error::LimitReached)?;
    Ok(core.grants.leave(leaving, charge).map_err(|deep| Error::LimitReached(deep.text()))?)
}

fn rule(grant: &Grant) -> (Key, &str) {
    match grant {
        Grant::Connect(rule) => (Key::Connect, rule),
        Grant::Listen(rule) => (Key::Listen, rule),
        Grant::Udp(rule) => (Key::Udp, rule),
        Grant::UdpBind(rule) => (Key::UdpBind, rule),
        Grant::Resolve(rule) => (Key::Resolve, rule),
        Grant::Directory(name) => (Key::Directories, name),
        Grant::Environment(name) => (Key::Environment, name),
        Grant::Spawn(rule) => (Key::Spawn, rule),
        Grant::Call(rule) => (Key::Call, rule),
        Grant::Cancel(rule) => (Key::Cancel, rule),
        Grant::Send(rule) => (Key::Send, rule),
        Grant::Wait(rule) => (Key::Wait, rule),
    }
}

/// The limits that a guest names; all others are without bound.
fn limits(named: &[sandbox::Limit]) -> Answer<Limits> {
    let mut limits = Limits::unlimited();
    for sandbox::Limit { key, most } in named {
        let Some(limit) = Limit::named(key).filter(|limit| !limit.is_of_program()) else {
            return Err(Error::InvalidArgument(format!("{} is no limit of a coroutine", shown(key))).into());
        };
        let (least, largest) = limit.range();
        if !(least..=largest).contains(most) {
            let message = format!("{limit}: {most} is no number that it can have: {least} to {largest}");
            return Err(Error::InvalidArgument(message).into());
        }
        limits = limits.with(limit, *most);
    }
    Ok(limits)
}
