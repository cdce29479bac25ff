//! Those that start others, or end them.

use std::time::Duration;

use cogen::Limit;

use crate::attack::Attack;

const NOT_LEFT: &str = "*: denied: whoever started this `escapes_its_bounds` has not left it to *";

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::ends("spawn_bomb", "returned *")
        .allowed(&["spawn=spawn_bomb"])
        .says(&["starts: 20 times, then limit reached: children: *"])
        .within(&[(Limit::Children, 20), (Limit::Coroutines, 20)]),
    Attack::lasts("spawns_and_forgets").allowed(&["spawn=spawns_and_forgets"]).within(&[(Limit::Children, 20), (Limit::Coroutines, 20)]),
    Attack::ends("call_bomb", "returned *")
        .allowed(&["call=call_bomb", "wait=never"])
        .says(&["calls: 20 times, then limit reached: children: *"])
        .within(&[(Limit::Children, 20)]),
    // Whoever is called goes before everybody else, again and again.
    Attack::lasts("calls_and_drops").allowed(&["call=calls_and_drops"]).late(Duration::from_millis(200)),
    Attack::ends("call_recursion", "returned *").allowed(&["call=call_recursion"]).says(&["call_recursion Ending::Trapped: *"]),
    Attack::ends("panics_when_called", "returned *").allowed(&["call=panics_when_called"]).says(&["call: panics_when_called Ending::Trapped: *"]),
    Attack::ends("exits_when_called", "returned *").allowed(&["call=exits_when_called"]).says(&["call: exits_when_called Ending::Failed: *"]),
    Attack::ends("scope_that_clings", "returned *").allowed(&["spawn=scope_that_clings"]).says(&["leaves"]),
    Attack::ends("escapes_its_bounds", "returned *")
        .allowed(&["spawn=escapes_its_bounds", "call=escapes_its_bounds", "send=*"])
        .says(&["send, before: done", NOT_LEFT, NOT_LEFT, NOT_LEFT, NOT_LEFT, "join: done"]),
];
