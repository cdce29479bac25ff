//! Bare stores of wasmtime in its fastest stock configuration, with wasmtime-wasi's own host. No scheduler, no preemption, no limits;
//! what is printed goes nowhere.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::p2::pipe::SinkOutputStream;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// A command that can be instantiated in bare stores.
pub(crate) struct Floor {
    engine: Engine,
    prepared: CommandPre<Guest>,
}

struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Floor {
    pub(crate) fn new(component: &[u8]) -> Result<Self> {
        let engine = [Enabled::Auto, Enabled::No].into_iter().find_map(|scan| Engine::new(&config(scan)).ok());
        let engine = engine.ok_or_else(|| wasmtime::Error::msg("no pool can be had"))?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        Ok(Floor { prepared: CommandPre::new(linker.instantiate_pre(&component)?)?, engine })
    }

    /// From nothing to the command's end, and to nothing again.
    pub(crate) fn run(&self) {
        let mut life = pin!(self.live());
        let ended = life.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(ended, Poll::Ready(()), "it waits for nothing");
    }

    async fn live(&self) {
        let wasi = WasiCtx::builder().stdout(SinkOutputStream).build();
        let mut store = Store::new(&self.engine, Guest { wasi, table: ResourceTable::new() });
        let command = self.prepared.instantiate_async(&mut store).await.expect("the component fits");
        let ended = command.wasi_cli_run().call_run(&mut store).await;
        ended.expect("the guest does not trap").expect("the guest does not fail");
    }
}

fn config(pagemap_scan: Enabled) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(64)
        .total_core_instances(512)
        .total_memories(64)
        .total_tables(256)
        .total_stacks(64)
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(8 << 10)
        .async_stack_keep_resident(8 << 10)
        .pagemap_scan(pagemap_scan);
    let mut config = Config::new();
    config.concurrency_support(false).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
