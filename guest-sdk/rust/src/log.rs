//! Messages to the operator.
//!
//! What becomes of them is the host's affair: the `cogen` command writes them to standard error with the program's name
//! in front. There is a function and a macro for each level:
//!
//! ```no_run
//! use cogen_guest::log;
//!
//! log::info("ready");
//! log::warn!("{} of {} are late", 3, 10);
//! ```
//!
//! A message longer than 64 KiB is cut there.

use crate::bindings::cogen::engine::log as raw;

#[doc(inline)]
pub use crate::{
    __log_debug as debug, __log_error as error, __log_info as info, __log_trace as trace, __log_warn as warn,
};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Of interest while looking for one particular fault.
    Trace,
    /// Of interest to the author of the program.
    Debug,
    /// Of interest to the operator on a good day.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something did not succeed.
    Error,
}

/// Tell the operator something.
pub fn log(level: Level, message: impl AsRef<str>) {
    let level = match level {
        Level::Trace => raw::Level::Trace,
        Level::Debug => raw::Level::Debug,
        Level::Info => raw::Level::Info,
        Level::Warn => raw::Level::Warn,
        Level::Error => raw::Level::Error,
    };
    raw::log(level, message.as_ref());
}

/// Tell the operator something at [`Level::Trace`].
pub fn trace(message: impl AsRef<str>) {
    log(Level::Trace, message);
}

/// Tell the operator something at [`Level::Debug`].
pub fn debug(message: impl AsRef<str>) {
    log(Level::Debug, message);
}

/// Tell the operator something at [`Level::Info`].
pub fn info(message: impl AsRef<str>) {
    log(Level::Info, message);
}

/// Tell the operator something at [`Level::Warn`].
pub fn warn(message: impl AsRef<str>) {
    log(Level::Warn, message);
}

/// Tell the operator something at [`Level::Error`].
pub fn error(message: impl AsRef<str>) {
    log(Level::Error, message);
}

/// Tell the operator something at the level `Trace`, with the arguments of `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace {
    ($($message:tt)*) => { $crate::log::trace(::std::format!($($message)*)) };
}

/// Tell the operator something at the level `Debug`, with the arguments of `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($message:tt)*) => { $crate::log::debug(::std::format!($($message)*)) };
}

/// Tell the operator something at the level `Info`, with the arguments of `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($message:tt)*) => { $crate::log::info(::std::format!($($message)*)) };
}

/// Tell the operator something at the level `Warn`, with the arguments of `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($($message:tt)*) => { $crate::log::warn(::std::format!($($message)*)) };
}

/// Tell the operator something at the level `Error`, with the arguments of `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($message:tt)*) => { $crate::log::error(::std::format!($($message)*)) };
}
