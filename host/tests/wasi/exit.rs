//! `wasi:cli/exit`: a command's outcome is the status that it exits with.

use crate::case::{Case, End, Observed};

/// How a case ends, in this engine and in the peer.
fn end(guest: &'static str, case: &str, status: u8) -> End {
    observed(guest, case, status).end
}

fn observed(guest: &'static str, case: &str, status: u8) -> Observed {
    Case::new(guest, case).argument(status.to_string()).observe()
}

#[test]
fn a_status_that_is_told_with_its_number_is_the_outcome() {
    assert_eq!(end("wasi-exit", "code", 0), End::Success);
    for status in [1, 2, 3, 127, 255] {
        assert_eq!(end("wasi-exit", "code", status), End::Failure(status));
    }
}

#[test]
fn to_fail_without_a_number_is_status_1() {
    assert_eq!(end("wasi-exit", "exit", 0), End::Success);
    assert_eq!(end("wasi-exit", "exit", 3), End::Failure(1));
}

#[test]
fn standard_libraries_that_do_not_tell_the_number_end_with_1() {
    for case in ["return", "std"] {
        assert_eq!(end("wasi-exit", case, 0), End::Success, "{case}");
        assert_eq!(end("wasi-exit", case, 3), End::Failure(1), "{case}");
    }
    for case in ["return", "exit", "at-once"] {
        assert_eq!(end("wasi-exit-c", case, 0), End::Success, "{case}");
        assert_eq!(end("wasi-exit-c", case, 3), End::Failure(1), "{case}");
    }
}

#[test]
fn what_is_to_be_done_at_the_exit_is_done() {
    assert_eq!(observed("wasi-exit-c", "exit", 3).stdout, "exit\nlast words\n");
    assert_eq!(observed("wasi-exit-c", "at-once", 3).stdout, "at-once\n");
}

#[test]
fn to_abort_is_a_trap() {
    assert_eq!(end("wasi-exit", "abort", 0), End::Trap);
    assert_eq!(end("wasi-exit", "panic", 0), End::Trap);
    assert_eq!(end("wasi-exit-c", "abort", 0), End::Trap);
}
