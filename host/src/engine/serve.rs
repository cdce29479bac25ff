//! Accept loops that an embedder starts: where they listen, and what they answer to.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::shared::Shared;
use super::{Engine, Handle};
use crate::coroutine::Coroutine;
use crate::coroutine::service::Reception;
use crate::error::{Error, ErrorKind};
use crate::ops::{Listener, MAX_UNIX_PATH, is_out_of_descriptors};
use crate::reactor::{Address, ListenOptions, Socket};
use crate::scheduler::Place;

/// Where to listen. As text it is `tcp://127.0.0.1:7777`, `tcp://[::1]:7777` or `unix:///run/x.sock`; a path without the
/// third slash is relative.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenAddress {
    /// An IP address with a port; port zero lets the system choose one.
    Tcp(SocketAddr),
    /// A path of the file system, of 1 to 100 bytes.
    Unix(PathBuf),
}

const TCP_FORM: &str = "an IP address with a port, as in tcp://127.0.0.1:7777 or tcp://[::1]:7777";
const UNIX_FORM: &str = "a path, as in unix:///run/x.sock";

impl FromStr for ListenAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |expected: String| {
            Error::new(ErrorKind::Configuration, format!("{text:?} is no address to listen at: expected {expected}"))
        };
        match text.split_once("://") {
            Some(("tcp", address)) => {
                address.parse().map(ListenAddress::Tcp).map_err(|_| refused(format!("{TCP_FORM}; not a name")))
            }
            Some(("unix", path)) if !path.is_empty() && !path.contains('\0') => Ok(ListenAddress::Unix(path.into())),
            Some(("unix", _)) => Err(refused(UNIX_FORM.to_owned())),
            _ => Err(match meant(text) {
                Some(meant) => refused(format!("a way to listen in front; did you mean `{meant}`?")),
                None => refused(format!("{TCP_FORM}, or {UNIX_FORM}")),
            }),
        }
    }
}

/// The address that lacks its scheme.
fn meant(text: &str) -> Option<ListenAddress> {
    match text.parse() {
        Ok(address) => Some(ListenAddress::Tcp(address)),
        Err(_) if text.starts_with('/') && !text.contains('\0') => Some(ListenAddress::Unix(text.into())),
        Err(_) => None,
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp(address) => write!(f, "tcp://{address}"),
            ListenAddress::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl From<Address> for ListenAddress {
    fn from(address: Address) -> Self {
        match address {
            Address::Ip(address) => ListenAddress::Tcp(address),
            Address::Path(path) => ListenAddress::Unix(path),
        }
    }
}

/// An accept loop, and where it listens. Dropping this ends nothing; cancelling the coroutine stops the listening, and leaves
/// those alone whom it has started.
#[derive(Clone, Debug)]
pub struct Server {
    coroutine: Coroutine,
    address: ListenAddress,
}

impl Server {
    /// The coroutine that accepts.
    pub fn coroutine(&self) -> &Coroutine {
        &self.coroutine
    }

    /// Where it listens; with the port that was chosen when zero was asked for.
    pub fn address(&self) -> &ListenAddress {
        &self.address
    }
}

impl Engine {
    /// Listens at an address, and starts a coroutine of `program` with `args` for each who connects, which is given the
    /// connection. At most `most` of them live at a time, or as many as the engine has room for if that is zero; whoever
    /// connects meanwhile waits. The program needs no grant for what it is given.
    ///
    /// While it accepts, a [`run`](Engine::run) does not end.
    ///
    /// # Errors
    /// When the address cannot be had, or as for [`Engine::spawn`].
    pub fn serve(
        &self,
        listen: &ListenAddress,
        program: &str,
        args: impl Into<Vec<u8>>,
        most: usize,
    ) -> Result<Server, Error> {
        self.shared.serve(listen, program, args.into(), Reception { is_stdio: false, most })
    }

    /// As [`Engine::serve`], for programs that know of no connections: what the peer sends is the coroutine's standard input, at
    /// its end when the peer sends no more, and its standard output is what the peer gets, instead of what is said of the program. The
    /// connection is closed when the coroutine has ended, and all that it has written is on its way.
    ///
    /// # Errors
    /// As [`Engine::serve`].
    pub fn serve_stdio(
        &self,
        listen: &ListenAddress,
        program: &str,
        args: impl Into<Vec<u8>>,
        most: usize,
    ) -> Result<Server, Error> {
        self.shared.serve(listen, program, args.into(), Reception { is_stdio: true, most })
    }
}

impl Handle {
    /// As [`Engine::serve`].
    ///
    /// # Errors
    /// As [`Engine::serve`].
    pub fn serve(
        &self,
        listen: &ListenAddress,
        program: &str,
        args: impl Into<Vec<u8>>,
        most: usize,
    ) -> Result<Server, Error> {
        self.shared.serve(listen, program, args.into(), Reception { is_stdio: false, most })
    }

    /// As [`Engine::serve_stdio`].
    ///
    /// # Errors
    /// As [`Engine::serve`].
    pub fn serve_stdio(
        &self,
        listen: &ListenAddress,
        program: &str,
        args: impl Into<Vec<u8>>,
        most: usize,
    ) -> Result<Server, Error> {
        self.shared.serve(listen, program, args.into(), Reception { is_stdio: true, most })
    }
}

impl Shared {
    fn serve(
        self: &Arc<Self>,
        listen: &ListenAddress,
        program: &str,
        args: Vec<u8>,
        reception: Reception,
    ) -> Result<Server, Error> {
        let attempted = format!("serve `{program}` at {listen}");
        let handler = self.startable(&attempted, program, &args)?;
        if reception.is_stdio && handler.streams.has_pipe() {
            let why = "its standard streams would be the connection, and one of them is a pipe to another program";
            let error = Error::new(ErrorKind::Configuration, format!("cannot {attempted}: {why}"));
            return Err(error.with_hint("serve another program of the same component, which has no pipe"));
        }
        let (socket, address) = self.listen(listen).map_err(|error| refusal(&attempted, listen, error))?;
        let refused = |why: &str| Error::new(ErrorKind::Limit, format!("cannot {attempted}: {why}"));
        let worker = self.least_loaded_worker(0);
        let listener = Listener::new(socket, None);
        let seed = self.service(listener, handler.clone(), args, reception, None, worker);
        let seed = seed.map_err(|why| refused(&why))?;
        let core = self.start(seed, Place::Back).ok_or_else(|| refused("the engine is gone"))?;
        Ok(Server { coroutine: Coroutine(core), address })
    }

    /// A socket that listens, and where it does.
    fn listen(&self, address: &ListenAddress) -> io::Result<(Socket, ListenAddress)> {
        let options = ListenOptions::default();
        let socket = match address {
            ListenAddress::Tcp(address) => self.network.listen(address, options)?,
            ListenAddress::Unix(path) => {
                let length = path.as_os_str().len();
                if length > MAX_UNIX_PATH {
                    let why = format!("the path has {length} bytes; at most {MAX_UNIX_PATH} are allowed");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
                }
                self.network.listen_unix(path, options.backlog)?
            }
        };
        let address = socket.local_address()?.into();
        Ok((socket, address))
    }
}

/// Why there is no socket that listens, and what to do about it.
fn refusal(attempted: &str, address: &ListenAddress, error: io::Error) -> Error {
    use io::ErrorKind as Kind;
    let is_unix = matches!(address, ListenAddress::Unix(_));
    let (kind, hint) = match error.kind() {
        _ if is_out_of_descriptors(&error) => (ErrorKind::Limit, "raise `ulimit -n`"),
        Kind::AddrInUse if is_unix => {
            (ErrorKind::Io, "end what listens there, remove the file, or choose another path")
        }
        Kind::AddrInUse => (ErrorKind::Io, "end what listens there, or choose another port; 0 lets the system choose"),
        Kind::PermissionDenied if is_unix => (ErrorKind::Io, "choose a folder that this user may write to"),
        Kind::PermissionDenied => (ErrorKind::Io, "choose a port from 1024 on: lower ones need rights of their own"),
        Kind::AddrNotAvailable => {
            (ErrorKind::Io, "choose an address of this machine; 0.0.0.0 and [::] stand for all of them")
        }
        Kind::NotFound => (ErrorKind::Io, "make the folder first"),
        Kind::InvalidInput => (ErrorKind::Configuration, "choose a shorter path"),
        _ => return Error::new(ErrorKind::Io, format!("cannot {attempted}")).with_source(error),
    };
    Error::new(kind, format!("cannot {attempted}")).with_source(error).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_text_that_it_was_read_from() {
        for text in [
            "tcp://127.0.0.1:7777",
            "tcp://0.0.0.0:0",
            "tcp://[::1]:80",
            "unix:///run/x.sock",
            "unix://x.sock",
            "unix://./a b",
        ] {
            assert_eq!(text.parse::<ListenAddress>().expect("it is one").to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_told_with_what_was_expected() {
        let tcp = "an IP address with a port, as in tcp://127.0.0.1:7777 or tcp://[::1]:7777";
        let unix = "a path, as in unix:///run/x.sock";
        for (text, expected) in [
            ("tcp://localhost:80", format!("{tcp}; not a name")),
            ("tcp://127.0.0.1", format!("{tcp}; not a name")),
            ("tcp://127.0.0.1:65536", format!("{tcp}; not a name")),
            ("tcp://::1:80", format!("{tcp}; not a name")),
            ("unix://", unix.to_owned()),
            ("udp://127.0.0.1:80", format!("{tcp}, or {unix}")),
            ("", format!("{tcp}, or {unix}")),
            ("[::1]:80", "a way to listen in front; did you mean `tcp://[::1]:80`?".to_owned()),
            ("/run/x", "a way to listen in front; did you mean `unix:///run/x`?".to_owned()),
        ] {
            let error = text.parse::<ListenAddress>().expect_err("it is none");
            assert_eq!(error.to_string(), format!("{text:?} is no address to listen at: expected {expected}"));
        }
    }
}
