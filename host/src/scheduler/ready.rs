//! Who is ready to run on one worker.

use std::collections::VecDeque;

use super::Place;
use super::ticker::TICKS_PER_SLICE;

/// A queue with two ends, and another one behind it for those who used the processor up to the last.
///
/// Those who are put to the front go first, the last of them before the others. Whoever else is ready waits no longer than a
/// slice for them: then those of the front go behind all others. Two that wake each other would keep everybody waiting.
///
/// Those who have spent a slice go behind all others, whenever they came: so whoever is woken is not late by a slice for each
/// that computes. They, too, wait no longer than a slice: then the next tick is theirs.
pub(crate) struct Ready<T> {
    front: Vec<T>,
    back: VecDeque<T>,
    spent: VecDeque<T>,
    /// Since which tick somebody waits for the first of the front, if anybody does.
    waits_since: Option<u64>,
    /// Since which tick the first of the spent waits for others, if it does; and before which tick it is their turn.
    spent_since: Option<u64>,
    spent_until: u64,
}

impl<T> Default for Ready<T> {
    fn default() -> Self {
        Ready {
            front: Vec::new(),
            back: VecDeque::new(),
            spent: VecDeque::new(),
            waits_since: None,
            spent_since: None,
            spent_until: 0,
        }
    }
}

impl<T> Ready<T> {
    pub(crate) fn push(&mut self, value: T, place: Place) {
        match place {
            Place::Front => self.front.push(value),
            Place::Back => self.back.push_back(value),
        }
    }

    /// Puts one that has spent a slice behind all others; or, if its weight gives it another one, before those like it.
    pub(crate) fn push_spent(&mut self, value: T, has_another: bool) {
        if has_another {
            self.spent.push_front(value);
        } else {
            self.spent.push_back(value);
        }
    }

    /// Whose turn it is at this tick.
    pub(crate) fn pop(&mut self, tick: u64) -> Option<T> {
        self.pop_spent_if_due(tick).or_else(|| self.pop_fresh(tick)).or_else(|| self.spent.pop_front())
    }

    /// One of the spent, if they have waited for others as long as they may.
    fn pop_spent_if_due(&mut self, tick: u64) -> Option<T> {
        if self.spent.is_empty() || (self.front.is_empty() && self.back.is_empty()) {
            self.spent_since = None;
            return None;
        }
        if tick >= *self.spent_since.get_or_insert(tick) + TICKS_PER_SLICE {
            self.spent_since = None;
            self.spent_until = tick + 1;
        }
        if tick < self.spent_until { self.spent.pop_front() } else { None }
    }

    /// One of those that have not spent a slice.
    fn pop_fresh(&mut self, tick: u64) -> Option<T> {
        if self.front.len() + self.back.len() < 2 {
            self.waits_since = None;
        } else if tick >= *self.waits_since.get_or_insert(tick) + TICKS_PER_SLICE {
            self.back.extend(self.front.drain(..).rev());
        }
        self.front.pop().or_else(|| {
            self.waits_since = None;
            self.back.pop_front()
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.front.is_empty() && self.back.is_empty() && self.spent.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_put_to_the_front_goes_first_and_the_back_goes_in_order() {
        let mut ready = Ready::default();
        for (value, place) in [(1, Place::Back), (2, Place::Front), (3, Place::Front), (4, Place::Back)] {
            ready.push(value, place);
        }
        let order: Vec<_> = std::iter::from_fn(|| ready.pop(0)).collect();
        assert_eq!(order, [3, 2, 1, 4]);
    }

    #[test]
    fn those_at_the_front_share_a_slice() {
        let mut ready = Ready::default();
        ready.push("back", Place::Back);
        let mut turn = |tick| {
            ready.push("front", Place::Front);
            ready.pop(tick)
        };
        for tick in 0..TICKS_PER_SLICE {
            assert_eq!(turn(tick), Some("front"), "tick {tick}");
        }
        assert_eq!(turn(TICKS_PER_SLICE), Some("back"));
        assert_eq!(turn(TICKS_PER_SLICE), Some("front"), "it has had its turn");
    }

    #[test]
    fn one_that_is_buried_in_the_front_has_its_turn() {
        let mut ready = Ready::default();
        ready.push("buried", Place::Front);
        for tick in 0..TICKS_PER_SLICE {
            ready.push("top", Place::Front);
            assert_eq!(ready.pop(tick), Some("top"));
        }
        ready.push("top", Place::Front);
        ready.push("back", Place::Back);
        let order = [0; 3].map(|_| ready.pop(TICKS_PER_SLICE));
        assert_eq!(order, [Some("back"), Some("top"), Some("buried")]);
    }

    #[test]
    fn time_in_which_nobody_was_ready_does_not_count() {
        let mut ready = Ready::default();
        ready.push("early", Place::Back);
        assert_eq!(ready.pop(0), Some("early"));
        ready.push("back", Place::Back);
        ready.push("front", Place::Front);
        assert_eq!((ready.pop(1000), ready.pop(1000)), (Some("front"), Some("back")));
    }

    #[test]
    fn those_who_have_spent_a_slice_go_last_but_one_of_them_in_each_slice() {
        let mut ready = Ready::default();
        ready.push_spent("first", false);
        ready.push_spent("second", false);
        let mut turn = |tick| {
            ready.push("woken", Place::Back);
            ready.pop(tick)
        };
        let mut slice = |tick| {
            for tick in tick..tick + TICKS_PER_SLICE {
                assert_eq!(turn(tick), Some("woken"), "tick {tick}");
            }
            turn(tick + TICKS_PER_SLICE)
        };
        assert_eq!(slice(0), Some("first"));
        assert_eq!(slice(TICKS_PER_SLICE + 1), Some("second"));
    }

    #[test]
    fn those_who_have_spent_a_slice_go_in_order_and_weight_gives_one_more() {
        let mut ready = Ready::default();
        ready.push_spent("light", false);
        ready.push_spent("heavy", true);
        ready.push("fresh", Place::Back);
        let order = [0; 4].map(|_| ready.pop(0));
        assert_eq!(order, [Some("fresh"), Some("heavy"), Some("light"), None]);
        assert!(ready.is_empty());
    }
}
