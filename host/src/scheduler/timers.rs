//! A worker's timers: exact deadlines, equal ones in the order they were armed.
//!
//! A four-ary heap of keys over a slab of values. Most timers are armed later than those that are there, and disarmed
//! before they fire: both touch one leaf of the heap and cost the same with a hundred thousand timers as with ten. The
//! worst case is logarithmic. A timer wheel would be no faster there, and its deadlines would not be exact.

use slab::Slab;

/// Children of a node: four keys share a cache line or two, and the heap is half as deep as a binary one.
const ARITY: usize = 4;

/// Stands for one arming of a timer; it is never mistaken for a later one in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    slot: usize,
    order: u64,
}

/// Values by the moment they are due at.
pub(crate) struct Timers<T> {
    heap: Vec<Node>,
    slots: Slab<Slot<T>>,
    next_order: u64,
}

#[derive(Clone, Copy)]
struct Node {
    deadline: u64,
    order: u64,
    slot: usize,
}

struct Slot<T> {
    order: u64,
    position: usize,
    value: T,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Timers { heap: Vec::new(), slots: Slab::new(), next_order: 0 }
    }
}

impl<T> Timers<T> {
    /// Arms a timer for `deadline`, in nanoseconds on the engine's clock.
    pub(crate) fn arm(&mut self, deadline: u64, value: T) -> TimerKey {
        let order = self.next_order;
        self.next_order += 1;
        let position = self.heap.len();
        let slot = self.slots.insert(Slot { order, position, value });
        self.heap.push(Node { deadline, order, slot });
        self.sift_up(position);
        TimerKey { slot, order }
    }

    /// Disarms a timer; nothing if it has fired or been disarmed before.
    pub(crate) fn disarm(&mut self, key: TimerKey) -> Option<T> {
        let slot = self.slots.get(key.slot).filter(|slot| slot.order == key.order)?;
        let position = slot.position;
        Some(self.remove(position))
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.heap.first().map(|node| node.deadline)
    }

    /// Takes out the first timer that is due at `now`.
    pub(crate) fn pop_expired(&mut self, now: u64) -> Option<T> {
        (self.next_deadline()? <= now).then(|| self.remove(0))
    }

    fn remove(&mut self, position: usize) -> T {
        let node = self.heap.swap_remove(position);
        if position < self.heap.len() {
            self.slots[self.heap[position].slot].position = position;
            self.sift_down(position);
            self.sift_up(position);
        }
        self.slots.remove(node.slot).value
    }

    fn sift_up(&mut self, mut position: usize) {
        while position > 0 {
            let parent = (position - 1) / ARITY;
            if !self.is_before(position, parent) {
                return;
            }
            self.swap(position, parent);
            position = parent;
        }
    }

    fn sift_down(&mut self, mut position: usize) {
        loop {
            let children = position * ARITY + 1..(position * ARITY + 1 + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|&child| self.rank(child)) else { return };
            if !self.is_before(least, position) {
                return;
            }
            self.swap(position, least);
            position = least;
        }
    }

    fn rank(&self, position: usize) -> (u64, u64) {
        (self.heap[position].deadline, self.heap[position].order)
    }

    fn is_before(&self, left: usize, right: usize) -> bool {
        self.rank(left) < self.rank(right)
    }

    fn swap(&mut self, left: usize, right: usize) {
        self.heap.swap(left, right);
        self.slots[self.heap[left].slot].position = left;
        self.slots[self.heap[right].slot].position = right;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        Arm(u64),
        Disarm(usize),
        Expire(u64),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            4 => (0..50u64).prop_map(Act::Arm),
            2 => (0..100usize).prop_map(Act::Disarm),
            1 => (0..60u64).prop_map(Act::Expire),
        ]
    }

    proptest! {
        #[test]
        fn behave_as_a_sorted_map_does(acts in proptest::collection::vec(act(), 0..400)) {
            let (mut timers, mut model) = (Timers::default(), BTreeMap::new());
            let mut keys = Vec::new();
            for act in acts {
                match act {
                    Act::Arm(deadline) => {
                        let value = keys.len();
                        keys.push((timers.arm(deadline, value), deadline));
                        model.insert((deadline, value), ());
                    }
                    Act::Disarm(which) if !keys.is_empty() => {
                        let value = which % keys.len();
                        let (key, deadline) = keys[value];
                        let expected = model.remove(&(deadline, value)).map(|()| value);
                        prop_assert_eq!(timers.disarm(key), expected);
                    }
                    Act::Disarm(_) => {}
                    Act::Expire(now) => loop {
                        let due = model.first_key_value().map(|(key, ())| *key).filter(|key| key.0 <= now);
                        if let Some(key) = due {
                            model.remove(&key);
                        }
                        prop_assert_eq!(timers.pop_expired(now), due.map(|key| key.1));
                        if due.is_none() {
                            break;
                        }
                    },
                }
                prop_assert_eq!(timers.next_deadline(), model.first_key_value().map(|(key, ())| key.0));
            }
        }
    }

    #[test]
    fn equal_deadlines_fire_in_the_order_they_were_armed() {
        let mut timers = Timers::default();
        for value in 0..1000 {
            timers.arm(7, value);
        }
        let fired: Vec<_> = std::iter::from_fn(|| timers.pop_expired(7)).collect();
        assert_eq!(fired, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_does_not_reach_a_later_timer_in_its_place() {
        let mut timers = Timers::default();
        let old = timers.arm(1, "old");
        assert_eq!(timers.pop_expired(1), Some("old"));
        timers.arm(2, "new");
        assert_eq!(timers.disarm(old), None);
        assert_eq!(timers.pop_expired(2), Some("new"));
    }
}
