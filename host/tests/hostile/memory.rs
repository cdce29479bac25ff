//! Those that take all the memory they can get.

use cogen::Limit;

use crate::attack::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::ends("memory_growth", "exceeded memory: * bytes asked for; * bytes allowed to *; raise `max-memory`*"),
    Attack::ends("grows_by_everything", "exceeded memory: 4294967296 bytes asked for; *"),
    Attack::ends("table_growth", "exceeded table-elements: * elements asked for; 131072 allowed to *"),
    Attack::lasts("memory_fill").given("12").within(&[(Limit::Memory, 16 << 20)]),
    Attack::ends("deep_recursion", "trapped: *"),
];
