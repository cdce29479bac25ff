//! What a coroutine may use: a number for each limit, and what is said when it is met.

use std::fmt;
use std::time::Duration;

use super::{CORE_INSTANCES, TABLE_ELEMENTS};
use crate::coroutine::Core;
use crate::engine::MAX_WAITING;

/// There is no bound.
pub(crate) const UNLIMITED: u64 = u64::MAX;

/// What the number of a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// So many of something.
    Number,
    /// Bytes.
    Bytes,
    /// Nanoseconds.
    Time,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $unit:ident, $least:expr => $most:expr, $default:expr;)+) => {
        /// A bound that holds for each coroutine of a program. Its number counts what stands with it: nanoseconds, bytes, or
        /// simply how many. Each has a default, and a range that numbers are brought into; [`u64::MAX`] is no bound where there
        /// is none by default.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Limit {
            $($(#[$doc])* $name),+
        }

        impl Limit {
            /// All of them, in the order of their declaration.
            pub(crate) const ALL: &[Limit] = &[$(Limit::$name),+];

            /// Its key in a manifest.
            pub fn key(self) -> &'static str {
                match self {
                    $(Limit::$name => $key),+
                }
            }

            pub(crate) fn unit(self) -> Unit {
                match self {
                    $(Limit::$name => Unit::$unit),+
                }
            }

            /// The least and the most that may be configured; no bound at all may be, too, where that is the default.
            pub(crate) fn range(self) -> (u64, u64) {
                match self {
                    $(Limit::$name => ($least, $most)),+
                }
            }

            pub(crate) fn default(self) -> u64 {
                match self {
                    $(Limit::$name => $default),+
                }
            }
        }
    };
}

const MILLISECOND: u64 = 1_000_000;

/// The clock ends there: 584 years.
const LONGEST: u64 = u64::MAX - 1;

/// Far more than a machine has room for.
const MANY: u64 = 1_000_000;

limits! {
    /// Bytes of linear memory; the engine's `max-memory` bounds it, too. Who asks for more ends as exceeded.
    Memory = "memory", Bytes, 64 << 10 => 4 << 30, 4 << 30;
    /// Elements of each table. Who asks for more ends as exceeded.
    TableElements = "table-elements", Number, 1 => TABLE_ELEMENTS as u64, TABLE_ELEMENTS as u64;
    /// Core instances of its component. A component that has more ends as exceeded when it starts.
    Instances = "instances", Number, 1 => CORE_INSTANCES as u64, CORE_INSTANCES as u64;
    /// Nanoseconds of the processor in all. Who uses more ends as exceeded, within a slice.
    CpuTime = "cpu-time", Time, MILLISECOND => LONGEST, UNLIMITED;
    /// Nanoseconds from its start to its end. Who lives longer ends as exceeded.
    LifeTime = "life-time", Time, MILLISECOND => LONGEST, UNLIMITED;
    /// Nanoseconds of the processor from one operation to the next. Who is silent for longer ends as exceeded.
    QuietTime = "quiet-time", Time, 20 * MILLISECOND => LONGEST, UNLIMITED;
    /// Instructions in all, as wasmtime counts them: the same number in every run. Who needs more ends as exceeded.
    Fuel = "fuel", Number, 1 => i64::MAX as u64, UNLIMITED;
    /// Bytes that one host call may make the host copy. Who hands over more ends as exceeded.
    HostCallBytes = "host-call-bytes", Bytes, 4 << 10 => 1 << 30, 32 << 20;
    /// Handles that it holds at a time: waits, coroutines, sockets, pollables, streams. Who wants more ends as exceeded.
    Handles = "handles", Number, 16 => MANY, 50_000;
    /// Sockets that are open at a time. What would open another one fails.
    Sockets = "sockets", Number, 1 => MANY, 10_000;
    /// Files and folders that it has open by WASI at a time, but for those it was granted. Another one is not opened.
    Files = "files", Number, 1 => MANY, 1_000;
    /// Operations at a time that were begun without parking: calls, signals, waits, connections, lookups. Another one fails.
    Pending = "pending", Number, 1 => MANY, 50_000;
    /// Pollables of the clock at a time. Who wants more ends as exceeded.
    Timers = "timers", Number, 1 => MANY, 50_000;
    /// Signals in a second. Who gives more parks until it may; without parking, it fails.
    SignalsPerSecond = "signals-per-second", Number, 1 => LONGEST, UNLIMITED;
    /// Bytes of the values of signals in a second, as above.
    SignalBytesPerSecond = "signal-bytes-per-second", Bytes, 1 << 20 => LONGEST, UNLIMITED;
    /// Coroutines that it has started and that have not ended. Another one fails to start.
    Children = "children", Number, 1 => MANY, 100_000;
    /// Coroutines that it starts in all. Another one fails to start.
    ChildrenTotal = "children-total", Number, 1 => LONGEST, UNLIMITED;
    /// How deep calls may be nested; the engine's `max-call-depth` bounds it, too. A deeper one fails.
    CallDepth = "call-depth", Number, 1 => 100_000, 100_000;
    /// Bytes in a second of log messages and standard output. Who writes more parks until it may.
    LogBytesPerSecond = "log-bytes-per-second", Bytes, 64 << 10 => LONGEST, 16 << 20;
    /// Coroutines of the program that have a store at a time. Another one waits to start; a call fails.
    Coroutines = "coroutines", Number, 1 => MANY, UNLIMITED;
    /// Coroutines of the program that wait to start. Another one fails to start.
    Waiting = "waiting", Number, 1 => MAX_WAITING as u64, 100_000;
    /// Bytes that the host keeps for all coroutines of the program. What would be more fails; a result that is more ends as exceeded.
    Payloads = "payloads", Bytes, 64 << 10 => 1 << 40, UNLIMITED;
    /// Nanoseconds from a cancel to the end. Who takes longer is killed.
    CancelGrace = "cancel-grace", Time, MILLISECOND => LONGEST, 10_000 * MILLISECOND;
}

impl Limit {
    /// The limit of that key.
    pub fn named(key: &str) -> Option<Self> {
        Limit::ALL.iter().copied().find(|limit| limit.key() == key)
    }

    /// A number of it, as people read it.
    pub(crate) fn written(self, number: u64) -> String {
        match self.unit() {
            _ if number == UNLIMITED => "unlimited".to_owned(),
            Unit::Number => number.to_string(),
            Unit::Bytes => format!("{number} bytes"),
            Unit::Time => format!("{:?}", Duration::from_nanos(number)),
        }
    }

    /// Whether it bounds what all coroutines of a program have together.
    pub(crate) fn is_of_program(self) -> bool {
        matches!(self, Limit::Coroutines | Limit::Waiting | Limit::Payloads)
    }

    /// Whether it may be left without a bound.
    pub(crate) fn may_be_unlimited(self) -> bool {
        self.default() == UNLIMITED
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// What each coroutine of a program may use; see [`Program::limits`](crate::Program::limits).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits([u64; Limit::ALL.len()]);

impl Default for Limits {
    fn default() -> Self {
        Limits(std::array::from_fn(|limit| Limit::ALL[limit].default()))
    }
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// No bound at all, for what is the host's own.
    pub(crate) fn unlimited() -> Self {
        Limits([UNLIMITED; Limit::ALL.len()])
    }

    /// These, with another number for one of them, brought into its range.
    pub fn with(mut self, limit: Limit, number: u64) -> Self {
        let (least, most) = limit.range();
        let is_none = number == UNLIMITED && limit.may_be_unlimited();
        self.0[limit as usize] = if is_none { UNLIMITED } else { number.clamp(least, most) };
        self
    }

    /// The number of a limit.
    pub fn get(&self, limit: Limit) -> u64 {
        self.0[limit as usize]
    }

    /// Of each limit the lesser number.
    pub(crate) fn within(&self, other: &Limits) -> Self {
        Limits(std::array::from_fn(|limit| self.0[limit].min(other.0[limit])))
    }

    /// As a number of bytes or of things that the host counts itself.
    pub(crate) fn size(&self, limit: Limit) -> usize {
        usize::try_from(self.get(limit)).unwrap_or(usize::MAX)
    }
}

impl Core {
    /// What is said when a limit of this coroutine is met: which, by what, its number, and where it is changed.
    pub(crate) fn met(&self, limit: Limit, what: impl fmt::Display) -> String {
        let number = limit.written(self.limits().get(limit));
        format!("{limit}: {what}; {number} allowed to {self}; {}", self.remedy(limit))
    }

    /// Where a limit of this coroutine is changed.
    fn remedy(&self, limit: Limit) -> String {
        let program = &self.program;
        if self.limits().get(limit) < program.limits.get(limit) {
            return "the one who started it leaves it no more".to_owned();
        }
        match program.engine_bound(limit) {
            None if self.limits().get(limit) >= limit.range().1 => "no program may have more".to_owned(),
            Some(key) => format!("raise `{key}` in [engine]"),
            None => format!("raise `{limit}` in [program.{}.limits]", program.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_in_its_range() {
        for &limit in Limit::ALL {
            let (least, most) = limit.range();
            let default = limit.default();
            assert!((least..=most).contains(&default) || default == UNLIMITED, "{limit}: {default}");
            assert_eq!(Limit::named(limit.key()), Some(limit));
        }
    }

    #[test]
    fn the_docs_have_every_limit_in_order_and_no_other() {
        let docs = include_str!("../../../docs/limits.md");
        let (_, table) = docs.split_once("| key | what it bounds |").expect("there is the table");
        let (table, _) = table.split_once("\n\n").expect("it ends");
        let told: Vec<_> = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        assert_eq!(told, Limit::ALL.iter().map(|limit| limit.key()).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_are_brought_into_their_range() {
        let limits = Limits::new().with(Limit::Memory, 1).with(Limit::Instances, 100).with(Limit::CpuTime, UNLIMITED);
        assert_eq!((limits.get(Limit::Memory), limits.get(Limit::Instances)), (64 << 10, CORE_INSTANCES as u64));
        assert_eq!(limits.get(Limit::CpuTime), UNLIMITED);
        assert_eq!(Limits::new().with(Limit::Sockets, UNLIMITED).get(Limit::Sockets), MANY);
    }

    #[test]
    fn of_two_the_lesser_number_holds() {
        let (few, many) = (Limits::new().with(Limit::Sockets, 3), Limits::new().with(Limit::Timers, 5));
        let both = few.within(&many);
        assert_eq!((both.get(Limit::Sockets), both.get(Limit::Timers)), (3, 5));
    }
}
