//! The same through the engine.

use cogen::{Allow, Builder, Clock, Coroutine, Engine, Outcome, Program};

/// An engine with the program `bench`.
pub(crate) struct Ours(pub(crate) Engine);

impl Ours {
    pub(crate) fn new(component: &[u8], workers: usize) -> Self {
        Self::with(component, |builder| builder.workers(workers))
    }

    pub(crate) fn with(component: &[u8], change: impl FnOnce(Builder) -> Builder) -> Self {
        let builder = Engine::builder().program("bench", Program::from_bytes(component).allow(Allow::all()));
        Ours(change(builder).build().expect("an engine"))
    }

    /// On simulated time, beside so many timers that are armed for years.
    pub(crate) fn beside_timers(component: &[u8], timers: u64) -> Self {
        const EACH: u64 = 100;
        let ours = Self::with(component, |builder| builder.workers(1).clock(Clock::simulated()));
        for _ in 0..timers / EACH {
            ours.spawn(&work("arm", EACH));
        }
        ours
    }

    pub(crate) fn spawn(&self, args: &str) -> Coroutine {
        self.0.spawn("bench", args).expect("there is room")
    }

    /// Drives the engine until all of these have ended.
    pub(crate) fn finish(&mut self, coroutines: &[Coroutine]) {
        for coroutine in coroutines {
            while coroutine.outcome().is_none() {
                self.0.turn(std::time::Duration::from_secs(1));
            }
            assert!(coroutine.outcome().is_some_and(|outcome| outcome.is_success()), "{:?}", coroutine.outcome());
        }
    }

    /// Nanoseconds for each of `n` operations as the guest itself saw them.
    pub(crate) fn per_operation(&mut self, op: &str, n: u64) -> f64 {
        let coroutine = self.spawn(&work(op, n));
        self.finish(std::slice::from_ref(&coroutine));
        nanoseconds(&value(&coroutine), n)
    }

    /// Starts and ends `n` coroutines that do nothing.
    pub(crate) fn spawn_and_finish(&mut self, n: u64) {
        const AT_ONCE: u64 = 50;
        let nothing = work("noop", 0);
        for _ in 0..n / AT_ONCE {
            let coroutines: Vec<_> = (0..AT_ONCE).map(|_| self.spawn(&nothing)).collect();
            self.finish(&coroutines);
        }
    }

    /// Nanoseconds for each of `n` signals that wake so many waiters, which then wait again.
    pub(crate) fn signal_and_wake(&mut self, waiters: u64, n: u64) -> f64 {
        let mut coroutines: Vec<_> = (0..waiters).map(|_| self.spawn(&work("wait", n))).collect();
        let signaller = self.spawn(&format!(r#"{{"op":"signal","n":{n},"recipients":{waiters}}}"#));
        coroutines.push(signaller.clone());
        self.finish(&coroutines);
        nanoseconds(&value(&signaller), n)
    }

    /// Runs so many coroutines that each yield `n` times.
    pub(crate) fn independent(&mut self, coroutines: u64, n: u64) {
        let coroutines: Vec<_> = (0..coroutines).map(|_| self.spawn(&work("yield", n))).collect();
        self.finish(&coroutines);
    }
}

/// What the guest `bench` takes as its arguments.
pub(crate) fn work(op: &str, n: u64) -> String {
    format!(r#"{{"op":"{op}","n":{n}}}"#)
}

/// What it returns, for each of `n`.
pub(crate) fn nanoseconds(value: &[u8], n: u64) -> f64 {
    let text = std::str::from_utf8(value).expect("the guest returns text");
    text.parse::<f64>().expect("the guest returns a number") / n as f64
}

fn value(coroutine: &Coroutine) -> Vec<u8> {
    match coroutine.outcome() {
        Some(Outcome::Returned(value)) => value,
        other => panic!("the guest did not return: {other:?}"),
    }
}
