//! Those that do what no compiler would let them.

use crate::attack::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack::ends("forges_handles", "trapped: handle index 1 used with the wrong type, *").says(&["killing 1"]),
    Attack::ends("uses_what_it_dropped", "trapped: *handle index *").says(&["dropped"]),
    Attack::ends("takes_another_kind", "trapped: handle index * used with the wrong type, *"),
    Attack::ends("drops_children_in_wrong_order", "trapped: resource has children").allowed(&["wait=never"]),
    Attack::ends("too_many_pollables", "trapped: 10001 pollables in one list; at most 10000 are allowed"),
    Attack::ends("invalid_text", "trapped: invalid utf-8 *"),
    Attack::ends("invalid_enumeration", "trapped: unexpected discriminant: 200"),
    Attack::ends("text_beyond_memory", "trapped: string pointer/length out of bounds of memory"),
    Attack::ends("result_beyond_memory", "trapped: list pointer/length out of bounds of memory"),
    Attack::ends("allocator_that_lies", "trapped: realloc return: beyond end of memory"),
    Attack::ends("allocator_that_calls", "trapped: cannot leave component instance"),
    Attack::ends("traps_in_start", "trapped: wasm `unreachable` instruction executed"),
];
