//! What the host keeps for guests outside their own memory: arguments until their coroutine has ended, values of signals
//! until they are taken, results for as long as anybody may ask for them.
//!
//! Each has a bound of its own, but a guest may cause many. All of a program's are charged to its budget, and all of those to
//! the engine's; what would go over either is refused, and the guest is told. So no program can use up what the others need.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Payloads shorter than this are not charged: what carries them is as large, and is bounded by its number.
const FREE: usize = 1 << 10;

/// How many bytes may be kept, and how many are.
pub(crate) struct Payloads {
    most: usize,
    kept: AtomicUsize,
    /// The program whose they are, and the engine's, among which they count, too.
    program: Option<(String, Arc<Payloads>)>,
}

/// Bytes that count until this is dropped.
pub(crate) struct Charge {
    payloads: Arc<Payloads>,
    bytes: usize,
}

impl Payloads {
    /// Those of an engine.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Payloads { most, kept: AtomicUsize::new(0), program: None })
    }

    /// Those of a program, within those of its engine.
    pub(crate) fn of_program(name: &str, most: usize, engine: &Arc<Payloads>) -> Arc<Self> {
        Arc::new(Payloads { most, kept: AtomicUsize::new(0), program: Some((name.to_owned(), engine.clone())) })
    }

    /// How many bytes may be kept at a time.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many are kept now.
    pub(crate) fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// Counts so many bytes, if there is room for them; else what to say.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Result<Charge, String> {
        let bytes = if bytes < FREE { 0 } else { bytes };
        self.add(bytes)?;
        Ok(Charge { payloads: self.clone(), bytes })
    }

    /// As bytes that are charged until the last copy of them is gone; else what to say.
    pub(crate) fn keep(self: &Arc<Self>, payload: Vec<u8>) -> Result<Bytes, String> {
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
            return Ok(payload.into());
        }
        let charge = self.charge(payload.len())?;
        Ok(Bytes::from_owner(Kept { payload, _charge: charge }))
    }

    fn add(&self, bytes: usize) -> Result<(), String> {
        if bytes == 0 {
            return Ok(());
        }
        let add = |kept: usize| kept.checked_add(bytes).filter(|&kept| kept <= self.most);
        self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map_err(|_| self.spent())?;
        let Some((_, engine)) = &self.program else { return Ok(()) };
        engine.add(bytes).inspect_err(|_| self.give_back(bytes))
    }

    fn give_back(&self, bytes: usize) {
        self.kept.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn subtract(&self, bytes: usize) {
        self.give_back(bytes);
        if let Some((_, engine)) = &self.program {
            engine.subtract(bytes);
        }
    }

    /// What is said when one payload more would be too many.
    fn spent(&self) -> String {
        let most = self.most;
        match &self.program {
            None => {
                format!("payloads: this engine keeps {most} bytes for guests at most; raise `max-payloads` in [engine]")
            }
            Some((name, _)) => {
                format!(
                    "payloads: {most} bytes are kept for `{name}` at most; raise `payloads` in [program.{name}.limits]"
                )
            }
        }
    }
}

impl Charge {
    /// Counts so many bytes and no more.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let bytes = if bytes < FREE { 0 } else { bytes.min(self.bytes) };
        self.payloads.subtract(self.bytes - bytes);
        self.bytes = bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.payloads.subtract(self.bytes);
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
        assert!(payloads.keep(vec![0; 4_001]).is_err());
        let second = first.clone();
        drop(first);
        assert_eq!(payloads.kept(), 6_000);
        drop(second);
        assert_eq!(payloads.kept(), 0);
        assert!(payloads.charge(usize::MAX).is_err());
    }

    #[test]
    fn short_ones_are_free() {
        let payloads = Payloads::new(0);
        assert!(payloads.keep(vec![0; FREE - 1]).is_ok() && payloads.charge(FREE - 1).is_ok());
        assert!(payloads.keep(vec![0; FREE]).is_err());
    }

    #[test]
    fn those_of_a_program_count_among_the_engines() {
        let engine = Payloads::new(10_000);
        let [one, other] = ["one", "other"].map(|name| Payloads::of_program(name, 8_000, &engine));
        let kept = one.keep(vec![0; 8_000]).expect("there is room");
        let why = |refused: Result<Charge, String>| refused.err().expect("there is no room");
        assert!(why(one.charge(1_024)).starts_with("payloads: 8000 bytes are kept for `one` at most"));
        assert!(why(other.charge(4_000)).starts_with("payloads: this engine keeps 10000 bytes"));
        assert_eq!((other.kept(), engine.kept()), (0, 8_000), "what was refused does not count");
        drop(kept);
        assert_eq!((one.kept(), engine.kept()), (0, 0));
    }
}
