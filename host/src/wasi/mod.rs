//! The world `wasi:cli/command` of WASI 0.2, so that any program of the standard libraries is a coroutine.
//!
//! Clocks, `poll`, streams, sockets, the standard streams and the environment are the engine's own: what a program waits for
//! parks it. Random numbers, and what is done to a file, come from wasmtime-wasi, made when first asked for; files are worked on by the
//! engine's threads for what blocks.

mod clocks;
mod files;
mod poll;
mod sockets;
pub(crate) mod stdio;
mod streams;

use wasmtime::component::{HasData, HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, clocks as wasi_clocks, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_io::bindings::wasi::io;

pub(crate) use self::sockets::{Connection, Unsent};
use crate::coroutine::life::Guest;

/// For the interface that needs a guest's table of resources and nothing else.
struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

/// The most random bytes that one call answers; they are made one by one, and nothing interrupts that.
const MAX_RANDOM: u64 = 64 << 10;

pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    io::poll::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    io::error::add_to_linker::<_, HasTable>(linker, |guest| &mut guest.table)?;
    io::streams::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    wasi_clocks::monotonic_clock::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    wasi_clocks::wall_clock::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::environment::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::stdin::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::stdout::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::stderr::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdin::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::terminal_stdout::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    cli::terminal_stderr::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    random::random::add_to_linker::<_, WasiRandom>(linker, Guest::random)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, Guest::random)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, Guest::random)?;
    files::add_to_linker(linker)?;
    sockets::add_to_linker(linker)
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Nothing is inherited and nothing is granted: what a program may have of its environment and of files it is given by
        // ourselves. What blocks is done on the thread that asks for it, which then is one of those for that: nobody starts others.
        let new =
            || Box::new(WasiCtx::builder().max_random_size(MAX_RANDOM).allow_blocking_current_thread(true).build());
        let ctx = self.wasi.get_or_insert_with(new);
        WasiCtxView { ctx, table: &mut self.table }
    }
}
