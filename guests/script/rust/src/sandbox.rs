//! The steps that start others within bounds.

use cogen_guest::sandbox::{Bounds, Grant};
use cogen_guest::{Error, Result};
use script_steps::{Bounds as Written, Left};

/// Bounds as they were written.
pub(crate) fn bounds(written: &Written) -> Result<Bounds> {
    let bounds = match &written.grants {
        Left::Own => Bounds::own(),
        Left::WithinMine => Bounds::within_mine(),
        Left::Only(rules) => Bounds::only(rules.iter().map(|rule| grant(rule)).collect::<Result<Vec<_>>>()?),
    };
    Ok(written.limits.iter().fold(bounds, |bounds, (key, most)| bounds.limit(key, *most)))
}

fn grant(written: &str) -> Result<Grant> {
    let (key, rule) = written.split_once('=').unwrap_or((written, ""));
    let rule = rule.to_owned();
    Ok(match key {
        "connect" => Grant::Connect(rule),
        "listen" => Grant::Listen(rule),
        "udp" => Grant::Udp(rule),
        "udp-bind" => Grant::UdpBind(rule),
        "resolve" => Grant::Resolve(rule),
        "directory" => Grant::Directory(rule),
        "environment" => Grant::Environment(rule),
        "spawn" => Grant::Spawn(rule),
        "call" => Grant::Call(rule),
        "cancel" => Grant::Cancel(rule),
        "send" => Grant::Send(rule),
        "wait" => Grant::Wait(rule),
        other => return Err(Error::Other(format!("the script knows no grant `{other}`"))),
    })
}
