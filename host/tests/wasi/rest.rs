//! The small interfaces: clocks, random numbers, and the environment.

use crate::case::{Case, End};

#[test]
fn clocks_tell_what_they_tell_in_wasmtime() {
    assert_eq!(Case::new("wasi-clocks", "all").compare(), "true true\ntrue true\ntrue\ntrue\ntrue\n");
}

#[test]
fn random_numbers_are_random() {
    assert_eq!(Case::new("wasi-random", "all").compare(), "10000 true\n0 true\n10000 true\ntrue\ntrue\n");
}

#[test]
fn who_asks_for_too_many_random_numbers_ends() {
    assert_eq!(Case::new("wasi-random", "too-many").run().end, End::Trap);
}

#[test]
fn the_environment_is_what_was_granted() {
    let case = Case::new("wasi-environment", "spam").argument("").argument("häm & eggs");
    let observed = case.variable("SPAM", "eggs").variable("LANG", "C").compare();
    assert!(observed.contains("Ok(\"eggs\") Err(NotPresent)"), "{observed}");
}
