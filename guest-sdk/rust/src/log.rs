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

pub use crate::{debug, error, info, trace, warn};

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

/// Defines the function and the macro of one level. `$dollar` stands for a `$` of the inner macro.
macro_rules! level {
    ($dollar:tt $name:ident $level:ident) => {
        #[doc = concat!("Tell the operator something at [`Level::", stringify!($level), "`].")]
        pub fn $name(message: impl AsRef<str>) {
            log(Level::$level, message);
        }

        #[doc = concat!("Tell the operator something at the level `", stringify!($level), "`; as `format!`.")]
        #[macro_export]
        macro_rules! $name {
            ($dollar($dollar message:tt)*) => {
                $crate::log::$name(::std::format!($dollar($dollar message)*))
            };
        }
    };
}

level!($ trace Trace);
level!($ debug Debug);
level!($ info Info);
level!($ warn Warn);
level!($ error Error);
