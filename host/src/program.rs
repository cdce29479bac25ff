//! Programs: components under a name, with the settings that hold for all their coroutines.

use std::path::PathBuf;
use std::time::Duration;

use crate::sandbox::grants::Allow;
use crate::sandbox::limits::Limits;
use crate::stdio::{Stdin, Stdout};

/// Who goes first when an operation makes several coroutines able to run; see `types.priority` in the WIT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Everybody goes to the back of the queue, the woken first.
    #[default]
    Last,
    /// The woken go to the front, the one that asked to the back.
    Operation,
    /// The one that asked goes on first, the woken to the back.
    Coroutine,
    /// The one that asked goes on first, then the woken.
    First,
}

impl Priority {
    pub(crate) fn woken_to_front(self) -> bool {
        matches!(self, Priority::Operation | Priority::First)
    }

    pub(crate) fn asker_goes_on(self) -> bool {
        matches!(self, Priority::Coroutine | Priority::First)
    }
}

/// With this many slices in a row, of 8 ms, the others wait for the better part of a second.
pub(crate) const MAX_WEIGHT: u8 = 100;

/// A component to be run under a name; see [`Builder::program`](crate::Builder::program).
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) source: Source,
    pub(crate) default_timeout: Option<Duration>,
    pub(crate) default_priority: Option<Priority>,
    pub(crate) allow: Allow,
    pub(crate) limits: Limits,
    pub(crate) weight: u8,
    pub(crate) stdin: Option<Stdin>,
    pub(crate) stdout: Option<Stdout>,
    pub(crate) stderr: Option<Stdout>,
    pub(crate) is_invoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Source {
    /// The name of the file, without the folders that it is in: they are nobody's business.
    pub(crate) fn file_name(&self) -> Option<String> {
        match self {
            Source::File(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
            Source::Bytes(_) => None,
        }
    }
}

impl Program {
    /// The component in a file, or the core module of which one is made; it is read when the engine is built.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self::new(Source::File(path.into()))
    }

    /// The component in these bytes, or the core module of which one is made.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(Source::Bytes(bytes.into()))
    }

    /// How long its operations wait that give no timeout of their own. Without it, the engine's default holds;
    /// [`Duration::MAX`] is for ever, whatever the engine's.
    pub fn default_timeout(mut self, timeout: Duration) -> Self {
        self.default_timeout = Some(timeout);
        self
    }

    /// The priority of its operations that give none of their own. Without it, the engine's default holds.
    pub fn default_priority(mut self, priority: Priority) -> Self {
        self.default_priority = Some(priority);
        self
    }

    /// What its coroutines may touch, instead of what was said before. Without it, or where it does not say so, they may do
    /// nothing but use what they are given.
    pub fn allow(mut self, allow: Allow) -> Self {
        self.allow = allow;
        self
    }

    /// What each of its coroutines may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many slices of the processor each of its coroutines has where those of other programs have one, when all of them
    /// compute and never wait: 1 to 100, and 1 unless it is said. Who waits is not served sooner for it.
    pub fn weight(mut self, slices: u8) -> Self {
        self.weight = slices.clamp(1, MAX_WEIGHT);
        self
    }

    /// What it finds on its standard input: nothing unless it is said.
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = Some(stdin);
        self
    }

    /// Where its standard output goes. Unless it is said, that is to the program that [reads](Stdin::Program) it, or else to
    /// whoever the engine tells what happens.
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = Some(stdout);
        self
    }

    /// Where its standard error goes: unless it is said, to whoever the engine tells what happens.
    pub fn stderr(mut self, stderr: Stdout) -> Self {
        self.stderr = Some(stderr);
        self
    }

    /// Enters its coroutines by the functions that it exports, though it has an entry of its own: their arguments name one of
    /// them with its arguments, in WAVE, as in `add(1, 2)`, and their value is its result in WAVE. One that exports functions
    /// and has no other entry is entered so in any case.
    pub fn invoked(mut self) -> Self {
        self.is_invoked = true;
        self
    }

    fn new(source: Source) -> Self {
        Program {
            source,
            default_timeout: None,
            default_priority: None,
            allow: Allow::default(),
            limits: Limits::default(),
            weight: 1,
            stdin: None,
            stdout: None,
            stderr: None,
            is_invoked: false,
        }
    }
}
