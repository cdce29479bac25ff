//! Memories and stacks for many coroutines: two large mappings, whose parts have one owner after another.
//!
//! Linux grants a process 65,530 mappings by default, and wasmtime's pool takes six or seven for each live instance.
//! Here all linear memories lie in one mapping and all stacks in another ([`arena`]); the guards between them are marks
//! in the page tables, which split nothing (`MADV_GUARD_INSTALL`, Linux 6.13), or where there are none, protected
//! pages. What an owner has touched goes back to the kernel when it ends.
//!
//! So many memories cannot each have the 4 GiB of address space that lets the pool's compiled code go without checks.
//! Code for [`memories`] compares every address with the length of the memory, and relies on no guard: the guards are
//! there for faults of our own.

mod arena;
mod memories;
mod stacks;

use std::sync::Arc;
use std::{fs, io};

use wasmtime::Config;

use arena::{Arena, Guards};

/// What is left of the process's mappings to everybody else, where guards take some.
const MAPPINGS_FOR_OTHERS: usize = 8192;

/// Room for the memories and the stacks of so many coroutines.
pub(super) struct Slab {
    memories: Arc<Arena>,
    stacks: Arc<Arena>,
}

impl Slab {
    /// Reserves address space for `count` memories of at most `memory` bytes, and as many stacks of `stack` bytes.
    ///
    /// # Errors
    /// When there is not so much address space, or guards would take more mappings than the process may have.
    pub(super) fn new(count: usize, memory: usize, stack: usize) -> io::Result<Self> {
        let memories = Arena::new(count, memories::slot_bytes(memory))?;
        let stacks = Arena::new(count, stack)?;
        if [&memories, &stacks].iter().any(|arena| arena.guards() == Guards::Protected) {
            check_mappings(count, &fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default())?;
        }
        Ok(Slab { memories, stacks })
    }

    /// Has wasmtime take memories and stacks from here, and compile code for memories that are checked.
    pub(super) fn serve(self, config: &mut Config) {
        config
            .with_host_memory(Arc::new(memories::Memories(self.memories)))
            .with_host_stack(Arc::new(stacks::Stacks(self.stacks)))
            // Each image would be a mapping of its own.
            .memory_init_cow(false)
            // No address is in bounds unless it is below the length, and a base is never to be looked up again.
            .memory_reservation(0)
            .memory_reservation_for_growth(0)
            .memory_guard_size(0)
            .guard_before_linear_memory(false)
            .memory_may_move(false);
    }
}

/// Whether a process that may have so many mappings may have those that protected guards make of a slab: four for each
/// coroutine, guard and slot of its memory and of its stack.
fn check_mappings(count: usize, max_map_count: &str) -> io::Result<()> {
    let most = max_map_count.trim().parse().unwrap_or(65_530_usize);
    let needed = 4 * count + MAPPINGS_FOR_OTHERS;
    if needed <= most {
        return Ok(());
    }
    let message =
        format!("before Linux 6.13 they take {needed} mappings; the process may have {most} (vm.max_map_count)");
    Err(io::Error::other(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_protected_guards_than_there_may_be_mappings_are_refused() {
        assert!(check_mappings(14_000, "65530\n").is_ok());
        let error = check_mappings(20_000, "65530\n").expect_err("it is refused");
        let message = "before Linux 6.13 they take 88192 mappings; the process may have 65530 (vm.max_map_count)";
        assert_eq!(error.to_string(), message);
        assert!(check_mappings(20_000, "1000000\n").is_ok());
        assert!(check_mappings(20_000, "").is_err(), "Linux' default holds where it cannot be read");
    }
}
