//! `wasi:io/poll`.

use crate::case::{Case, End};

#[test]
fn pollables_are_ready_when_what_they_stand_for_is() {
    assert_eq!(Case::new("wasi-io", "ready").compare(), "true false\ntrue false\n");
}

#[test]
fn to_block_is_to_wait_for_one() {
    assert_eq!(Case::new("wasi-io", "block").compare(), "true\n");
}

#[test]
fn poll_answers_the_places_of_all_that_are_ready() {
    assert_eq!(Case::new("wasi-io", "poll").compare(), "[1]\n[0, 2]\n[1]\n");
}

#[test]
fn one_pollable_may_stand_in_a_list_twice() {
    assert_eq!(Case::new("wasi-io", "one-twice").compare(), "[0, 1]\n");
}

#[test]
fn an_empty_list_ends_the_guest() {
    assert_eq!(Case::new("wasi-io", "none").run().end, End::Trap);
}

#[test]
fn a_program_in_c_sleeps_in_each_of_the_ways_of_its_library() {
    assert_eq!(Case::new("wasi-io-c", "sleeps").compare(), "0\n0\n0\n1\n");
}

#[test]
fn a_program_in_c_polls_its_outputs() {
    assert_eq!(Case::new("wasi-io-c", "outputs").compare(), "2 1 1\n");
}

#[test]
fn a_program_in_c_waits_by_select() {
    Case::new("wasi-io-c", "timeout").compare();
}
