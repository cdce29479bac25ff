//! Where the standard streams of a program come from and go to, as an embedder says it.

use std::path::PathBuf;

/// What a program finds on its standard input; see [`Program::stdin`](crate::Program::stdin).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stdin {
    /// Nothing: it is at its end.
    #[default]
    Null,
    /// The standard input of this process. It is read only while a coroutine asks for it, and never more than is asked for; of
    /// several that ask, who came first is served first. A [`run`](crate::Engine::run) does not end while one of them waits.
    Inherit,
    /// A file, which each coroutine reads from its beginning. It must be there when the engine is built.
    File(PathBuf),
    /// What the program of this name writes to its standard output, through a buffer of 64 KiB: who writes waits while it is full,
    /// who reads while it is empty. It is at its end when a coroutine of that program has begun and none is left; and who writes
    /// is told that it is closed when a coroutine of this one has begun and none is left. One program reads of another; not two of
    /// them, not itself, and not in a circle.
    Program(String),
}

/// Where the standard output of a program goes, or its standard error; see [`Program::stdout`](crate::Program::stdout).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stdout {
    /// To whoever the engine tells what happens, as an [`Event::Output`](crate::Event::Output).
    #[default]
    Inherit,
    /// Nowhere.
    Null,
    /// Into a file, which is made or emptied when the engine is built. All coroutines that write to it write whole lines, of up to
    /// 8 KiB; what one of them leaves without an end is ended before another's begins. A pipe of the system is opened when something
    /// is written to it; if nobody reads it, who writes is parked when the engine has kept 64 KiB. It is closed when the engine is gone, and
    /// whatever knows of its coroutines.
    File(PathBuf),
}
