//! What is fuzzed: each target is a function of bytes that panics when it has found something.
//!
//! `cargo xtask fuzz` gives them what libFuzzer thinks of, and the tests of this package what is in `fuzz/seeds`: examples to begin
//! with, and whatever has been found before.

mod grants;
mod guest;
mod inspect;
mod manifest;
mod run;

pub use grants::grants;
pub use inspect::inspect;
pub use manifest::manifest;
pub use run::run;
