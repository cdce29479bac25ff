//! Guests in several languages: each scenario of `guests/README.md` in each language, and where two take part, in each pair of them.
//!
//! `cargo xtask guests` makes a component of every language whose tools it finds. One that it could not make is left out here, and named
//! in a line that cannot be missed; where `CI` is set, none may be missing.

mod alone;
#[path = "../common/guests.rs"]
mod guests;
#[path = "../common/languages.rs"]
mod languages;
mod pairs;
mod stage;
