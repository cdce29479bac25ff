//! How stores get their memory: the one place that configures wasmtime.
//!
//! There are two ways. Up to 8,192 coroutines have wasmtime's pooling allocator: slots are reserved once, kept warm and
//! reset by `madvise`/`PAGEMAP_SCAN`, which makes a short life several times cheaper than fresh mappings, and a large
//! guest begins as a copy-on-write image. More than that have a slab of our own (`slab/mod.rs`), which takes a few
//! mappings in all; a short life costs more there, and compiled code checks its addresses.
//!
//! Either way a spawn is admitted by the worker before it is instantiated, so that the allocator is never asked for
//! more than it has.

use std::ops::RangeInclusive;

use wasmtime::component::Component;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::error::{Error, ErrorKind};
use crate::sandbox::{CORE_INSTANCES, MEMORIES, TABLE_ELEMENTS, TABLES};

/// Each live instance takes six or seven mappings of the pool, of which Linux grants a process 65,530 by default.
const MAX_POOLED: usize = 8192;

/// The most coroutines that may have a store at a time. With 200,000 of them memories of twice the default still fit
/// into the 128 TiB of address space that a process has, and the smallest guests, parked, into 16 GiB of memory.
pub(crate) const MAX_COROUTINES: usize = if HAS_SLAB { 200_000 } else { MAX_POOLED };

/// Whether more of them can be had than the pool holds.
pub(crate) const HAS_SLAB: bool = cfg!(all(target_os = "linux", target_pointer_width = "64"));

/// A memory ends where 32 bits do.
pub(crate) const MAX_MEMORY: usize = 4 << 30;

/// What is kept of a pooled slot between two owners, zeroed by hand instead of given back: the dirty pages of a small
/// guest.
const MEMORY_KEPT: usize = 64 << 10;
const STACK_KEPT: usize = 8 << 10;
const TABLE_KEPT: usize = 8 << 10;

/// Pooled slots kept warm; each costs what is kept of it, here 20 MiB in all at most.
const WARM_SLOTS: u32 = 256;

/// A guest's own stack, unless it is configured: what Rust's and C's own are by default is a memory of the guest.
pub(crate) const STACK: usize = 512 << 10;

/// The least that code of the usual tools runs in, and more than recursion that is no mistake needs.
pub(crate) const STACKS: RangeInclusive<usize> = 64 << 10..=8 << 20;

/// The host's share of a stack: what host calls need while a guest waits.
const HOST_STACK: usize = 512 << 10;

/// What is wanted of a wasmtime engine.
pub(crate) struct Wanted {
    /// How many coroutines may have a store at a time.
    pub(crate) coroutines: usize,
    /// How many bytes of memory each may have.
    pub(crate) memory: usize,
    /// How many bytes of stack the code of each may use.
    pub(crate) stack: usize,
    /// Whether code counts its instructions.
    pub(crate) fuel: bool,
    /// Whether a backtrace has files and lines. Otherwise a trap reads nothing of what a guest brings along.
    pub(crate) debug_info: bool,
}

/// A wasmtime engine that has what is wanted.
pub(crate) fn engine(wanted: &Wanted) -> Result<Engine, Error> {
    let coroutines = wanted.coroutines;
    let refused = |error: wasmtime::Error| {
        Error::new(ErrorKind::Configuration, format!("cannot reserve room for {coroutines} coroutines: {error:#}"))
            .with_hint("lower `max-coroutines` or `max-memory`, or allow the process more address space (ulimit -v)")
    };
    let base = config(wanted);
    let engine = if coroutines > MAX_POOLED { slabbed(base, wanted) } else { pooled(base, coroutines) };
    engine.map_err(refused)
}

/// What a component has more of than a coroutine may have. The pool looks by itself; how many core instances there are
/// is found out by the store.
pub(crate) fn excess(component: &Component) -> Option<String> {
    let parts = component.resources_required()?;
    let of = |what, has: u32, most| (has as usize > most).then(|| format!("it has {has} {what}; {most} are allowed"));
    of("memories", parts.num_memories, MEMORIES).or_else(|| of("tables", parts.num_tables, TABLES))
}

/// What both ways have in common.
fn config(wanted: &Wanted) -> Config {
    let details = if wanted.debug_info { WasmBacktraceDetails::Enable } else { WasmBacktraceDetails::Disable };
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .wasm_backtrace_details(details)
        .consume_fuel(wanted.fuel)
        .max_wasm_stack(wanted.stack)
        .async_stack_size(wanted.stack + HOST_STACK)
        .async_stack_zeroing(true);
    config
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn slabbed(mut config: Config, wanted: &Wanted) -> wasmtime::Result<Engine> {
    let stack = wanted.stack + HOST_STACK;
    super::slab::Slab::new(wanted.coroutines, wanted.memory, stack)?.serve(&mut config);
    Engine::new(&config)
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn slabbed(_: Config, _: &Wanted) -> wasmtime::Result<Engine> {
    Err(wasmtime::Error::msg("so many need Linux"))
}

fn pooled(mut config: Config, coroutines: usize) -> wasmtime::Result<Engine> {
    // Warm slots that were never dirtied need no scan; kernels before 6.7 have none.
    let mut with = |pagemap_scan| {
        Engine::new(config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(coroutines, pagemap_scan))))
    };
    with(Enabled::Auto).or_else(|_| with(Enabled::No))
}

fn pool(coroutines: usize, pagemap_scan: Enabled) -> PoolingAllocationConfig {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(small(coroutines))
        .total_core_instances(small(coroutines * CORE_INSTANCES))
        .total_memories(small(coroutines * MEMORIES))
        .total_tables(small(coroutines * TABLES))
        .total_stacks(small(coroutines))
        .max_core_instances_per_component(small(CORE_INSTANCES))
        .max_memories_per_component(small(MEMORIES))
        .max_tables_per_module(small(TABLES))
        .table_elements(TABLE_ELEMENTS)
        .max_tables_per_component(small(TABLES))
        .max_unused_warm_slots(WARM_SLOTS)
        .linear_memory_keep_resident(MEMORY_KEPT)
        .table_keep_resident(TABLE_KEPT)
        .async_stack_keep_resident(STACK_KEPT)
        .pagemap_scan(pagemap_scan);
    pool
}
