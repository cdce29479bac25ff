//! What there is in a folder, read in pieces: neither a thread nor the host's memory is taken by however many entries it has.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use cap_std::fs::{Dir, DirEntry, FileType, FileTypeExt, ReadDir};
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode, HostDirectoryEntryStream,
};

use super::{Open, wait_for};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

/// So many entries are read at a time: each has a name of up to 255 bytes.
const PIECE: usize = 128;

/// The entries of a folder that a guest has not been told of.
struct Listing {
    folder: Arc<Open>,
    read: VecDeque<Result<DirectoryEntry, ErrorCode>>,
    /// Where to read on, unless that was all.
    rest: Option<ReadDir>,
    /// It is a file that is open, too.
    _permit: Permit,
}

/// The table has a [`Listing`] where wasmtime-wasi has a list of all entries, under the same number.
fn ours(stream: &Resource<DirectoryEntryStream>) -> Resource<Listing> {
    Resource::new_borrow(stream.rep())
}

/// Begins to list a folder.
pub(super) async fn open(guest: &mut Guest, folder: Arc<Open>) -> FsResult<Resource<DirectoryEntryStream>> {
    let Descriptor::Dir(dir) = &folder.descriptor else { return Err(ErrorCode::NotDirectory.into()) };
    let permit = Permit::take(&guest.core, Limit::Files).map_err(|_| ErrorCode::Quota)?;
    let (core, dir) = (guest.core.clone(), dir.dir.clone());
    let work = move || Dir::from_std_file(dir.try_clone()?).entries();
    let rest = wait_for(&core, Name::FileReadDirectory, folder.path.clone(), work).await??;
    let listing = Listing { folder, read: VecDeque::new(), rest: Some(rest), _permit: permit };
    Ok(Resource::new_own(guest.table.push(listing)?.rep()))
}

impl HostDirectoryEntryStream for Guest {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let core = self.core.clone();
        let listing = self.table.get_mut(&ours(&stream))?;
        while listing.read.is_empty() {
            let Some(rest) = listing.rest.take() else { break };
            let about = listing.folder.path.clone();
            (listing.read, listing.rest) =
                wait_for(&core, Name::FileReadDirectoryEntry, about, move || piece(rest)).await?;
        }
        Ok(listing.read.pop_front().transpose()?)
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table.delete::<Listing>(Resource::new_own(stream.rep()))?;
        Ok(())
    }
}

/// The next entries, and where to read on unless that was all.
fn piece(mut rest: ReadDir) -> (VecDeque<Result<DirectoryEntry, ErrorCode>>, Option<ReadDir>) {
    let mut read = VecDeque::with_capacity(PIECE);
    while read.len() < PIECE {
        match rest.next() {
            None => return (read, None),
            Some(Err(error)) => {
                // It may be the same for ever.
                read.push_back(Err(error.into()));
                return (read, None);
            }
            Some(Ok(found)) => match entry(&found) {
                // It is gone already.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => read.push_back(Err(error.into())),
                Ok(entry) => read.push_back(entry),
            },
        }
    }
    (read, Some(rest))
}

fn entry(found: &DirEntry) -> io::Result<Result<DirectoryEntry, ErrorCode>> {
    let type_ = descriptor_type(found.metadata()?.file_type());
    let name = found.file_name().into_string().map_err(|_| ErrorCode::IllegalByteSequence);
    Ok(name.map(|name| DirectoryEntry { type_, name }))
}

fn descriptor_type(found: FileType) -> DescriptorType {
    match found {
        _ if found.is_dir() => DescriptorType::Directory,
        _ if found.is_symlink() => DescriptorType::SymbolicLink,
        _ if found.is_file() => DescriptorType::RegularFile,
        _ if found.is_block_device() => DescriptorType::BlockDevice,
        _ if found.is_char_device() => DescriptorType::CharacterDevice,
        _ => DescriptorType::Unknown,
    }
}
