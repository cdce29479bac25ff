//! The small interfaces: clocks, random numbers, and the environment.

use crate::case::{Case, End};

#[test]
fn clocks_tell_what_they_tell_in_wasmtime() {
    assert_eq!(Case::new("wasi-clocks", "all").compare(), "true true\ntrue true\ntrue\ntrue\ntrue\n");
}

#[test]
fn a_program_in_c_is_told_the_time_in_each_of_the_ways_of_its_library() {
    let told = Case::new("wasi-clocks-c", "tell").compare();
    assert_eq!(told, "1\n0 1\n0 1 0\n1 1\n0 1\n1 1\n1 1 1\n1\n");
}

#[test]
fn a_program_in_c_sleeps_until_a_time_that_it_names() {
    let slept = Case::new("wasi-clocks-c", "sleep-until").compare();
    assert_eq!(slept, "0 1\n0\n0\nNot supported\n");
}

#[test]
fn random_numbers_are_random() {
    assert_eq!(Case::new("wasi-random", "all").compare(), "10000 true\n0 true\n10000 true\ntrue\ntrue\n");
}

#[test]
fn a_program_in_c_gets_as_many_random_bytes_as_it_asks_for() {
    let entropy = Case::new("wasi-random-c", "entropy").compare();
    assert_eq!(entropy, "0 0 0 1 0\n10 0 0 1 1\n255 0 0 1 1\n256 0 0 1 1\n-1 I/O error\n");
    assert_eq!(Case::new("wasi-random-c", "numbers").compare(), "1\n1 1\n256 1\nffffffff\n10\n");
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

#[test]
fn a_program_in_c_finds_what_it_was_started_with_and_changes_its_own_copy() {
    let case = |name: &'static str| Case::new("wasi-environment-c", name);
    let arguments = case("arguments").argument("").argument("häm & eggs").compare();
    assert_eq!(arguments, "[wasi-environment-c.wasm][arguments][][häm & eggs] 4 1\n");
    let variables = case("variables").variable("SPAM", "eggs").variable("EMPTY", "").compare();
    assert!(
        variables.starts_with("[EMPTY=][SPAM=eggs] 2\n SPAM: eggs\n EMPTY: \n NOTHING: is not there\n"),
        "{variables}"
    );
    assert!(variables.contains("[NEW=new][PUT=put][SPAM=ham] 3\n"), "{variables}");
}
