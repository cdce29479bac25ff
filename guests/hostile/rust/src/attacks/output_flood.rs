//! Prints for ever.

use std::io::Write;

pub(crate) fn main() {
    let line = "x".repeat(65_535) + "\n";
    let mut stdout = std::io::stdout().lock();
    while stdout.write_all(line.as_bytes()).is_ok() {}
}
