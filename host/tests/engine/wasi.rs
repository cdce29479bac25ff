//! Ordinary commands, which have never heard of this engine.

use crate::common::*;

#[test]
fn a_command_prints_sleeps_by_std_and_ends() {
    let mut stage = Stage::new();
    let hello = stage.engine.spawn("hello", "5000").expect("spawned");
    stage.run();
    let heard = stage.heard();
    assert_eq!(hello.outcome(), returned(""), "{heard:?}");
    assert!(!heard.is_empty());
    assert_eq!(
        stage
            .engine
            .spawn("hello", "0\x003")
            .map(|failing| (stage.run(), failing.outcome()))
            .unwrap()
            .1
            .map(|o| o.is_success()),
        Some(false)
    );
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
