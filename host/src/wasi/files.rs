//! The folders that a program is granted, as the standard libraries see files: each granted directory is one at `/NAME`.
//!
//! All is wasmtime-wasi's but for what would not do here. Its streams of files start threads of their own, with tokio, when they
//! are asked for something that does not block; ours do it at once, as everything else here does. And what is neither a file
//! nor a folder is not opened, since that may wait for ever, and a worker with it.

use std::future::Future;
use std::pin::pin;
use std::task::{self, Poll, Waker};

use bytes::Bytes;
use wasmtime::component::{HasSelf, Linker, LinkerInstance, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, DescriptorFlags, DescriptorType, ErrorCode, Filesize, Host, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, StreamError, StreamResult,
};

use crate::coroutine::life::Guest;

/// The interface of which some functions are replaced, under the name that wasmtime-wasi defines it by.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

const OPEN_AT: &str = "[method]descriptor.open-at";
const READ_VIA_STREAM: &str = "[method]descriptor.read-via-stream";
const WRITE_VIA_STREAM: &str = "[method]descriptor.write-via-stream";
const APPEND_VIA_STREAM: &str = "[method]descriptor.append-via-stream";

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    preopens::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    types::add_to_linker::<_, WasiFilesystem>(linker, Guest::filesystem)?;
    linker.allow_shadowing(true);
    replace(&mut linker.instance(TYPES)?)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl preopens::Host for Guest {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let granted: Vec<_> = self.core.grants.directories().collect();
        let mut directories = Vec::with_capacity(granted.len());
        for (name, directory) in granted {
            directories.push((self.table.push(Descriptor::Dir(directory.for_wasi))?, format!("/{name}")));
        }
        Ok(directories)
    }
}

fn replace(types: &mut LinkerInstance<'_, Guest>) -> wasmtime::Result<()> {
    types.func_wrap(READ_VIA_STREAM, |mut store, (file, offset): (Resource<Descriptor>, Filesize)| {
        let guest: &mut Guest = store.data_mut();
        let stream = guest.filesystem().read_via_stream(file, offset);
        guest.told(stream, |guest, stream| {
            let stream: DynInputStream = Box::new(AtOnce(guest.table.delete(stream)?));
            Ok(guest.table.push(stream)?)
        })
    })?;
    types.func_wrap(WRITE_VIA_STREAM, |mut store, (file, offset): (Resource<Descriptor>, Filesize)| {
        let guest: &mut Guest = store.data_mut();
        let stream = guest.filesystem().write_via_stream(file, offset);
        guest.told(stream, Guest::write_at_once)
    })?;
    types.func_wrap(APPEND_VIA_STREAM, |mut store, (file,): (Resource<Descriptor>,)| {
        let guest: &mut Guest = store.data_mut();
        let stream = guest.filesystem().append_via_stream(file);
        guest.told(stream, Guest::write_at_once)
    })?;
    type OpenAt = (Resource<Descriptor>, PathFlags, String, OpenFlags, DescriptorFlags);
    types.func_wrap_async(OPEN_AT, |mut store, (at, how, path, open, flags): OpenAt| {
        Box::new(async move {
            let guest: &mut Guest = store.data_mut();
            let opened = guest.open_at(at, how, path, open, flags).await;
            guest.told(opened, |_, opened| Ok(opened))
        })
    })
}

impl Guest {
    /// What comes of a function of the file system: a value, made into another one, or an error that the guest is told.
    fn told<T, U>(
        &mut self,
        result: Result<T, FsError>,
        make: impl FnOnce(&mut Guest, T) -> wasmtime::Result<U>,
    ) -> wasmtime::Result<(Result<U, ErrorCode>,)> {
        Ok((match result {
            Ok(value) => Ok(make(self, value)?),
            Err(error) => Err(self.filesystem().convert_error_code(error)?),
        },))
    }

    fn write_at_once(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(AtOnce(self.table.delete(stream)?));
        Ok(self.table.push(stream)?)
    }

    /// Opens a file or a folder, and nothing else: to open a pipe is to wait for somebody at its other end.
    async fn open_at(
        &mut self,
        at: Resource<Descriptor>,
        how: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Resource<Descriptor>, FsError> {
        let borrowed = Resource::new_borrow(at.rep());
        if let Ok(found) = self.filesystem().stat_at(borrowed, how, path.clone()).await
            && !matches!(
                found.type_,
                DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink
            )
        {
            return Err(ErrorCode::Unsupported.into());
        }
        self.filesystem().open_at(at, how, path, open, flags).await
    }
}

/// A stream of a file that does at once what it is asked for: it takes as long as the file system takes.
struct AtOnce<S>(S);

impl InputStream for AtOnce<DynInputStream> {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        // Of no bytes the stream within would say that it has ended.
        if size == 0 { Ok(Bytes::new()) } else { at_once(self.0.blocking_read(size)) }
    }
}

impl OutputStream for AtOnce<DynOutputStream> {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        at_once(self.0.blocking_write_and_flush(bytes))
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.0.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.check_write()
    }
}

#[wasmtime_wasi::async_trait]
impl<S: Send + 'static> Pollable for AtOnce<S> {
    async fn ready(&mut self) {}
}

/// What a future answers that never waits.
fn at_once<T>(future: impl Future<Output = StreamResult<T>>) -> StreamResult<T> {
    match pin!(future).poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(StreamError::trap("a stream of a file waits for a thread that there is not")),
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::component::ResourceTable;
    use wasmtime_wasi::filesystem::{File, FsPerms, OpenMode, WasiFilesystemCtx, WasiFilesystemCtxView};

    use super::*;

    #[test]
    fn a_stream_of_a_file_answers_at_once_what_it_is_asked_for() {
        let mut file = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut file, b"spam and eggs").expect("it is written");
        let mut table = ResourceTable::new();
        let mode = OpenMode::READ | OpenMode::WRITE;
        let file =
            table.push(Descriptor::File(File::new(file, FsPerms::ReadWrite, mode, true))).expect("there is room");
        let mut view = WasiFilesystemCtxView { ctx: &mut WasiFilesystemCtx::default(), table: &mut table };
        let borrowed = || Resource::new_borrow(file.rep());
        let reader = view.read_via_stream(borrowed(), 5).expect("it can be read");
        let writer = view.write_via_stream(borrowed(), 9).expect("it can be written");
        let mut reader = AtOnce(table.delete::<DynInputStream>(reader).expect("it is there"));
        let mut writer = AtOnce(table.delete::<DynOutputStream>(writer).expect("it is there"));
        assert!(writer.check_write().expect("there is room") > 0);
        // Of itself it would have to be waited for, and a thread would do it.
        writer.write(Bytes::from_static(b"ham!")).expect("it is written");
        assert_eq!(reader.read(0).expect("nothing is asked for"), "");
        assert_eq!(reader.read(3).expect("it is read"), "and");
        assert_eq!(reader.read(100).expect("it is read"), " ham!");
        assert!(matches!(reader.read(1), Err(StreamError::Closed)), "that was all");
    }

    #[test]
    fn what_is_replaced_is_there() {
        let mut linker = Linker::<Guest>::new(&wasmtime::Engine::default());
        types::add_to_linker::<_, WasiFilesystem>(&mut linker, Guest::filesystem).expect("it is defined");
        let mut types = linker.instance(TYPES).expect("it is there");
        for name in [OPEN_AT, READ_VIA_STREAM, WRITE_VIA_STREAM, APPEND_VIA_STREAM] {
            types.func_wrap(name, |_, (): ()| Ok(())).expect_err("it is there already");
        }
    }
}
