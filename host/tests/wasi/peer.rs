//! wasmtime-wasi's own host, as `wasmtime run` is it: what this engine is compared with.

use std::sync::LazyLock;

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::filesystem::FsPerms;
use wasmtime_wasi::p2::bindings::sync::{Command, LinkOptions};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};

use crate::case::{Case, Directory, End, Observed};
use crate::guests;

/// More than any case prints.
const MAX_OUTPUT: usize = 16 << 20;

struct Host {
    ctx: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.ctx, table: &mut self.table }
    }
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&Config::new()).expect("an engine"));

/// Runs a case there.
pub(crate) fn run(case: &Case) -> Observed {
    let (stdout, stderr) = (MemoryOutputPipe::new(MAX_OUTPUT), MemoryOutputPipe::new(MAX_OUTPUT));
    let mut builder = WasiCtx::builder();
    builder
        .stdin(MemoryInputPipe::new(case.stdin))
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .allow_blocking_current_thread(true);
    builder.arg(format!("{}.wasm", case.guest)).args(&case.arguments).envs(&case.environment);
    for Directory { name, path, write } in &case.directories {
        let perms = if *write { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
        builder.preopened_dir(path, format!("/{name}"), perms).expect("it is a folder");
    }
    if case.network {
        builder.inherit_network().allow_tcp(true).allow_udp(true).allow_ip_name_lookup(true);
    }
    let host = Host { ctx: builder.build(), table: ResourceTable::new() };
    let mut linker = Linker::new(&ENGINE);
    let mut options = LinkOptions::default();
    options.network_error_code(true);
    wasmtime_wasi::p2::add_to_linker_with_options_sync(&mut linker, &options).expect("it is defined");
    let component = Component::from_file(&ENGINE, guests::path(case.guest)).expect("a component");
    let mut store = Store::new(&ENGINE, host);
    let command = Command::instantiate(&mut store, &component, &linker).expect("all is there that it imports");
    let end = match command.wasi_cli_run().call_run(&mut store) {
        Ok(Ok(())) => End::Success,
        Ok(Err(())) => End::Failure(1),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => End::Success,
            Some(I32Exit(status)) => End::Failure(u8::try_from(*status).expect("a status is a byte")),
            None => End::Trap,
        },
    };
    let text = |pipe: MemoryOutputPipe| String::from_utf8_lossy(&pipe.contents()).into_owned();
    Observed { stdout: text(stdout), stderr: text(stderr), end }
}
