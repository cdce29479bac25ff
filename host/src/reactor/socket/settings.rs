//! What can be set of a socket, and read again, as a number.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt;

use super::{Family, Socket};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// How many machines what is sent may pass, 1 to 255.
    HopLimit(Family),
    /// Whether a silent peer is asked whether it is there: 0 or 1.
    KeepAlive,
    /// After how many nanoseconds it is asked first.
    KeepAliveIdle,
    /// After how many nanoseconds it is asked again.
    KeepAliveInterval,
    /// How often it is asked before it counts as gone.
    KeepAliveCount,
    /// How many bytes the system keeps that nobody has read.
    ReceiveBuffer,
    /// How many bytes it keeps that are not sent.
    SendBuffer,
}

impl Socket {
    pub(crate) fn setting(&self, setting: Setting) -> io::Result<u64> {
        if let Socket::Simulated(socket) = self {
            return socket.setting(setting);
        }
        Ok(match setting {
            Setting::HopLimit(Family::V4) => sockopt::ip_ttl(self)?.into(),
            Setting::HopLimit(Family::V6) => sockopt::ipv6_unicast_hops(self)?.into(),
            Setting::KeepAlive => sockopt::socket_keepalive(self)?.into(),
            Setting::KeepAliveIdle => nanoseconds(sockopt::tcp_keepidle(self)?),
            Setting::KeepAliveInterval => nanoseconds(sockopt::tcp_keepintvl(self)?),
            Setting::KeepAliveCount => sockopt::tcp_keepcnt(self)?.into(),
            Setting::ReceiveBuffer => as_asked_for(sockopt::socket_recv_buffer_size(self)?),
            Setting::SendBuffer => as_asked_for(sockopt::socket_send_buffer_size(self)?),
        })
    }

    /// Sets one of them to a number that makes sense; what is out of the system's own bounds it makes the best of.
    pub(crate) fn set(&self, setting: Setting, value: u64) -> io::Result<()> {
        if let Socket::Simulated(socket) = self {
            return socket.set(setting, value);
        }
        let size = usize::try_from(value).unwrap_or(usize::MAX).min(MAX_BUFFER);
        match setting {
            Setting::HopLimit(Family::V4) => sockopt::set_ip_ttl(self, value.try_into().unwrap_or(u32::MAX)),
            Setting::HopLimit(Family::V6) => {
                sockopt::set_ipv6_unicast_hops(self, Some(value.try_into().unwrap_or(u8::MAX)))
            }
            Setting::KeepAlive => sockopt::set_socket_keepalive(self, value != 0),
            Setting::KeepAliveIdle => sockopt::set_tcp_keepidle(self, Duration::from_nanos(value)),
            Setting::KeepAliveInterval => sockopt::set_tcp_keepintvl(self, Duration::from_nanos(value)),
            Setting::KeepAliveCount => sockopt::set_tcp_keepcnt(self, value.try_into().unwrap_or(u32::MAX)),
            Setting::ReceiveBuffer => is_a_hint(sockopt::set_socket_recv_buffer_size(self, size)),
            Setting::SendBuffer => is_a_hint(sockopt::set_socket_send_buffer_size(self, size)),
        }?;
        Ok(())
    }
}

/// Systems take a size as a signed number of 32 bits.
const MAX_BUFFER: usize = i32::MAX as usize;

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// Linux doubles the size that it is asked for, to have room for its books, and answers that.
fn as_asked_for(size: usize) -> u64 {
    let size = if cfg!(target_os = "linux") { size / 2 } else { size };
    size as u64
}

/// Most systems cut a size that is too large; those that refuse it are alone with that.
fn is_a_hint(set: Result<(), Errno>) -> Result<(), Errno> {
    match set {
        Err(Errno::NOBUFS) => Ok(()),
        set => set,
    }
}
