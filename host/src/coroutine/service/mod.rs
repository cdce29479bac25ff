//! Coroutines of the host: they have no sandbox and no store, and are otherwise seen, cancelled, killed and waited for as all
//! others are. What they start has a sandbox.

mod accept;
mod supervisor;

use std::sync::Arc;

pub(crate) use accept::{AcceptLoop, Reception};
pub(crate) use supervisor::{Member, Supervisor};

use super::{Core, Outcome};
use crate::ops::Thing;

/// What a coroutine of the host does.
pub(crate) enum Service {
    /// It accepts connections, and starts a program for each.
    Accept(AcceptLoop),
    /// It starts programs, and starts them again when they end.
    Supervise(Supervisor),
}

impl Service {
    /// What it is called among the programs.
    pub(crate) fn name(&self) -> String {
        match self {
            Service::Accept(accept) => format!("serve {}", accept.handler.name),
            Service::Supervise(supervisor) => format!("supervise {}", supervisor.name),
        }
    }

    /// Does it from start to end. Dropped half-way, it leaves alone whom it has accepted, and kills whom it supervises.
    pub(super) async fn run(&self, core: &Arc<Core>, things: Vec<Thing>) -> Outcome {
        match self {
            Service::Accept(accept) => accept::run(core, accept, things).await,
            Service::Supervise(supervisor) => supervisor::run(core, supervisor).await,
        }
    }
}
