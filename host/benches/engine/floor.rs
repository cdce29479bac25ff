//! The floor: bare stores of wasmtime in its fastest stock configuration, running the same component with imports that
//! do what ours do and no more. No engine, no preemption, no limits.

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

use bindings::cogen::engine::types::Error;

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
        time.func_wrap_async("yield-now", |_, (): ()| Box::new(park_and_resume()))?;
        linker.define_unknown_imports_as_traps(&component)?;
        let prepared = bindings::CoroutinePre::new(linker.instantiate_pre(&component)?)?;
        Ok(Floor { engine, prepared })
    }

    /// From nothing to the value that the guest returns, and to nothing again.
    pub(crate) fn run(&self, args: &[u8]) -> Vec<u8> {
        let guest = Guest { began: Instant::now() };
        let mut store = Store::new(&self.engine, guest);
        let life = async {
            let world = self.prepared.instantiate_async(&mut store).await?;
            world.call_run(&mut store, args).await
        };
        block_on(life).expect("the guest does not trap").expect("the guest does not fail")
    }
}

/// What the engine uses, without what it promises: no epochs, no zeroed stacks, no bounds on memory.
fn config(pagemap_scan: Enabled) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(64)
        .total_core_instances(512)
        .total_memories(64)
        .total_tables(256)
        .total_stacks(64)
        .max_unused_warm_slots(64)
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

/// Polls until there is a value: whoever is pending here has asked for just that.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Leaves the guest's stack and comes back to it.
async fn park_and_resume() -> Result<(std::result::Result<(), Error>,)> {
    let mut parked = false;
    poll_fn(|_| if std::mem::replace(&mut parked, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    Ok((Ok(()),))
}
