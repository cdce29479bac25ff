//! The bounds that hold a guest, and what it is granted.

pub(crate) mod grants;
pub(crate) mod growth;
pub(crate) mod limits;
pub(crate) mod payloads;
pub(crate) mod rate;
pub(crate) mod usage;

use std::fmt;

/// Function tables of real components have some thousands of entries; this many are 1 MiB.
pub(crate) const TABLE_ELEMENTS: usize = 128 * 1024;

/// What the usual tools make of a program: its own module, and up to three of adapters and shims. Python has 14, and one more for each of
/// a program's libraries that are written in C.
pub(crate) const CORE_INSTANCES: usize = 32;

/// A memory of its own, as tools make it.
pub(crate) const MEMORIES: usize = 1;

/// The program's own table, and the shim's.
pub(crate) const TABLES: usize = 4;

/// A guest went over a limit that ends it.
#[derive(Debug)]
pub(crate) struct Exceeded(pub(crate) String);

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Exceeded {}

/// A guest killed itself: its code does not go on.
#[derive(Debug)]
pub(crate) struct Killed;

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the coroutine killed itself")
    }
}

impl std::error::Error for Killed {}
