//! What the host keeps for guests outside their own memory: arguments until their coroutine has ended, values of signals
//! until they are taken, results for as long as anybody may ask for them.
//!
//! Each has a bound of its own, but a guest may cause many. All of an engine's are charged to one budget; what would go over
//! it is refused, and the guest is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Payloads shorter than this are not charged: what carries them is as large, and is bounded by its number.
const FREE: usize = 1 << 10;

/// How many bytes may be kept, and how many are.
pub(crate) struct Payloads {
    most: usize,
    kept: AtomicUsize,
}

/// Bytes that count until this is dropped.
pub(crate) struct Charge {
    payloads: Arc<Payloads>,
    bytes: usize,
}

impl Payloads {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Payloads { most, kept: AtomicUsize::new(0) })
    }

    /// How many bytes may be kept at a time.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many are kept now.
    pub(crate) fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// Counts so many bytes, if there is room for them.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let bytes = if bytes < FREE { 0 } else { bytes };
        let add = |kept: usize| kept.checked_add(bytes).filter(|&kept| kept <= self.most);
        if bytes > 0 {
            self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        }
        Some(Charge { payloads: self.clone(), bytes })
    }

    /// As bytes that are charged until the last copy of them is gone.
    pub(crate) fn keep(self: &Arc<Self>, payload: Vec<u8>) -> Option<Bytes> {
        /// What the last copy drops.
        struct Kept {
            payload: Vec<u8>,
            _charge: Charge,
        }
        impl AsRef<[u8]> for Kept {
            fn as_ref(&self) -> &[u8] {
                &self.payload
            }
        }
        if payload.len() < FREE {
            return Some(payload.into());
        }
        let charge = self.charge(payload.len())?;
        Some(Bytes::from_owner(Kept { payload, _charge: charge }))
    }
}

impl Charge {
    /// Counts so many bytes and no more.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let bytes = if bytes < FREE { 0 } else { bytes.min(self.bytes) };
        self.payloads.kept.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        self.bytes = bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.payloads.kept.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_counts_until_its_last_copy_is_gone() {
        let payloads = Payloads::new(10_000);
        let first = payloads.keep(vec![0; 6_000]).expect("there is room");
        assert!(payloads.keep(vec![0; 4_001]).is_none());
        let second = first.clone();
        drop(first);
        assert_eq!(payloads.kept(), 6_000);
        drop(second);
        assert_eq!(payloads.kept(), 0);
        assert!(payloads.charge(usize::MAX).is_none());
    }

    #[test]
    fn short_ones_are_free() {
        let payloads = Payloads::new(0);
        assert!(payloads.keep(vec![0; FREE - 1]).is_some() && payloads.charge(FREE - 1).is_some());
        assert!(payloads.keep(vec![0; FREE]).is_none());
    }
}
