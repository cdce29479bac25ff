//! The floor: bare stores of wasmtime in its fastest stock configuration, running the same component with imports that
//! do what ours do and no more. No engine, no preemption, no limits.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store};
mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "cogen:engine/coroutine",
        exports: { default: async },
    });
}

use bindings::cogen::engine::types::{Error, Options};

/// A component that can be instantiated in bare stores.
pub(crate) struct Floor {
    engine: Engine,
    prepared: bindings::CoroutinePre<Guest>,
}

struct Guest {
    began: Instant,
}

impl Floor {
    pub(crate) fn new(component: &[u8]) -> Result<Self> {
        let engine = [Enabled::Auto, Enabled::No].into_iter().find_map(|scan| Engine::new(&config(scan)).ok());
        let engine = engine.ok_or_else(|| wasmtime::Error::msg("no pool can be had"))?;
        let component = Component::new(&engine, component)?;
        let mut linker: Linker<Guest> = Linker::new(&engine);
        let mut time = linker.instance("cogen:engine/time@0.1.0")?;
        time.func_wrap("now", |store, (): ()| Ok((store.data().began.elapsed().as_nanos() as u64,)))?;
        time.func_wrap_async("yield-now", |_, (): ()| Box::new(park_and_answer(())))?;
        time.func_wrap_async("sleep", |_, (_,): (u64,)| Box::new(park_and_answer(())))?;
        let mut signals = linker.instance("cogen:engine/signals@0.1.0")?;
        signals.func_wrap_async("signal", |_, _: (String, Vec<u8>, u32, Options)| Box::new(park_and_answer(1_u32)))?;
        signals.func_wrap_async("wait-for-signal", |_, _: (String, Options)| {
            Box::new(park_and_answer(Vec::<u8>::new()))
        })?;
        linker.define_unknown_imports_as_traps(&component)?;
        let prepared = bindings::CoroutinePre::new(linker.instantiate_pre(&component)?)?;
        Ok(Floor { engine, prepared })
    }

    /// From nothing to the value that the guest returns, and to nothing again.
    pub(crate) fn run(&self, args: &[u8]) -> Vec<u8> {
        let mut life = pin!(self.live(args));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            // Whoever is pending here has asked for just that.
            if let Poll::Ready(value) = life.as_mut().poll(&mut context) {
                return value;
            }
        }
    }

    /// As many at once as fit into the pool, one step each in turn, until all have ended.
    pub(crate) fn run_many(&self, count: u64, args: &[u8]) {
        let mut lives: VecDeque<_> = (0..count).map(|_| Box::pin(self.live(args))).collect();
        let mut context = Context::from_waker(Waker::noop());
        while let Some(mut life) = lives.pop_front() {
            if life.as_mut().poll(&mut context).is_pending() {
                lives.push_back(life);
            }
        }
    }

    async fn live(&self, args: &[u8]) -> Vec<u8> {
        let mut store = Store::new(&self.engine, Guest { began: Instant::now() });
        let world = self.prepared.instantiate_async(&mut store).await.expect("the component fits");
        world.call_run(&mut store, args).await.expect("the guest does not trap").expect("the guest does not fail")
    }
}

/// The largest number of stores that is measured.
const AT_ONCE: u32 = 1_024;

/// What the engine uses, without what it promises: no epochs, no zeroed stacks, no bounds on memory.
fn config(pagemap_scan: Enabled) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(AT_ONCE)
        .total_core_instances(8 * AT_ONCE)
        .total_memories(AT_ONCE)
        .total_tables(4 * AT_ONCE)
        .total_stacks(AT_ONCE)
        .max_unused_warm_slots(256)
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(8 << 10)
        .async_stack_keep_resident(8 << 10)
        .pagemap_scan(pagemap_scan);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Leaves the guest's stack and comes back to it.
async fn park_and_answer<T>(value: T) -> Result<(std::result::Result<T, Error>,)> {
    let mut parked = false;
    poll_fn(|_| if std::mem::replace(&mut parked, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    Ok((Ok(value),))
}
