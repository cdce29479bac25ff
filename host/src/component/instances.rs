//! How stores get their memory: the one place that configures wasmtime.
//!
//! Instances come from wasmtime's pooling allocator: slots are reserved once, kept warm and reset by
//! `madvise`/`PAGEMAP_SCAN`, which makes a short life several times cheaper than fresh mappings. A spawn is admitted
//! by the worker before it is instantiated, so that the pool is never asked for more than it has.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::error::{Error, ErrorKind};
use crate::sandbox::TABLE_ELEMENTS;

/// Each live instance takes six or seven mappings, of which Linux grants a process 65,530 by default.
pub(crate) const MAX_COROUTINES: usize = 8192;

/// What the usual tools make of a program: its own module, and up to three of adapters and shims.
const CORE_INSTANCES_PER_COROUTINE: u32 = 8;

/// Tables: the program's own, and the shim's.
const TABLES_PER_COROUTINE: u32 = 4;

/// What is kept of a slot between two owners, zeroed by hand instead of given back: the dirty pages of a small guest.
const MEMORY_KEPT: usize = 64 << 10;
const STACK_KEPT: usize = 8 << 10;
const TABLE_KEPT: usize = 8 << 10;

/// Slots kept warm; each costs what is kept of it, here 20 MiB in all at most.
const WARM_SLOTS: u32 = 256;

/// A guest's own stack, and the whole of it with the host's share: what host calls need while it waits.
const GUEST_STACK: usize = 512 << 10;
const WHOLE_STACK: usize = GUEST_STACK + (512 << 10);

/// A wasmtime engine with room for so many coroutines at a time.
///
/// With `debug_info` a backtrace has files and lines. Otherwise a trap reads nothing of what a guest brings along.
pub(crate) fn engine(coroutines: usize, debug_info: bool) -> Result<wasmtime::Engine, Error> {
    let refused = |error: wasmtime::Error| {
        Error::new(ErrorKind::Configuration, format!("cannot reserve room for {coroutines} coroutines: {error:#}"))
            .with_hint("lower `max-coroutines`, or allow the process more address space (ulimit -v)")
    };
    let count = u32::try_from(coroutines).unwrap_or(u32::MAX);
    // Warm slots that were never dirtied need no scan; kernels before 6.7 have none.
    let mut last = None;
    for pagemap_scan in [Enabled::Auto, Enabled::No] {
        match wasmtime::Engine::new(&config(count, pagemap_scan, debug_info)) {
            Ok(engine) => return Ok(engine),
            Err(error) => last = Some(error),
        }
    }
    Err(refused(last.expect("two ways were tried")))
}

fn config(count: u32, pagemap_scan: Enabled, debug_info: bool) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(count)
        .total_core_instances(count.saturating_mul(CORE_INSTANCES_PER_COROUTINE))
        .total_memories(count)
        .total_tables(count.saturating_mul(TABLES_PER_COROUTINE))
        .total_stacks(count)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COROUTINE)
        .max_memories_per_component(1)
        .max_tables_per_module(TABLES_PER_COROUTINE)
        .table_elements(TABLE_ELEMENTS)
        .max_tables_per_component(TABLES_PER_COROUTINE)
        .max_unused_warm_slots(WARM_SLOTS)
        .linear_memory_keep_resident(MEMORY_KEPT)
        .table_keep_resident(TABLE_KEPT)
        .async_stack_keep_resident(STACK_KEPT)
        .pagemap_scan(pagemap_scan);
    let details = if debug_info { WasmBacktraceDetails::Enable } else { WasmBacktraceDetails::Disable };
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .wasm_backtrace_details(details)
        .max_wasm_stack(GUEST_STACK)
        .async_stack_size(WHOLE_STACK)
        .async_stack_zeroing(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
