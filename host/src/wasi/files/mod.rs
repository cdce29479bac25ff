//! `wasi:filesystem`: the folders that a program is granted. Each granted directory is one at `/NAME`.
//!
//! What there is to do with a file wasmtime-wasi does, and so it is the same as under `wasmtime run`; but a file system may make whoever
//! asks it wait for as long as it likes. So all of it is done on the threads for that ([`crate::scheduler::blocking`]): such a
//! job has a copy of the open files that it is about, a table of its own for them, and hands back what came of it. The coroutine is
//! parked meanwhile. One that is killed or cancelled does not wait for the end of its job, which then ends by itself.
//!
//! What is neither a file nor a folder is not opened, since that may take for ever, and a thread with it.

mod descriptors;
mod listing;
mod streams;

use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{self, Poll, Waker};

use wasmtime::component::{HasSelf, Linker, Resource, ResourceTable, ResourceTableError};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtx, WasiFilesystemCtxView, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{self, ErrorCode};
use wasmtime_wasi::p2::{FsError, FsResult};

use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::sandbox::usage::Permit;
use crate::scheduler::blocking::NoThread;

/// Longer paths are refused by most systems anyway.
const MAX_PATH: usize = 4096;

/// So much of the path of an open file is kept, to say later what is waited for.
const MAX_SHOWN: usize = 256;

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    preopens::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    types::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}

impl preopens::Host for Guest {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let granted: Vec<_> = self.core.grants.directories().collect();
        let granted: Vec<_> =
            granted.into_iter().map(|(name, directory)| (name.to_owned(), directory.for_wasi)).collect();
        let mut directories = Vec::with_capacity(granted.len());
        for (name, directory) in granted {
            let open = Open { descriptor: Descriptor::Dir(directory), path: Path::new(&name).into(), _permit: None };
            directories.push((self.open_file(open)?, format!("/{name}")));
        }
        Ok(directories)
    }
}

impl types::Host for Guest {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        self.filesystem().filesystem_error_code(error)
    }
}

/// A file or a folder that a guest has open. The guest, its streams and the jobs that are about it share it.
struct Open {
    descriptor: Descriptor,
    /// Where it is, as far as the guest knows.
    path: Arc<Path>,
    /// One of the files that the coroutine may have open. What it was granted is open anyway.
    _permit: Option<Permit>,
}

impl Open {
    /// What is called `path` in this folder, in words of bounded length.
    fn child(&self, path: &str) -> Arc<Path> {
        let child = format!("{}/{path}", self.path.display());
        Path::new(&child[..child.floor_char_boundary(MAX_SHOWN)]).into()
    }
}

/// The table has an [`Open`] where wasmtime-wasi has a [`Descriptor`], under the same number.
fn ours(descriptor: &Resource<Descriptor>) -> Resource<Arc<Open>> {
    Resource::new_borrow(descriptor.rep())
}

impl Guest {
    fn open_file(&mut self, open: Open) -> Result<Resource<Descriptor>, ResourceTableError> {
        Ok(Resource::new_own(self.table.push(Arc::new(open))?.rep()))
    }

    fn opened(&self, file: &Resource<Descriptor>) -> Result<Arc<Open>, ResourceTableError> {
        self.table.get(&ours(file)).cloned()
    }

    /// Has `work` done to open files here and now: it asks no file system.
    fn at_once<T, const N: usize>(
        &mut self,
        files: [Arc<Open>; N],
        work: impl AsyncFnOnce(&mut WasiFilesystemCtxView<'_>, [Resource<Descriptor>; N]) -> FsResult<T>,
    ) -> FsResult<T> {
        carry_out(self.filesystem().ctx.clone(), files, work)
    }

    /// Has `work` done to open files by a thread that may be made to wait, and waits for it; `path` is below the first of them.
    async fn on_disk<T: Send + 'static, const N: usize>(
        &mut self,
        name: Name,
        files: [Arc<Open>; N],
        path: Option<&str>,
        work: impl AsyncFnOnce(&mut WasiFilesystemCtxView<'_>, [Resource<Descriptor>; N]) -> FsResult<T> + Send + 'static,
    ) -> FsResult<T> {
        let about = match path {
            Some(path) if path.len() > MAX_PATH => return Err(ErrorCode::NameTooLong.into()),
            Some(path) => files[0].child(path),
            None => files[0].path.clone(),
        };
        let context = self.filesystem().ctx.clone();
        wait_for(&self.core.clone(), name, about, move || carry_out(context, files, work)).await?
    }
}

/// Has `work` done by a thread that may be made to wait, and waits for it. Who is cancelled meanwhile is told of an error: there is none
/// that says so, and `interrupted` would make most try again.
async fn wait_for<T: Send + 'static>(
    core: &Arc<Core>,
    name: Name,
    about: Arc<Path>,
    work: impl FnOnce() -> T + Send + 'static,
) -> FsResult<T> {
    if core.status.is_cancelled() {
        return Err(ErrorCode::Io.into());
    }
    let job = core.shared.blocking.start(core, work).map_err(|NoThread(error)| FsError::from(error))?;
    let answer = poll_fn(|_| match job.poll() {
        Poll::Ready(answer) => Poll::Ready(Ok(answer)),
        Poll::Pending if core.status.is_cancelled() => Poll::Ready(Err(ErrorCode::Io.into())),
        Poll::Pending => Poll::Pending,
    });
    core.wait_for(name, Wait::File(about), answer).await
}

/// Has `work` done on this thread to copies of open files, in a table that has nothing else.
fn carry_out<T, const N: usize>(
    mut context: WasiFilesystemCtx,
    files: [Arc<Open>; N],
    work: impl AsyncFnOnce(&mut WasiFilesystemCtxView<'_>, [Resource<Descriptor>; N]) -> FsResult<T>,
) -> FsResult<T> {
    let mut table = ResourceTable::new();
    let copies = files.each_ref().map(|file| table.push(file.descriptor.clone()).expect("a new table has room"));
    let mut view = WasiFilesystemCtxView { ctx: &mut context, table: &mut table };
    now(work(&mut view, copies)).unwrap_or_else(|| Err(FsError::trap(wasmtime::Error::msg(WAITS))))
}

/// wasmtime-wasi was told to do what blocks on the thread that asks for it.
const WAITS: &str = "something of a file waits for a thread that there is not";

/// What a future answers that never waits.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
