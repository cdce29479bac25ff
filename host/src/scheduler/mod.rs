//! Who runs when: one worker per OS thread, each with a queue, timers and a reactor of its own.
//!
//! [`worker`] is the loop; [`ready`] its queue; [`mailbox`] what others may reach of it, with the [`inbox`] for what they
//! send; [`timers`] what it wakes at which moment; [`rooms`] who may have a store; [`rest`] how workers agree that nothing can ever run again, or that a simulated
//! clock may jump; [`blocking`] who does what blocks; [`ticker`] what interrupts a guest that never asks for anything; [`cycles`] who had the processor for
//! how long.

use std::sync::atomic;

use parking_lot::Mutex;

pub(crate) mod alarm;
pub(crate) mod blocking;
pub(crate) mod cycles;
mod inbox;
pub(crate) mod mailbox;
mod ready;
pub(crate) mod rest;
pub(crate) mod rooms;
pub(crate) mod ticker;
pub(crate) mod timers;
pub(crate) mod worker;

/// Where in its worker's queue a woken coroutine goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before everybody else.
    Front,
    /// Behind everybody else.
    Back,
}
