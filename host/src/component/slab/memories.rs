//! Linear memories in an arena.
//!
//! A memory has a slot as long as the engine's `max_memory`, and grows within it by being longer from now on: what lies
//! behind its end is empty and costs nothing. Compiled code compares each address with the length, so that the owner of
//! a slot never reaches its end.
#![allow(unsafe_code, reason = "wasmtime cannot check what a memory is made of; the argument is at each impl")]

use std::sync::Arc;

use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

use super::arena::{Arena, GUARD, Slot, TABLE};

/// A page of WebAssembly.
const PAGE: usize = 64 << 10;

/// How long a slot is for memories of at most so many bytes.
///
/// Compilers put a guest's stack and data around its first mebibyte: a slot and its guard that take whole tables have
/// all of that in one, instead of one more for half of the slots.
pub(super) fn slot_bytes(memory: usize) -> usize {
    let pages = memory.max(1).next_multiple_of(PAGE);
    if pages + GUARD < TABLE { pages } else { (pages + GUARD).next_multiple_of(TABLE) - GUARD }
}

/// Hands out memories.
pub(super) struct Memories(pub(super) Arc<Arena>);

// SAFETY: a memory is a slot, which has no other owner while the memory lives, stays where it is, and is full of zeros.
// That code needs no guard behind a memory is seen to below.
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        if reserved.is_some_and(|bytes| bytes > 0) || guard > 0 {
            return Err("the code was compiled for memories with a guard behind them".to_owned());
        }
        let slot = self.0.take().map_err(|error| format!("there is no room for a memory: {error}"))?;
        let mut memory = Memory { slot, size: 0 };
        memory.grow_to(minimum).map_err(|error| error.to_string())?;
        Ok(Box::new(memory))
    }
}

struct Memory {
    slot: Slot,
    size: usize,
}

// SAFETY: the bytes from `as_ptr` to `byte_capacity` are the slot's, and nobody's but wasmtime's until this is dropped.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.slot.bytes()
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        let most = self.slot.bytes();
        if size > most {
            return Err(wasmtime::Error::msg(format!("a memory of {size} bytes was asked for; {most} are reserved")));
        }
        self.size = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.slot.base()
    }
}

#[cfg(test)]
mod tests {
    use super::super::arena::tests::arenas;
    use super::*;

    fn memory(memories: &Memories, bytes: usize) -> Result<Box<dyn LinearMemory>, String> {
        memories.new_memory(MemoryType::new(1, None), bytes, None, Some(0), 0)
    }

    fn bytes(memory: &mut dyn LinearMemory) -> &mut [u8] {
        // SAFETY: these are the memory's, which is borrowed for as long as the slice.
        unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.byte_size()) }
    }

    #[test]
    fn a_memory_shows_nothing_of_an_earlier_one_however_far_that_had_grown() {
        for arena in arenas(1) {
            let memories = Memories(arena);
            let mut first = memory(&memories, PAGE).expect("there is room");
            let base = first.as_ptr();
            first.grow_to(3 * PAGE).expect("it fits");
            assert_eq!(first.as_ptr(), base, "it stays where it is");
            bytes(&mut *first).fill(7);
            drop(first);
            let mut second = memory(&memories, PAGE).expect("there is room");
            assert_eq!((second.as_ptr(), second.byte_size()), (base, PAGE));
            assert!(bytes(&mut *second).iter().all(|&byte| byte == 0));
            second.grow_to(3 * PAGE).expect("it fits");
            assert!(bytes(&mut *second).iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_takes_no_room() {
        for arena in arenas(1) {
            let memories = Memories(arena);
            let most = memory(&memories, 0).expect("there is room").byte_capacity();
            assert!(memory(&memories, most + 1).is_err());
            let mut only = memory(&memories, most).expect("it fits, and there is room");
            assert!(only.grow_to(most + 1).is_err());
            assert_eq!(only.byte_size(), most);
            let error = memory(&memories, 0).err().expect("there is no other");
            assert_eq!(error, "there is no room for a memory: all 1 slots are taken");
        }
    }

    #[test]
    fn code_that_relies_on_guards_gets_no_memory() {
        let memories = Memories(arenas(1).remove(0));
        for (reserved, guard) in [(4 << 30, 0), (0, GUARD)] {
            assert!(memories.new_memory(MemoryType::new(1, None), PAGE, None, Some(reserved), guard).is_err());
        }
    }

    #[test]
    fn slots_are_as_long_as_memories_may_be_and_take_whole_tables_if_they_are_large() {
        assert_eq!([0, 1, PAGE, PAGE + 1].map(slot_bytes), [PAGE, PAGE, PAGE, 2 * PAGE]);
        for memory in [TABLE - GUARD, TABLE, 256 << 20, 4 << 30] {
            let bytes = slot_bytes(memory);
            assert!((memory..memory + TABLE).contains(&bytes) && (bytes + GUARD).is_multiple_of(TABLE), "{memory}");
        }
    }
}
