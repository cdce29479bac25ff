//! The attacks, each by the name of its file.

macro_rules! attacks {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// The attack of this name.
        pub(crate) fn find(name: &str) -> Option<fn()> {
            match name {
                $(stringify!($name) => Some($name::main),)*
                _ => None,
            }
        }
    };
}

attacks! {
    call_bomb,
    call_recursion,
    calls_and_drops,
    clings_to_life,
    connection_flood,
    connects_and_leaves,
    connects_by_name,
    connects_by_number,
    connects_by_rebinding,
    context_flood,
    deep_recursion,
    descriptor_exhaustion,
    drops_children_in_wrong_order,
    endless_loop,
    escapes_its_bounds,
    exits_when_called,
    forges_handles,
    hoards_handles,
    hoards_payloads,
    hoards_waits,
    huge_arguments,
    huge_names,
    ignores_cancellation,
    kills_others,
    listens_at_others,
    log_flood,
    lookup_flood,
    memory_fill,
    memory_growth,
    never_reads,
    one_byte_at_a_time,
    output_flood,
    panics_when_called,
    poll_storm,
    reads_environment,
    reads_files,
    reads_files_by_std,
    refusal_flood,
    scope_that_clings,
    sends_to_others,
    serves_others,
    signal_names,
    signal_storm,
    signals_nobody_hears,
    signals_of_others,
    sleep_for_ever,
    sleep_zero_loop,
    spawn_bomb,
    spawns_and_forgets,
    starts_others,
    takes_another_kind,
    timer_flood,
    too_many_pollables,
    two_that_wake_each_other,
    unix_escapes,
    uses_what_it_dropped,
    writes_for_ever,
    writes_through_links,
    writes_what_it_may_read,
    yield_loop,
}
