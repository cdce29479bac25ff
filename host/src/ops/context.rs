//! `cogen:engine/context`.

use std::sync::Arc;

use super::bindings::Error;
use super::bindings::context::Host;
use super::trace::shown;
use super::{Answer, check_name};
use crate::coroutine::Context;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;

/// A context is copied for each coroutine that changes what it was handed down: it is for a few small things.
const MAX_VALUES: usize = 64;

/// Names and values in all.
const MAX_BYTES: usize = 64 << 10;

impl Host for Guest {
    fn get(&mut self, name: String) -> Answer<Vec<u8>> {
        let get = || self.context.values.get(&name).cloned().ok_or_else(|| Error::NotFound.into());
        self.core.answer(Name::ContextGet, || shown(&name), get)
    }

    fn set(&mut self, name: String, value: Vec<u8>) -> Answer<()> {
        let context = &mut self.context;
        self.core.answer(Name::ContextSet, || shown(&name), || context.set(&name, value))
    }

    fn remove(&mut self, name: String) -> wasmtime::Result<()> {
        let context = &mut self.context;
        self.core.answer(Name::ContextRemove, || shown(&name), || context.remove(&name));
        Ok(())
    }

    fn names(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.context.values.keys().cloned().collect())
    }
}

impl Context {
    fn set(&mut self, name: &str, value: Vec<u8>) -> Answer<()> {
        check_name(name)?;
        let old = self.values.get(name).map(|value| name.len() + value.len());
        if old.is_none() && self.values.len() >= MAX_VALUES {
            return Err(Error::LimitReached(format!("a context holds at most {MAX_VALUES} values")).into());
        }
        let bytes = self.bytes - old.unwrap_or(0) + name.len() + value.len();
        if bytes > MAX_BYTES {
            let message = format!("a context of {bytes} bytes of names and values; at most {MAX_BYTES} are allowed");
            return Err(Error::LimitReached(message).into());
        }
        Arc::make_mut(&mut self.values).insert(name.to_owned(), value);
        self.bytes = bytes;
        Ok(())
    }

    fn remove(&mut self, name: &str) {
        if let Some(value) = self.values.get(name) {
            self.bytes -= name.len() + value.len();
            Arc::make_mut(&mut self.values).remove(name);
        }
    }
}
