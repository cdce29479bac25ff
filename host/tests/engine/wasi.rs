//! Ordinary commands, which have never heard of this engine.

use crate::common::*;

/// What `hello` prints with these arguments, without ends of lines, and how it ends.
fn hello(args: &str) -> (Vec<String>, Outcome) {
    let mut stage = Stage::new();
    let hello = stage.engine.spawn("hello", args).expect("there is room");
    stage.run();
    let printed = stage.heard().into_iter().filter(|line| !line.is_empty()).collect();
    (printed, hello.outcome().expect("it has ended"))
}

#[test]
fn a_command_prints_sleeps_by_std_and_ends() {
    let (printed, outcome) = hello("5000");
    assert_eq!(printed, ["hello [\"5000\"]", "slept 5000 ms", "2 letters"]);
    assert_eq!(outcome, Outcome::Returned(Vec::new()));
    let (printed, outcome) = hello("0\x003");
    // What it writes to standard error comes in pieces.
    let expected = "hello [\"0\", \"3\"] slept 0 ms 2 letters leaving with 3 hello exited with status 1";
    assert_eq!(printed.join(" "), expected);
    assert_eq!(outcome, Outcome::Exited(1));
}

#[test]
fn arguments_are_one_text_with_a_nul_between_two_and_one_more_behind_an_empty_last_one() {
    let cases: [(&str, &[&str]); 7] = [
        ("", &[]),
        ("\0", &[""]),
        ("a", &["a"]),
        ("a\0b", &["a", "b"]),
        ("a\0", &["a"]),
        ("a\0\0", &["a", ""]),
        ("\0a", &["", "a"]),
    ];
    for (args, expected) in cases {
        assert_eq!(hello(args).0[0], format!("hello {expected:?}"), "{args:?}");
    }
}

#[test]
fn two_coroutines_get_different_random_numbers() {
    let mut heard = Stage::play((0..20).map(|_| script("r", [Step::Random, Step::Yield, Step::Random])));
    heard.retain(|line| line.contains("random"));
    heard.sort_unstable();
    let first_of_each = heard.len();
    heard.dedup();
    assert_eq!((first_of_each, heard.len()), (40, 40));
}

#[test]
fn std_sleep_parks_the_coroutine_only() {
    let heard = Stage::play([
        script("a", [Step::StdSleep(2 * SECOND), Step::Elapsed]),
        script("b", [Step::Sleep(SECOND), log("meanwhile")]),
    ]);
    assert_eq!(heard, ["b sleep ok", "b meanwhile", "a std-sleep ok", "a elapsed 2000000000"]);
}

#[test]
fn what_is_printed_is_told_with_its_stream() {
    let heard = Stage::play([script("p", [Step::Print("out".into()), Step::EPrint("err".into())])]);
    assert_eq!(heard.concat().replace('\n', ""), "outerr");
}
