//! Why something was refused, in WASI's words.

use std::{fmt, io};

use rustix::io::Errno;
use wasmtime::component::ResourceTableError;

use super::bindings::network::ErrorCode;
use crate::ops::bindings::Error;
use crate::ops::{Brief, Refusal};

/// Why a function has no result.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub enum Failure {
    /// The guest is told, and goes on.
    Told(ErrorCode),
    /// The guest ends.
    Fatal(wasmtime::Error),
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Failure::Told(code)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Told(code(&error))
    }
}

impl From<ResourceTableError> for Failure {
    fn from(error: ResourceTableError) -> Self {
        Failure::Fatal(error.into())
    }
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        Failure::Fatal(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fatal(error) => Failure::Fatal(error),
            Refusal::Told(error) => Failure::Told(match *error {
                Error::Denied(_) => ErrorCode::AccessDenied,
                Error::LimitReached(_) => ErrorCode::NewSocketLimit,
                Error::InvalidArgument(_) => ErrorCode::InvalidArgument,
                Error::NotReady => ErrorCode::WouldBlock,
                // WASI has no word for it: it must only be none of those after which one tries again.
                _ => ErrorCode::Unknown,
            }),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Told(code) => f.write_str(code.name()),
            Failure::Fatal(error) => error.fmt(f),
        }
    }
}

/// What a function came to, as a trace tells it: its error, or that there is none.
pub(super) struct Told<T, E = Failure>(pub(super) Result<T, E>);

impl<T, E: fmt::Display> Brief for Told<T, E> {
    fn brief(&self) -> String {
        self.0.as_ref().map_or_else(ToString::to_string, |_| "ok".to_owned())
    }
}

/// What the system says, in WASI's words. They are fewer, and wasmtime-wasi's choice is kept, but that a lack of descriptors is told as the
/// lack of sockets that it is.
pub(super) fn code(error: &io::Error) -> ErrorCode {
    use io::ErrorKind as Kind;
    if crate::ops::is_out_of_descriptors(error) {
        return ErrorCode::NewSocketLimit;
    }
    if let Some(code) = Errno::from_io_error(error).and_then(of_errno) {
        return code;
    }
    match error.kind() {
        Kind::AddrInUse => ErrorCode::AddressInUse,
        Kind::AddrNotAvailable => ErrorCode::AddressNotBindable,
        Kind::ConnectionAborted => ErrorCode::ConnectionAborted,
        Kind::ConnectionRefused => ErrorCode::ConnectionRefused,
        Kind::ConnectionReset => ErrorCode::ConnectionReset,
        Kind::InvalidInput => ErrorCode::InvalidArgument,
        Kind::NotConnected => ErrorCode::InvalidState,
        Kind::OutOfMemory => ErrorCode::OutOfMemory,
        Kind::PermissionDenied => ErrorCode::AccessDenied,
        Kind::TimedOut => ErrorCode::Timeout,
        Kind::Unsupported => ErrorCode::NotSupported,
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => ErrorCode::RemoteUnreachable,
        _ => ErrorCode::Unknown,
    }
}

/// What the standard library has no kind for.
fn of_errno(errno: Errno) -> Option<ErrorCode> {
    Some(match errno {
        Errno::HOSTDOWN => ErrorCode::RemoteUnreachable,
        #[cfg(target_os = "linux")]
        Errno::NONET => ErrorCode::RemoteUnreachable,
        Errno::ISCONN | Errno::DESTADDRREQ => ErrorCode::InvalidState,
        Errno::MSGSIZE => ErrorCode::DatagramTooLarge,
        Errno::NOBUFS => ErrorCode::OutOfMemory,
        Errno::OPNOTSUPP
        | Errno::NOPROTOOPT
        | Errno::PFNOSUPPORT
        | Errno::PROTONOSUPPORT
        | Errno::PROTOTYPE
        | Errno::SOCKTNOSUPPORT
        | Errno::AFNOSUPPORT => ErrorCode::NotSupported,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_no_of_the_system_has_its_word() {
        for (errno, expected) in [
            (Errno::PERM, ErrorCode::AccessDenied),
            (Errno::ACCESS, ErrorCode::AccessDenied),
            (Errno::ADDRINUSE, ErrorCode::AddressInUse),
            (Errno::ADDRNOTAVAIL, ErrorCode::AddressNotBindable),
            (Errno::TIMEDOUT, ErrorCode::Timeout),
            (Errno::PIPE, ErrorCode::Unknown),
            (Errno::CONNREFUSED, ErrorCode::ConnectionRefused),
            (Errno::CONNRESET, ErrorCode::ConnectionReset),
            (Errno::CONNABORTED, ErrorCode::ConnectionAborted),
            (Errno::INVAL, ErrorCode::InvalidArgument),
            (Errno::HOSTUNREACH, ErrorCode::RemoteUnreachable),
            (Errno::HOSTDOWN, ErrorCode::RemoteUnreachable),
            (Errno::NETDOWN, ErrorCode::RemoteUnreachable),
            (Errno::NETUNREACH, ErrorCode::RemoteUnreachable),
            (Errno::ISCONN, ErrorCode::InvalidState),
            (Errno::NOTCONN, ErrorCode::InvalidState),
            (Errno::DESTADDRREQ, ErrorCode::InvalidState),
            (Errno::MFILE, ErrorCode::NewSocketLimit),
            (Errno::MSGSIZE, ErrorCode::DatagramTooLarge),
            (Errno::NOMEM, ErrorCode::OutOfMemory),
            (Errno::NOBUFS, ErrorCode::OutOfMemory),
            (Errno::OPNOTSUPP, ErrorCode::NotSupported),
            (Errno::AFNOSUPPORT, ErrorCode::NotSupported),
        ] {
            assert_eq!(code(&errno.into()), expected, "{errno}");
        }
    }
}
