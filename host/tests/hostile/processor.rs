//! Those that take all the time they can get.

use cogen::Limit;

use crate::attack::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::lasts("endless_loop"),
    Attack::lasts("yield_loop"),
    Attack::lasts("sleep_zero_loop"),
    Attack::lasts("poll_storm"),
    Attack::lasts("timer_flood").given("3000").within(&[(Limit::Timers, 3000)]),
    Attack::lasts("sleep_for_ever"),
    Attack::lasts("ignores_cancellation").allowed(&["wait=never"]),
    Attack::lasts("clings_to_life").allowed(&["wait=never"]),
    Attack::lasts("log_flood"),
    Attack::lasts("output_flood"),
    Attack::lasts("signal_storm").allowed(&["send=storm", "wait=storm"]),
    Attack::lasts("two_that_wake_each_other").allowed(&["spawn=two_that_wake_each_other", "send=*", "wait=*"]),
    Attack::lasts("signals_nobody_hears").allowed(&["send=*"]),
    Attack::lasts("loops_in_start"),
    Attack::lasts("loops_after_return"),
    Attack::lasts("allocator_that_loops"),
];
