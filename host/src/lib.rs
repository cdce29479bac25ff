//! Run coroutines as sandboxed WebAssembly components.
//!
//! A *program* is a compiled component under a name; a *coroutine* is one running instance of it, with a store, a stack
//! and a memory of its own. What a coroutine wants of the world it asks for through the imports of `wit/`
//! (`cogen:engine`) and of WASI 0.2. What cannot be had at once parks the coroutine, and the worker runs another one;
//! the guest's code reads as if it had blocked.
//!
//! ```
//! use cogen::{Engine, Program};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A component that cargo makes of `fn main() {}` has more in it, but nothing else that counts.
//! let component = wat::parse_str(
//!     r#"(component
//!         (core module $code (func (export "main") (result i32) i32.const 0))
//!         (core instance $code (instantiate $code))
//!         (func $main (result (result)) (canon lift (core func $code "main")))
//!         (instance $run (export "run" (func $main)))
//!         (export "wasi:cli/run@0.2.0" (instance $run)))"#,
//! )?;
//! let mut engine = Engine::builder().workers(1).program("nothing", Program::from_bytes(component)).build()?;
//! let nothing = engine.spawn("nothing", "")?;
//! let report = engine.run(); // until nothing can ever run again
//! assert_eq!((report.ended, report.failed), (1, 0));
//! assert!(nothing.outcome().is_some_and(|outcome| outcome.is_success()));
//! # Ok(())
//! # }
//! ```
//!
//! The modules in the order in which to read them: [`engine`](Engine) is what an embedder holds; `coroutine` is the life
//! of one; `scheduler` runs them and keeps their timers; `ops` is the boundary that each request crosses; `wasi`
//! serves the part of WASI that comes with the first day; [`component`] loads and checks what is to be run.
//!
//! The library never prints, never reads the environment and has no state outside its engines: several engines live
//! side by side in one process.

mod clock;
pub mod component;
mod coroutine;
mod engine;
mod error;
mod event;
pub mod manifest;
#[cfg(test)]
#[allow(clippy::duplicate_mod, reason = "it compiles parts of the crate for a model of memory")]
mod models;
mod ops;
mod program;
mod reactor;
mod sandbox;
mod scheduler;
mod stdio;
mod supervision;
mod wasi;

pub use clock::Clock;
pub use coroutine::{Coroutine, CoroutineId, CoroutineInfo, Outcome, State};
pub use engine::{Builder, Engine, Handle, ListenAddress, RunReport, Server, Stats, Turn};
pub use error::{Error, ErrorKind};
pub use event::{Event, Level, Report, Stream, Trace};
pub use program::{Priority, Program};
pub use reactor::{ReactorKind, SimulatedNetwork};
pub use sandbox::grants::Key as GrantKey;
pub use sandbox::grants::refusals::{Refusals, Refused};
pub use sandbox::grants::{Allow, Folder, NameRule, NetworkRule, PathRule, Pattern, RuleError, SocketRule, Variable};
pub use sandbox::limits::{Limit, Limits};
pub use stdio::{Stdin, Stdout};
pub use supervision::{Group, RestartWhen, Restarts, Strategy};
