//! `cogen:engine/context`.

use std::sync::Arc;

use super::bindings::Error;
use super::bindings::context::Host;
use super::{Answer, check_name, check_size};
use crate::coroutine::life::Guest;

/// A context is copied for each coroutine that changes what it was handed down: it is for a few small things.
const MAX_VALUES: usize = 64;
const MAX_VALUE: usize = 64 << 10;

impl Host for Guest {
    fn get(&mut self, name: String) -> Answer<Vec<u8>> {
        self.context.get(&name).cloned().ok_or_else(|| Error::NotFound.into())
    }

    fn set(&mut self, name: String, value: Vec<u8>) -> Answer<()> {
        check_name(&name)?;
        check_size("a context value", &value, MAX_VALUE)?;
        if self.context.len() >= MAX_VALUES && !self.context.contains_key(&name) {
            return Err(Error::LimitReached(format!("a context holds at most {MAX_VALUES} values")).into());
        }
        Arc::make_mut(&mut self.context).insert(name, value);
        Ok(())
    }

    fn remove(&mut self, name: String) -> wasmtime::Result<()> {
        if self.context.contains_key(&name) {
            Arc::make_mut(&mut self.context).remove(&name);
        }
        Ok(())
    }

    fn names(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.context.keys().cloned().collect())
    }
}
