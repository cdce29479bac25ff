//! A line of those who wait, in the order they came, which anybody may leave at any time.
//!
//! A doubly linked list whose nodes live in a slab: coming, leaving and being first are O(1) each, and a short line
//! that is used again allocates nothing.

use slab::Slab;

/// Stands for one spot in a line; in the same line it is never mistaken for a later one that took its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    slot: usize,
    ticket: u64,
}

/// Those who wait, first come first.
pub(crate) struct Line<T> {
    nodes: Slab<Node<T>>,
    first: usize,
    last: usize,
    tickets: u64,
}

struct Node<T> {
    ticket: u64,
    before: usize,
    behind: usize,
    value: T,
}

/// The nodes that an empty line keeps: enough for a few who come and go, little beside the name they wait for.
const KEPT: usize = 8;

/// No slot: the end of a line.
const NONE: usize = usize::MAX;

impl<T> Default for Line<T> {
    fn default() -> Self {
        Line { nodes: Slab::new(), first: NONE, last: NONE, tickets: 0 }
    }
}

impl<T> Line<T> {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whoever came first of those who are there.
    pub(crate) fn first(&self) -> Option<&T> {
        self.nodes.get(self.first).map(|node| &node.value)
    }

    /// Puts `value` behind all others.
    pub(crate) fn join(&mut self, value: T) -> Spot {
        let ticket = self.tickets;
        self.tickets += 1;
        let slot = self.nodes.insert(Node { ticket, before: self.last, behind: NONE, value });
        match self.nodes.get_mut(self.last) {
            Some(last) => last.behind = slot,
            None => self.first = slot,
        }
        self.last = slot;
        Spot { slot, ticket }
    }

    /// Takes out who stands at `place`, if they still do.
    pub(crate) fn leave(&mut self, place: Spot) -> Option<T> {
        self.nodes.get(place.slot).filter(|node| node.ticket == place.ticket)?;
        Some(self.remove(place.slot))
    }

    /// Takes out whoever came first.
    pub(crate) fn pop(&mut self) -> Option<T> {
        (!self.is_empty()).then(|| self.remove(self.first))
    }

    fn remove(&mut self, slot: usize) -> T {
        let Node { before, behind, value, .. } = self.nodes.remove(slot);
        match self.nodes.get_mut(before) {
            Some(node) => node.behind = behind,
            None => self.first = behind,
        }
        match self.nodes.get_mut(behind) {
            Some(node) => node.before = before,
            None => self.last = before,
        }
        if self.is_empty() && self.nodes.capacity() > KEPT {
            self.nodes = Slab::with_capacity(KEPT);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        Join,
        Leave(usize),
        Pop,
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![3 => Just(Act::Join), 2 => (0..100usize).prop_map(Act::Leave), 1 => Just(Act::Pop)]
    }

    proptest! {
        #[test]
        fn behaves_as_a_queue_with_holes_does(acts in proptest::collection::vec(act(), 0..300)) {
            let (mut line, mut model) = (Line::default(), VecDeque::new());
            let mut places = Vec::new();
            for act in acts {
                match act {
                    Act::Join => {
                        model.push_back(places.len());
                        places.push(line.join(places.len()));
                    }
                    Act::Leave(which) if !places.is_empty() => {
                        let who = which % places.len();
                        let found = model.iter().position(|&waiter| waiter == who);
                        prop_assert_eq!(line.leave(places[who]), found.and_then(|at| model.remove(at)));
                    }
                    Act::Leave(_) => {}
                    Act::Pop => prop_assert_eq!(line.pop(), model.pop_front()),
                }
                prop_assert_eq!(line.first(), model.front());
                prop_assert_eq!(line.len(), model.len());
            }
        }
    }
}
