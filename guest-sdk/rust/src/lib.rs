//! Write coroutines for [cogen] in Rust.
//!
//! A coroutine is a component with one entry: a function. It runs alone in its sandbox and asks the engine for everything
//! else. What cannot be done at once *parks* it: the call returns when the result is there, and others run in the
//! meantime. There is no `async` and no callback; the code reads as if it blocked.
//!
//! # A complete program
//!
//! ```no_run
//! use cogen_guest::{Error, Options, coroutine, signal, time};
//! use std::time::Duration;
//!
//! /// Waits for readings of a sensor until none has come for two seconds, and answers how many there were.
//! #[cogen_guest::main]
//! fn run(sensor: String) -> Result<String, Error> {
//!     // Another program of the same engine runs beside this one and signals what it measures.
//!     let measuring = coroutine::spawn("measure", &sensor)?;
//!
//!     let patience = Options::new().timeout(Duration::from_secs(2));
//!     let began = time::now();
//!     let mut readings = 0;
//!     loop {
//!         match signal::wait_with(&sensor, patience) {
//!             Ok(value) => {
//!                 readings += 1;
//!                 println!("{:?} {}", began.elapsed(), String::from_utf8_lossy(&value));
//!             }
//!             Err(Error::TimedOut) => break,
//!             // The only other way out is to be cancelled: pass it on, and be done.
//!             Err(error) => return Err(error),
//!         }
//!     }
//!
//!     measuring.cancel()?;
//!     Ok(readings.to_string())
//! }
//! ```
//!
//! The crate of a coroutine is a `cdylib`, built by `cargo build --release --target wasm32-wasip2`:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! cogen-guest = "0.1"
//! ```
//!
//! # Where to look
//!
//! - [`main`](macro@main) and [`args`]: the entry, what it is given and what it answers
//! - [`coroutine`]: start others, wait for them, end them
//! - [`scope`](mod@scope): start others that end together
//! - [`sandbox`]: start others that may do less
//! - [`signal`]: named signals from one to all that wait
//! - [`time`]: the engine's clock and sleeping
//! - [`net`]: TCP, UDP and Unix sockets, and names
//! - [`handover`]: give a socket or a handle to whom one starts
//! - [`select`](mod@select): wait for the first of several things
//! - [`context`]: values handed down to whom one starts
//! - [`log`]: messages to the operator
//! - [`Options`]: how long to wait, and who runs first
//! - [`Error`]: what can go wrong
//!
//! Printing, random numbers, `HashMap`, `std::time` and `std::thread::sleep` work as everywhere: they are WASI, which the
//! engine serves, too. A program that only needs those can be a plain `fn main` and does not need this crate.
//!
//! # Ends
//!
//! A coroutine that returns has ended well, and its value goes to the caller and to whoever joins it. An `Err` makes it
//! end as failed with the error's text. A panic traps: the coroutine ends, its message goes to standard error, and nobody
//! else is touched.
//!
//! [cogen]: https://docs.rs/cogen

/// The code of the manual is compiled with the documentation.
#[cfg(doctest)]
mod manual {
    #[doc = include_str!("../../../docs/sockets.md")]
    mod sockets {}
    #[doc = include_str!("../../../docs/supervision.md")]
    mod supervision {}
}

pub mod args;
pub mod context;
pub mod coroutine;
pub mod handover;
pub mod log;
pub mod net;
pub mod sandbox;
pub mod scope;
pub mod select;
pub mod signal;
pub mod time;

mod error;
mod options;

// Made by `wit-bindgen`: foreign functions are its business, and its documentation is that of the WIT.
#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, rust_2018_idioms, clippy::all)]
pub mod bindings;

#[cfg(feature = "json")]
pub use args::Json;
pub use cogen_guest_macros::main;
pub use error::{Ending, Error, Failure, NetworkFailure, NetworkProblem};
pub use options::{Options, Priority};
pub use scope::{scope, scope_with};
pub use select::select;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;
