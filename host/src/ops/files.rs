//! Files of the directories that a program was granted.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use cap_std::fs::{Dir, OpenOptions};

use super::Answer;
use super::bindings::Error;
use super::trace::shown;
use crate::coroutine::Core;

/// Longer paths are refused by most systems anyway.
const MAX_PATH: usize = 4096;

/// Opens a regular file to be read, and answers it with its length: `path` begins with the name of a granted directory. The file
/// system may make whoever asks it wait: that is no worker's thread.
pub(super) async fn open(core: &Arc<Core>, path: &str) -> Answer<(File, u64)> {
    if path.len() > MAX_PATH {
        let message = format!("a path of {} bytes; at most {MAX_PATH} are allowed", path.len());
        return Err(Error::InvalidArgument(message).into());
    }
    let (directory, rest) = path.split_once('/').unwrap_or((path, ""));
    let directory = core.granted(core.grants.directory(directory))?.opened;
    let rest = rest.to_owned();
    let started = core.shared.blocking.start(core, move || open_in(&directory, &rest))?;
    match poll_fn(|_| started.poll()).await {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(Error::InvalidArgument(format!("{} is no regular file", shown(path))).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotFound.into()),
        Err(error) => Err(Error::Other(format!("cannot open {}: {error}", shown(path))).into()),
    }
}

/// Opens a file below a directory, if it is a regular one, and answers it with its length.
fn open_in(directory: &Dir, path: &str) -> io::Result<Option<(File, u64)>> {
    let mut how = OpenOptions::new();
    how.read(true);
    // A pipe would make this thread wait until somebody opens its other end.
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::custom_flags(&mut how, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = directory.open_with(path, &how)?;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| (file.into_std(), metadata.len())))
}
