//! `cogen:engine/unix`.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::Resource;

use super::bindings::unix::Host;
use super::bindings::{Error, Options};
use super::connections::{Connection, Listener, PendingConnect};
use super::pending::Pending;
use super::source::{Asked, Asker, Source, failure};
use super::trace::shown;
use super::{Answer, Deadline, Operation, sleep_until};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::reactor::{Address, Direction, ListenOptions};
use crate::sandbox::limits::Limit;
use crate::scheduler::Place;

/// Systems have room for 104 to 108 bytes.
pub(crate) const MAX_PATH: usize = 100;

/// How often it is tried again to connect to a listener that is behind: the system tells nobody when there is room again.
const FULL_PAUSE: u64 = 5_000_000;

/// A path that a socket can have, or what is wrong with it.
fn check_path(path: &str) -> Answer<()> {
    if (1..=MAX_PATH).contains(&path.len()) && !path.contains('\0') {
        return Ok(());
    }
    let message = format!("a path of {} bytes; 1 to {MAX_PATH} without NUL are allowed", path.len());
    Err(Error::InvalidArgument(message).into())
}

async fn connect(core: Arc<Core>, path: PathBuf, asked: Asked) -> Answer<Connection> {
    let asker = Asker::new(&core, asked);
    loop {
        match connect_once(&asker, &path).await? {
            Ok(connection) => return Ok(connection),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !asker.tries_once => {
                sleep_until(&core, core.shared.clock.now().saturating_add(FULL_PAUSE)).await;
                if core.status.is_cancelled() {
                    return Err(Error::Cancelled.into());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(Error::TimedOut.into()),
            Err(error) => return Err(failure("connect to", path.display(), &error)),
        }
    }
}

async fn connect_once(asker: &Asker<'_>, path: &Path) -> Answer<io::Result<Connection>> {
    let permit = asker.core.permit(Limit::Sockets)?;
    let begin = || Source::connecting(asker.core.shared.network.unix()?, &Address::Path(path.to_owned()), permit);
    let source = match begin() {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    let connected = source.attempt(Direction::Write, asker, |reactor, at| reactor.connected(at)).await?;
    Ok(connected.map(|()| Connection::over(source)))
}

impl Host for Guest {
    async fn connect(&mut self, path: String, options: Options) -> Answer<Resource<Connection>> {
        let asked = self.asked(options, super::types::Timeout::Default);
        let operation = Operation {
            name: Name::UnixConnect,
            detail: || shown(&path),
            wait: || Some(Wait::Connect(path.as_str().into())),
            deadline: asked.deadline,
        };
        let work = async {
            check_path(&path)?;
            self.core.granted(self.core.grants.connect_to_path(&path))?;
            connect(self.core.clone(), PathBuf::from(&path), asked).await
        };
        let connection = self.core.operate(operation, pin!(work)).await?;
        Ok(self.table.push(connection)?)
    }

    fn start_connect(&mut self, path: String) -> Answer<Resource<PendingConnect>> {
        let asked = Asked { place: Place::Back, deadline: Deadline::Never };
        let begin = || {
            check_path(&path)?;
            self.core.granted(self.core.grants.connect_to_path(&path))?;
            Ok(PendingConnect(Pending::begin(&self.core, connect(self.core.clone(), PathBuf::from(&path), asked))?))
        };
        let pending = self.core.answer(Name::UnixStartConnect, || shown(&path), begin)?;
        Ok(self.table.push(pending)?)
    }

    fn listen(&mut self, path: String, backlog: u32) -> Answer<Resource<Listener>> {
        let listen = || {
            check_path(&path)?;
            self.core.granted(self.core.grants.listen_at_path(&path))?;
            let backlog = match backlog {
                0 => ListenOptions::default().backlog,
                backlog => i32::try_from(backlog).unwrap_or(i32::MAX),
            };
            let permit = self.core.permit(Limit::Sockets)?;
            let socket = self.core.shared.network.listen_unix(Path::new(&path), backlog);
            Ok(Listener::new(socket.map_err(|error| failure("listen at", &path, &error))?, Some(permit)))
        };
        let listener = self.core.answer(Name::UnixListen, || shown(&path), listen)?;
        Ok(self.table.push(listener)?)
    }
}
