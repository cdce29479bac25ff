//! What wasmtime asks before a guest grows.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use super::limits::Limit;
use super::{Exceeded, MEMORIES, TABLES};
use crate::coroutine::Core;

/// Bounds the linear memory, the tables and the instances of a coroutine by its limits.
pub(crate) struct Growth(pub(crate) Arc<Core>);

impl Growth {
    fn allow(&self, limit: Limit, desired: usize, what: &str) -> wasmtime::Result<bool> {
        if desired <= self.0.limits().size(limit) {
            return Ok(true);
        }
        Err(wasmtime::Error::new(Exceeded(self.0.met(limit, format_args!("{desired} {what} asked for")))))
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.allow(Limit::Memory, desired, "bytes")
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.allow(Limit::TableElements, desired, "elements")
    }

    fn instances(&self) -> usize {
        self.0.limits().size(Limit::Instances)
    }

    fn memories(&self) -> usize {
        MEMORIES
    }

    fn tables(&self) -> usize {
        TABLES
    }
}
