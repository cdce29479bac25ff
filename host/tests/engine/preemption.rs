//! Guests that never ask for anything.

use std::time::Duration;

use crate::common::*;

#[test]
fn an_engine_with_a_spinning_guest_can_be_dropped() {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).workers(2));
    stage.spawn(script("spin", [Step::Spin]));
    stage.spawn(script("spin", [Step::Spin]));
    stage.engine.turn(Duration::ZERO);
}
