//! The functions of `wasi:filesystem/types`: what each is about, and which function of wasmtime-wasi does it.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode, Filesize, HostDescriptor,
    MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};

use super::{Open, listing, ours, streams};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

type File = Resource<Descriptor>;

impl HostDescriptor for Guest {
    async fn advise(&mut self, file: File, offset: Filesize, length: Filesize, advice: Advice) -> FsResult<()> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileAdvise, files, None, async move |wasi, [file]| {
            wasi.advise(file, offset, length, advice).await
        })
        .await
    }

    async fn sync_data(&mut self, file: File) -> FsResult<()> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileSyncData, files, None, async |wasi, [file]| wasi.sync_data(file).await).await
    }

    async fn get_flags(&mut self, file: File) -> FsResult<DescriptorFlags> {
        let files = [self.opened(&file)?];
        self.at_once(files, async |wasi, [file]| wasi.get_flags(file).await)
    }

    async fn get_type(&mut self, file: File) -> FsResult<DescriptorType> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileGetType, files, None, async |wasi, [file]| wasi.get_type(file).await).await
    }

    async fn set_size(&mut self, file: File, size: Filesize) -> FsResult<()> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileSetSize, files, None, async move |wasi, [file]| wasi.set_size(file, size).await).await
    }

    async fn set_times(&mut self, file: File, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileSetTimes, files, None, async move |wasi, [file]| {
            wasi.set_times(file, accessed, modified).await
        })
        .await
    }

    async fn read(&mut self, file: File, most: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileRead, files, None, async move |wasi, [file]| wasi.read(file, most, offset).await).await
    }

    async fn write(&mut self, file: File, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let files = [self.opened(&file)?];
        // The host has them for as long as that takes.
        let charge = self.core.program.payloads.charge(bytes.len()).map_err(|_| ErrorCode::InsufficientMemory)?;
        self.on_disk(Name::FileWrite, files, None, async move |wasi, [file]| {
            let _charge = charge;
            wasi.write(file, bytes, offset).await
        })
        .await
    }

    async fn read_directory(&mut self, folder: File) -> FsResult<Resource<DirectoryEntryStream>> {
        let open = self.opened(&folder)?;
        listing::open(self, open).await
    }

    async fn sync(&mut self, file: File) -> FsResult<()> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileSync, files, None, async |wasi, [file]| wasi.sync(file).await).await
    }

    async fn create_directory_at(&mut self, at: File, path: String) -> FsResult<()> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileCreateDirectoryAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.create_directory_at(at, path).await
        })
        .await
    }

    async fn stat(&mut self, file: File) -> FsResult<DescriptorStat> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileStat, files, None, async |wasi, [file]| wasi.stat(file).await).await
    }

    async fn stat_at(&mut self, at: File, how: PathFlags, path: String) -> FsResult<DescriptorStat> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileStatAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.stat_at(at, how, path).await
        })
        .await
    }

    async fn set_times_at(
        &mut self,
        at: File,
        how: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileSetTimesAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.set_times_at(at, how, path, accessed, modified).await
        })
        .await
    }

    async fn link_at(&mut self, at: File, how: PathFlags, path: String, to: File, new_path: String) -> FsResult<()> {
        let files = [self.opened(&at)?, self.opened(&to)?];
        self.on_disk(Name::FileLinkAt, files, Some(&path.clone()), async move |wasi, [at, to]| {
            wasi.link_at(at, how, path, to, new_path).await
        })
        .await
    }

    async fn open_at(
        &mut self,
        at: File,
        how: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<File> {
        let folder = self.opened(&at)?;
        let permit = Some(Permit::take(&self.core, Limit::Files).map_err(|_| ErrorCode::Quota)?);
        let about = folder.child(&path);
        let descriptor = self
            .on_disk(Name::FileOpenAt, [folder], Some(&path.clone()), async move |wasi, [at]| {
                open_in(wasi, at, how, path, open, flags).await
            })
            .await?;
        Ok(self.open_file(Open { descriptor, path: about, _permit: permit })?)
    }

    async fn readlink_at(&mut self, at: File, path: String) -> FsResult<String> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileReadlinkAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.readlink_at(at, path).await
        })
        .await
    }

    async fn remove_directory_at(&mut self, at: File, path: String) -> FsResult<()> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileRemoveDirectoryAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.remove_directory_at(at, path).await
        })
        .await
    }

    async fn rename_at(&mut self, at: File, path: String, to: File, new_path: String) -> FsResult<()> {
        let files = [self.opened(&at)?, self.opened(&to)?];
        self.on_disk(Name::FileRenameAt, files, Some(&path.clone()), async move |wasi, [at, to]| {
            wasi.rename_at(at, path, to, new_path).await
        })
        .await
    }

    async fn symlink_at(&mut self, at: File, content: String, path: String) -> FsResult<()> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileSymlinkAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.symlink_at(at, content, path).await
        })
        .await
    }

    async fn unlink_file_at(&mut self, at: File, path: String) -> FsResult<()> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileUnlinkFileAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.unlink_file_at(at, path).await
        })
        .await
    }

    async fn is_same_object(&mut self, one: File, other: File) -> wasmtime::Result<bool> {
        let files = [self.opened(&one)?, self.opened(&other)?];
        let is_same = self.on_disk(Name::FileIsSameObject, files, None, async |wasi, [one, other]| {
            wasi.is_same_object(one, other).await.map_err(FsError::trap)
        });
        // Nobody can be told that they are cancelled.
        is_same.await.or_else(|error| error.downcast().map(|_: ErrorCode| false))
    }

    async fn metadata_hash(&mut self, file: File) -> FsResult<MetadataHashValue> {
        let files = [self.opened(&file)?];
        self.on_disk(Name::FileMetadataHash, files, None, async |wasi, [file]| wasi.metadata_hash(file).await).await
    }

    async fn metadata_hash_at(&mut self, at: File, how: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        let files = [self.opened(&at)?];
        self.on_disk(Name::FileMetadataHashAt, files, Some(&path.clone()), async move |wasi, [at]| {
            wasi.metadata_hash_at(at, how, path).await
        })
        .await
    }

    fn read_via_stream(&mut self, file: File, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let open = self.opened(&file)?;
        let stream = self.at_once([open.clone()], async |wasi, [file]| {
            let stream = wasi.read_via_stream(file, offset)?;
            Ok(wasi.table.delete(stream)?)
        })?;
        Ok(self.table.push(streams::reader(&self.core, open, stream))?)
    }

    fn write_via_stream(&mut self, file: File, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        let open = self.opened(&file)?;
        let stream = self.at_once([open.clone()], async |wasi, [file]| {
            let stream = wasi.write_via_stream(file, offset)?;
            Ok(wasi.table.delete(stream)?)
        })?;
        Ok(self.table.push(streams::writer(&self.core, open, stream))?)
    }

    fn append_via_stream(&mut self, file: File) -> FsResult<Resource<DynOutputStream>> {
        let open = self.opened(&file)?;
        let stream = self.at_once([open.clone()], async |wasi, [file]| {
            let stream = wasi.append_via_stream(file)?;
            Ok(wasi.table.delete(stream)?)
        })?;
        Ok(self.table.push(streams::writer(&self.core, open, stream))?)
    }

    fn drop(&mut self, file: File) -> wasmtime::Result<()> {
        self.table.delete::<Arc<Open>>(Resource::new_own(ours(&file).rep()))?;
        Ok(())
    }
}

/// Opens a file or a folder, and nothing else: to open a pipe is to wait for somebody at its other end.
async fn open_in(
    wasi: &mut WasiFilesystemCtxView<'_>,
    at: File,
    how: PathFlags,
    path: String,
    open: OpenFlags,
    flags: DescriptorFlags,
) -> FsResult<Descriptor> {
    let found = wasi.stat_at(Resource::new_borrow(at.rep()), how, path.clone()).await;
    if let Ok(found) = found
        && !matches!(
            found.type_,
            DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink
        )
    {
        return Err(ErrorCode::Unsupported.into());
    }
    let opened = wasi.open_at(at, how, path, open, flags).await?;
    Ok(wasi.table.delete(opened)?)
}
