//! Those that start others, or end them.

use cogen::Limit;

use crate::attack::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::ends("spawn_bomb", "returned *")
        .says(&["starts: 1 times, then limit reached: children: *"])
        .within(&[(Limit::Children, 1), (Limit::Coroutines, 20)]),
    Attack::lasts("spawns_and_forgets").within(&[(Limit::Children, 20), (Limit::Coroutines, 20)]),
    Attack::ends("call_bomb", "returned *")
        .says(&["calls: 20 times, then limit reached: children: *"])
        .within(&[(Limit::Children, 20)]),
    Attack::lasts("calls_and_drops"),
    Attack::ends("call_recursion", "returned *").says(&["call_recursion Ending::Trapped: *"]),
    Attack::ends("panics_when_called", "returned *").says(&["call: panics_when_called Ending::Trapped: *"]),
    Attack::ends("exits_when_called", "returned *").says(&["call: exits_when_called Ending::Failed: *"]),
];
