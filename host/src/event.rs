//! What an engine tells its embedder while it runs.

use std::time::Duration;

use crate::coroutine::{CoroutineId, Outcome};

/// Something that happened. Events are handed to the function given to
/// [`Builder::on_event`](crate::Builder::on_event) on the worker where they happened, while that worker waits.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A guest wrote to its standard output or standard error.
    Output {
        /// Who wrote.
        id: CoroutineId,
        /// The program it runs.
        program: &'a str,
        /// To which of the two.
        stream: Stream,
        /// What it wrote, as it wrote it.
        bytes: &'a [u8],
    },
    /// A guest told the operator something through `cogen:engine/log`.
    Log {
        /// Who spoke.
        id: CoroutineId,
        /// The program it runs.
        program: &'a str,
        /// How much it matters.
        level: Level,
        /// What it said.
        message: &'a str,
    },
    /// An operation of a traced coroutine has ended.
    Operation {
        /// Who asked for it.
        id: CoroutineId,
        /// The program it runs.
        program: &'a str,
        /// The operation.
        name: &'a str,
        /// What it was about: a signal's name, a program, a time.
        detail: &'a str,
        /// What came of it, in a word or two: `ok`, `12 bytes`, `3 woken`, the coroutine, or the error.
        result: &'a str,
        /// When it was asked for, on the engine's clock.
        began: Duration,
        /// How long it took, parked or not.
        took: Duration,
    },
    /// A coroutine wanted something that it is not granted. Told once for each program and line; how often is counted, see
    /// [`Engine::refusals`](crate::Engine::refusals).
    Refused {
        /// Who wanted it.
        id: CoroutineId,
        /// The program it runs.
        program: &'a str,
        /// What was attempted, on what.
        attempted: &'a str,
        /// The program whose grants lack it: its own, but for a UDP socket that another one has bound.
        lacking: &'a str,
        /// The line that would grant it, in `[program.NAME.allow]` of that program.
        line: &'a str,
        /// Whether the program is granted it, and the coroutines above this one have not left it to it.
        is_narrowed: bool,
    },
    /// A coroutine ended without a value, was neither cancelled nor killed, and neither a caller nor a scope hears of it.
    Failed(&'a Report),
    /// A supervisor has started a program again.
    Restarted {
        /// Who did.
        supervisor: CoroutineId,
        /// Who was started.
        id: CoroutineId,
        /// The program.
        program: &'a str,
        /// Who ran it before.
        former: CoroutineId,
        /// How long that has waited.
        delay: Duration,
    },
    /// A supervisor ends because it would have to start its programs again once too often. Those who have not ended are
    /// cancelled.
    GaveUp {
        /// Who gave up.
        id: CoroutineId,
        /// What it is called.
        program: &'a str,
        /// The program that has ended last.
        ended: &'a str,
        /// So many restarts are allowed
        max_restarts: u32,
        /// within this time.
        period: Duration,
    },
    /// A coroutine ended, however it did; told once for each, after `Failed`.
    Ended {
        /// Who ended.
        id: CoroutineId,
        /// The program it ran.
        program: &'a str,
        /// How it ended.
        outcome: &'a Outcome,
    },
}

/// Which of a guest's output streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How much a message matters, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// For those who look for a fault.
    Debug,
    /// What an operator may want to know.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something went wrong.
    Error,
}

/// How a coroutine ended, told once.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who ended.
    pub id: CoroutineId,
    /// Who spawned or called it; none when it was started from outside.
    pub parent: Option<CoroutineId>,
    /// The program it ran.
    pub program: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The last operation it asked for, if any.
    pub last_operation: Option<&'static str>,
}

/// Whose operations are told as [`Event::Operation`]; may be changed while the engine runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Nobody's.
    #[default]
    Off,
    /// Everybody's.
    All,
    /// Those of the coroutines that run this program.
    Program(String),
}
