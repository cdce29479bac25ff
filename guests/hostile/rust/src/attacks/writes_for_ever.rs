//! Writes files in the folder that it was granted for ever, each over the one before.

use std::fs;

pub(crate) fn main() {
    let bytes = vec![1; 1 << 20];
    loop {
        fs::write("/data/file", &bytes).expect("there is room");
    }
}
