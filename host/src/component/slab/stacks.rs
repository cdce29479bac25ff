//! Stacks in an arena. They grow down, towards the guard below them.
#![allow(unsafe_code, reason = "wasmtime cannot check what a stack is made of; the argument is at each impl")]

use std::ops::Range;
use std::sync::Arc;

use wasmtime::{StackCreator, StackMemory};

use super::arena::{Arena, Slot};

/// Hands out stacks.
pub(super) struct Stacks(pub(super) Arc<Arena>);

// SAFETY: a stack is a slot, which has no other owner while the stack lives, begins and ends with a page, is full of
// zeros whether that was asked for or not, and has a guard below it.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        let slot =
            self.0.take().map_err(|error| wasmtime::Error::msg(format!("there is no room for a stack: {error}")))?;
        if size > slot.bytes() {
            let most = slot.bytes();
            return Err(wasmtime::Error::msg(format!("a stack of {size} bytes was asked for; {most} are reserved")));
        }
        Ok(Box::new(Stack(slot)))
    }
}

struct Stack(Slot);

// SAFETY: the range is the slot's, and the guard's the guard's below it.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        self.0.base().wrapping_add(self.0.bytes())
    }

    fn range(&self) -> Range<usize> {
        self.0.base().addr()..self.top().addr()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.0.guard()
    }
}

#[cfg(test)]
mod tests {
    use super::super::arena::tests::arenas;
    use super::*;

    #[test]
    fn a_stack_shows_nothing_of_an_earlier_one_and_has_its_guard_just_below() {
        for arena in arenas(1) {
            let size = arena.take().expect("there is one").bytes();
            let stacks = Stacks(arena);
            let mut top = None;
            // Two owners after one another: of the same stack, or the test would tell nothing.
            for _ in 0..2 {
                let stack = stacks.new_stack(size, false).expect("there is room");
                assert_eq!(*top.get_or_insert(stack.top()), stack.top());
                assert_eq!(stack.range(), stack.top().addr() - size..stack.top().addr());
                assert_eq!(stack.guard_range().end.addr(), stack.range().start);
                // SAFETY: the bytes below the top are the stack's, which nothing runs on.
                let bytes = unsafe { std::slice::from_raw_parts_mut(stack.top().sub(size), size) };
                assert!(bytes.iter().all(|&byte| byte == 0));
                bytes.fill(7);
            }
            assert!(stacks.new_stack(size + 1, true).is_err());
            let _only = stacks.new_stack(size, true).expect("what was refused has taken no room");
            assert!(stacks.new_stack(size, true).is_err());
        }
    }
}
