//! What was read of a connection and not yet handed out.

use std::sync::Arc;

use super::Answer;
use super::bindings::Error;

use crate::sandbox::payloads::{Charge, Payloads};

/// Bytes in the order they came. Nothing is allocated while it is empty, so that a connection which waits costs little.
#[derive(Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// How many at the beginning of them were handed out.
    taken: usize,
    /// For what an operation may gather here.
    charge: Option<(usize, Charge)>,
}

impl Input {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where to add what is read.
    pub(super) fn space(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Charges so many bytes to the payloads of the one who reads, if fewer are charged, until this is empty.
    pub(super) fn charge(&mut self, bytes: usize, payloads: &Arc<Payloads>) -> Answer<()> {
        if self.charge.as_ref().is_some_and(|(charged, _)| *charged >= bytes) {
            return Ok(());
        }
        let charge = payloads.charge(bytes).map_err(Error::LimitReached)?;
        self.charge = Some((bytes, charge));
        Ok(())
    }

    /// Takes nothing for what was not gathered.
    pub(super) fn settle(&mut self) {
        let kept = self.len();
        match &mut self.charge {
            Some((charged, charge)) if kept > 0 => {
                *charged = kept;
                charge.shrink(kept);
            }
            charge => *charge = None,
        }
    }

    /// The position of the first newline among the first `most` bytes, of which so many were searched before.
    pub(super) fn find_newline(&self, searched: usize, most: usize) -> Option<usize> {
        let end = self.len().min(most);
        let rest = &self.bytes[self.taken..][searched.min(end)..end];
        memchr::memchr(b'\n', rest).map(|position| searched + position)
    }

    /// Hands out the first `count` bytes, or as many as there are.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let count = count.min(self.len());
        if self.taken == 0 && count == self.bytes.len() {
            self.charge = None;
            return std::mem::take(&mut self.bytes);
        }
        let bytes = self.bytes[self.taken..][..count].to_vec();
        self.taken += count;
        if self.is_empty() {
            *self = Input::default();
        } else if self.taken >= self.bytes.len() / 2 {
            // Moved only when half of it is gone: each byte is moved a few times at most.
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_comes_in_goes_out_in_the_same_order(acts in proptest::collection::vec((0..40usize, 0..60usize), 0..100)) {
            let (mut input, mut came, mut went) = (Input::default(), Vec::new(), Vec::new());
            for (add, take) in acts {
                let bytes: Vec<u8> = (came.len()..came.len() + add).map(|number| number as u8).collect();
                came.extend_from_slice(&bytes);
                input.append(&bytes);
                let newline = came[went.len()..].iter().take(take).position(|&byte| byte == b'\n');
                prop_assert_eq!(input.find_newline(0, take), newline);
                went.extend(input.take(take));
                prop_assert_eq!(input.len(), came.len() - went.len());
            }
            let rest = input.len();
            went.extend(input.take(rest));
            prop_assert_eq!(went, came);
            prop_assert_eq!(input.bytes.capacity(), 0, "an empty one holds nothing");
        }
    }
}
