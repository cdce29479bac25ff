//! Files of the directories that a program was granted.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use super::Answer;
use super::bindings::Error;
use super::trace::shown;
use crate::coroutine::Core;
use crate::scheduler::blocking::{Full, MAX_JOBS};

/// Longer paths are refused by most systems anyway.
const MAX_PATH: usize = 4096;

/// Opens a regular file to be read: `path` begins with the name of a granted directory. The file system may make whoever asks
/// it wait: that is no worker's thread.
pub(super) async fn open(core: &Arc<Core>, path: &str) -> Answer<File> {
    if path.len() > MAX_PATH {
        let message = format!("a path of {} bytes; at most {MAX_PATH} are allowed", path.len());
        return Err(Error::InvalidArgument(message).into());
    }
    let (directory, rest) = path.split_once('/').unwrap_or((path, ""));
    let program = &core.program;
    let directory = program.grants.directory(&program.name, directory).map_err(Error::Denied)?;
    let rest = rest.to_owned();
    let open = move || -> io::Result<Option<File>> {
        let file = directory.open(rest)?;
        Ok(file.metadata()?.is_file().then(|| file.into_std()))
    };
    let started = core.shared.blocking.start(core, open);
    let started =
        started.map_err(|Full| Error::LimitReached(format!("{MAX_JOBS} jobs wait for a thread of the host")))?;
    match poll_fn(|_| started.poll()).await {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(Error::InvalidArgument(format!("{} is no regular file", shown(path))).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotFound.into()),
        Err(error) => Err(Error::Other(format!("cannot open {}: {error}", shown(path))).into()),
    }
}
