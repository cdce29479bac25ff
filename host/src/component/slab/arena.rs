//! Slots of one size in one mapping, each between two guards.
//!
//! ```text
//! guard | slot 0 | guard | slot 1 | guard | … | guard
//! ```
//!
//! The mapping is readable and writable as a whole, without any memory behind it until a page is touched. A slot
//! belongs to one [`Slot`] at a time, which alone may be used to reach its bytes. When that goes, all pages of the slot
//! are given back to the kernel, so that the next owner finds zeros; only then is the slot free. The last one that was
//! given back is taken first, since the page tables of that one are there and in the caches.
#![allow(unsafe_code, reason = "mappings are made and changed by the operating system's own calls")]

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use parking_lot::Mutex;

/// What separates two slots, and the first and the last from what lies beside. A host function's frame could step over
/// less; more would cost entries of page tables.
pub(super) const GUARD: usize = 64 << 10;

/// What one last level of page tables maps; a mapping whose length is a multiple of it begins at a multiple of it.
pub(super) const TABLE: usize = 2 << 20;

/// In Linux since 6.13; the libraries do not name it yet.
const MADV_GUARD_INSTALL: libc::c_int = 102;

/// How guards are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guards {
    /// By marks in the page tables.
    Marked,
    /// By protection, which makes a mapping of each guard and of each slot.
    Protected,
}

pub(super) struct Arena {
    mapping: Mapping,
    /// How many bytes a slot has, without guards.
    slot_bytes: usize,
    count: usize,
    guards: Guards,
    slots: Mutex<Slots>,
}

/// Who is next.
#[derive(Default)]
struct Slots {
    /// Those that have had an owner and have none now, the last one on top.
    free: Vec<usize>,
    /// How many have had an owner: the first ones.
    begun: usize,
}

/// The one who may touch a slot, until it is dropped.
pub(super) struct Slot {
    arena: Arc<Arena>,
    index: usize,
}

impl Arena {
    /// Reserves `count` slots of `slot_bytes` each, a multiple of the size of a page.
    pub(super) fn new(count: usize, slot_bytes: usize) -> io::Result<Arc<Self>> {
        let mapping = Mapping::new(length(count, slot_bytes).ok_or(io::ErrorKind::OutOfMemory)?)?;
        // The first guard tells whether the kernel knows marks.
        let guards = match mapping.guard(0, Guards::Marked) {
            Ok(()) => Guards::Marked,
            Err(_) => Guards::Protected,
        };
        Self::with(mapping, count, slot_bytes, guards)
    }

    fn with(mapping: Mapping, count: usize, slot_bytes: usize, guards: Guards) -> io::Result<Arc<Self>> {
        mapping.guard(0, guards)?;
        Ok(Arc::new(Arena { mapping, slot_bytes, count, guards, slots: Mutex::default() }))
    }

    pub(super) fn guards(&self) -> Guards {
        self.guards
    }

    /// A slot full of zeros.
    ///
    /// # Errors
    /// When all slots have an owner, or the kernel has no memory for a guard.
    pub(super) fn take(self: &Arc<Self>) -> io::Result<Slot> {
        let mut slots = self.slots.lock();
        if let Some(index) = slots.free.pop() {
            return Ok(Slot { arena: self.clone(), index });
        }
        let index = slots.begun;
        if index == self.count {
            return Err(io::Error::other(format!("all {} slots are taken", self.count)));
        }
        // The guard before it was made with the slot before it.
        self.mapping.guard(self.start(index) + self.slot_bytes, self.guards)?;
        slots.begun += 1;
        Ok(Slot { arena: self.clone(), index })
    }

    /// Where a slot begins in the mapping.
    fn start(&self, index: usize) -> usize {
        GUARD + index * (GUARD + self.slot_bytes)
    }
}

/// How long the mapping is for so many slots, if that is a number.
fn length(count: usize, slot_bytes: usize) -> Option<usize> {
    let slots = slot_bytes.checked_add(GUARD)?.checked_mul(count)?;
    slots.checked_add(GUARD)?.checked_next_multiple_of(TABLE)
}

impl Slot {
    /// Its first byte. Those from there up to its length are the owner's.
    pub(super) fn base(&self) -> *mut u8 {
        self.arena.mapping.at(self.arena.start(self.index))
    }

    pub(super) fn bytes(&self) -> usize {
        self.arena.slot_bytes
    }

    /// The guard below it.
    pub(super) fn guard(&self) -> Range<*mut u8> {
        self.arena.mapping.at(self.arena.start(self.index) - GUARD)..self.base()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // A slot that cannot be wiped (as when all memory is locked) has had its last owner.
        if self.arena.mapping.wipe(self.arena.start(self.index), self.arena.slot_bytes).is_ok() {
            self.arena.slots.lock().free.push(self.index);
        }
    }
}

/// A part of the address space, given back when dropped.
struct Mapping {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: it is an address and a length, and what is done to its pages the kernel does under locks of its own. Who may
// touch which bytes is for the owners of slots to know.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(length: usize) -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice changes nothing that is there.
        let base = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = Mapping { base, length };
        // A huge page for the first touched byte would make a small guest a large one. Kernels without them say no.
        let _ = mapping.advise(0, length, libc::MADV_NOHUGEPAGE);
        Ok(mapping)
    }

    /// The address of a byte of it.
    fn at(&self, offset: usize) -> *mut u8 {
        assert!(offset <= self.length);
        // SAFETY: the offset is within the mapping or one past its end.
        unsafe { self.base.add(offset).as_ptr() }
    }

    /// Makes a guard at `offset`; whoever touches it is sent a signal. There may be one already.
    fn guard(&self, offset: usize, guards: Guards) -> io::Result<()> {
        match guards {
            Guards::Marked => self.advise(offset, GUARD, MADV_GUARD_INSTALL),
            Guards::Protected => {
                let start = self.part(offset, GUARD);
                // SAFETY: the pages are this mapping's, and no slot's: nobody has a reference to a byte of them.
                succeeded(unsafe { libc::mprotect(start, GUARD, libc::PROT_NONE) })
            }
        }
    }

    /// Gives pages back to the kernel; who touches them next finds zeros.
    fn wipe(&self, offset: usize, length: usize) -> io::Result<()> {
        self.advise(offset, length, libc::MADV_DONTNEED)
    }

    fn advise(&self, offset: usize, length: usize, advice: libc::c_int) -> io::Result<()> {
        let start = self.part(offset, length);
        // SAFETY: the pages are this mapping's. Those that are marked as a guard are no slot's; those that are given
        // back are a slot's whose owner is being dropped. Nobody else has a reference to a byte of them.
        succeeded(unsafe { libc::madvise(start, length, advice) })
    }

    /// The address of a part that must lie within the mapping.
    fn part(&self, offset: usize, length: usize) -> *mut c_void {
        assert!(offset.checked_add(length).is_some_and(|end| end <= self.length));
        self.at(offset).cast()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: whoever owns a slot holds the arena, and the arena this; so nobody does. The length is what was
        // mapped.
        let unmapped = succeeded(unsafe { libc::munmap(self.base.as_ptr().cast(), self.length) });
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

fn succeeded(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::PipeWriter;
    use std::os::fd::AsRawFd;

    use super::*;

    const SLOT: usize = 192 << 10;

    /// An arena of either kind that this kernel has.
    pub(in super::super) fn arenas(count: usize) -> Vec<Arc<Arena>> {
        let best = Arena::new(count, SLOT).expect("there is address space");
        let mapping = || Mapping::new(length(count, SLOT).expect("it is short")).expect("there is address space");
        let plain = Arena::with(mapping(), count, SLOT, Guards::Protected).expect("pages can be protected");
        vec![best, plain]
    }

    /// Whether the kernel can read the byte there, which it is asked to write to a pipe.
    fn is_readable(pipe: &PipeWriter, address: *mut u8) -> bool {
        // SAFETY: the kernel looks whether the address may be read, and fails if not.
        let written = unsafe { libc::write(pipe.as_raw_fd(), address.cast(), 1) };
        assert!(written == 1 || io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT));
        written == 1
    }

    fn bytes(slot: &mut Slot) -> &mut [u8] {
        // SAFETY: the slot is its owner's alone, is written zeros by the kernel, and is borrowed for as long as the
        // slice.
        unsafe { std::slice::from_raw_parts_mut(slot.base(), slot.bytes()) }
    }

    /// Which mappings of this process lie in an arena's, as they are listed.
    fn mappings(range: &Range<usize>) -> Vec<String> {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("procfs is there");
        let lies_in = |line: &&str| {
            let (start, end) = line.split_once(' ').and_then(|(addresses, _)| addresses.split_once('-')).expect("two");
            let [start, end] = [start, end].map(|address| usize::from_str_radix(address, 16).expect("an address"));
            start < range.end && range.start < end
        };
        maps.lines().filter(lies_in).map(str::to_owned).collect()
    }

    fn range(arena: &Arena) -> Range<usize> {
        let start = arena.mapping.at(0).addr();
        start..start + arena.mapping.length
    }

    #[test]
    fn a_slot_never_shows_what_its_former_owner_wrote() {
        for arena in arenas(2) {
            let mut slot = arena.take().expect("there is one");
            let base = slot.base();
            bytes(&mut slot).fill(7);
            drop(slot);
            let mut slot = arena.take().expect("there is one");
            assert_eq!(slot.base(), base, "the last one is taken first");
            assert!(bytes(&mut slot).iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn whoever_touches_a_guard_faults_also_after_a_change_of_owners() {
        let (_reader, pipe) = io::pipe().expect("a pipe");
        for arena in arenas(3) {
            drop([arena.take(), arena.take()].map(|slot| slot.expect("there is one")));
            let slots = [arena.take(), arena.take(), arena.take()].map(|slot| slot.expect("there is one"));
            for slot in &slots {
                let (first, end) = (slot.base(), slot.base().wrapping_add(slot.bytes()));
                for (address, may_be_read) in [
                    (slot.guard().start, false),
                    (first.wrapping_sub(1), false),
                    (first, true),
                    (end.wrapping_sub(1), true),
                    (end, false),
                    (end.wrapping_add(GUARD - 1), false),
                ] {
                    assert_eq!(is_readable(&pipe, address), may_be_read, "{:?} {address:?}", arena.guards());
                }
            }
        }
    }

    #[test]
    fn an_arena_with_all_slots_taken_says_so_until_one_is_given_back() {
        for arena in arenas(2) {
            let slots = [arena.take(), arena.take()].map(|slot| slot.expect("there is one"));
            for _ in 0..2 {
                let error = arena.take().err().expect("there is none");
                assert_eq!(error.to_string(), "all 2 slots are taken");
            }
            drop(slots);
            assert!(arena.take().is_ok());
        }
    }

    #[test]
    fn more_than_there_is_address_space_for_is_an_error() {
        for (count, slot_bytes) in [(200_000, 4 << 30), (1 << 40, 1 << 30), (usize::MAX, SLOT), (1, usize::MAX - 1)] {
            assert!(Arena::new(count, slot_bytes).is_err(), "{count} times {slot_bytes}");
        }
    }

    #[test]
    fn marks_split_no_mapping_and_an_arena_without_owners_leaves_none() {
        const COUNT: usize = 1000;
        for (arena, other) in arenas(COUNT).into_iter().zip([Guards::Marked, Guards::Protected]) {
            if arena.guards() != other {
                continue; // This kernel has no marks.
            }
            let slots: Vec<_> = (0..COUNT).map(|_| arena.take().expect("there is one")).collect();
            let (range, number) = (range(&arena), if other == Guards::Marked { 1 } else { 2 * COUNT + 2 });
            // What lies behind the last guard may be joined to a mapping beside.
            assert!(mappings(&range).len().abs_diff(number) <= 1, "{other:?}: {} mappings", mappings(&range).len());
            drop(arena);
            assert!(!mappings(&range).is_empty(), "a slot keeps its arena");
            let listed = mappings(&range);
            drop(slots);
            // Another test's may lie there by now, but not just as these did.
            assert!(mappings(&range).iter().all(|line| !listed.contains(line)), "{other:?}");
        }
    }
}
