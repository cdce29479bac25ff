//! Bytes that look like noise and can be checked without keeping them: each follows from its position and a seed.

use serde::{Deserialize, Serialize};

/// A stretch of the noise of a seed.
///
/// ```
/// use script_steps::Pattern;
///
/// let all = Pattern::new(100).seed(7);
/// assert_eq!(all.to_vec()[40..50], Pattern::new(10).seed(7).from(40).to_vec());
/// assert_eq!(all.mistake(0, &all.to_vec()), None);
/// assert_eq!(all.mistake(99, b"x"), Some(99));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pattern {
    /// Which noise.
    pub seed: u64,
    /// Where in it this begins.
    pub from: u64,
    /// How long it is.
    pub bytes: u64,
}

impl Pattern {
    /// So many bytes from the beginning, of the seed zero.
    pub fn new(bytes: u64) -> Self {
        Pattern { bytes, ..Pattern::default() }
    }

    /// The same stretch of another noise.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// As many bytes, from there on.
    #[must_use]
    pub fn from(mut self, position: u64) -> Self {
        self.from = position;
        self
    }

    /// The bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        (self.from..self.from + self.bytes).map(|position| self.byte(position)).collect()
    }

    /// Consecutive stretches of this, of at most so many bytes.
    pub fn chunks(self, most: u64) -> impl Iterator<Item = Pattern> {
        let starts = (0..self.bytes).step_by(usize::try_from(most).expect("a chunk fits into memory"));
        starts.map(move |at| Pattern { from: self.from + at, bytes: most.min(self.bytes - at), ..self })
    }

    /// Where the first byte is wrong, if these stand `at` so many bytes behind the beginning of this stretch.
    pub fn mistake(&self, at: u64, bytes: &[u8]) -> Option<u64> {
        let positions = at..;
        positions.zip(bytes).find(|(position, byte)| self.byte(self.from + position) != **byte).map(|(at, _)| at)
    }

    /// The uppermost bits of a product: they depend on all bits of the position.
    fn byte(&self, position: u64) -> u8 {
        ((position ^ self.seed.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
    }
}

/// A number that differs for bytes that differ (FNV-1a), to compare what is too long to be logged.
pub fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
