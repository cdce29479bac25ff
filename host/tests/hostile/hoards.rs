//! Those that have the host keep what it can for them.

use cogen::Limit;

use crate::attack::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::ends("signal_names", "exceeded handles: *; 5000 allowed to *").allowed(&["wait=*"]).within(&[(Limit::Handles, 5000)]),
    Attack::ends("hoards_waits", "exceeded handles: *; 50000 allowed to *").allowed(&["wait=hoard"]),
    Attack::ends("hoards_handles", "exceeded handles: *; 50000 allowed to *"),
    Attack::ends("hoards_payloads", "returned *")
        .allowed(&["send=never"])
        .says(&["signals: 16 times, then limit reached: pending: *; 16 allowed to *"])
        .within(&[(Limit::Pending, 16)]),
    Attack::ends("context_flood", "returned *").says(&[
        "values of 1 KiB: * times, then limit reached: *",
        "a value of 1 MiB: limit reached: *",
        "a name of 1 MiB: invalid argument: *",
    ]),
    Attack::lasts("huge_names").allowed(&["send=*", "wait=*", "spawn=*"]).says(&[
        "signal: invalid argument: a name of 1048576 bytes; 1 to 256 are allowed",
        "wait: invalid argument: a name of 1048576 bytes; 1 to 256 are allowed",
        "context: not found",
    ]),
    Attack::ends("huge_arguments", "exceeded host-call-bytes: *").allowed(&["call=huge_arguments"]).within(&[(Limit::HostCallBytes, 1 << 20)]),
    Attack::ends("result_beyond_limit", "exceeded result: 17825792 bytes returned, 16777216 allowed"),
];
