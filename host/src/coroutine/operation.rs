//! The names of all operations, as reports, traces and the table show them.

use std::sync::atomic::{AtomicU8, Ordering};

macro_rules! names {
    ($($name:ident = $text:literal,)+) => {
        /// An operation by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Name {
            $($name),+
        }

        impl Name {
            const ALL: &[Name] = &[$(Name::$name),+];

            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Name::$name => $text),+
                }
            }
        }
    };
}

names! {
    Sleep = "time.sleep",
    SleepUntil = "time.sleep-until",
    YieldNow = "time.yield-now",
    Spawn = "coroutines.spawn",
    Call = "coroutines.call",
    StartCall = "coroutines.start-call",
    Join = "coroutines.join",
    Outcome = "coroutines.outcome",
    Cancel = "coroutines.cancel",
    Kill = "coroutines.kill",
    Signal = "signals.signal",
    StartSignal = "signals.start-signal",
    WaitForSignal = "signals.wait-for-signal",
    StartWait = "signals.start-wait",
    ContextGet = "context.get",
    ContextSet = "context.set",
    ContextRemove = "context.remove",
    Read = "connections.read",
    ReadExact = "connections.read-exact",
    ReadLine = "connections.read-line",
    Write = "connections.write",
    WriteAll = "connections.write-all",
    SendFile = "connections.send-file",
    Shutdown = "connections.shutdown",
    Accept = "connections.accept",
    Serve = "connections.serve",
    Connect = "tcp.connect",
    StartConnect = "tcp.start-connect",
    Listen = "tcp.listen",
    UnixConnect = "unix.connect",
    UnixStartConnect = "unix.start-connect",
    UnixListen = "unix.listen",
    UdpBind = "udp.bind",
    UdpConnect = "udp.connect",
    SendTo = "udp.send-to",
    Send = "udp.send",
    ReceiveFrom = "udp.receive-from",
    Receive = "udp.receive",
    Resolve = "names.resolve",
    StartResolve = "names.start-resolve",
    HandoverSpawn = "handover.spawn",
    SandboxSpawn = "sandbox.spawn",
    SandboxCall = "sandbox.call",
    ScopeSpawn = "scopes.spawn",
    ScopeJoin = "scopes.join",
    ScopeCancel = "scopes.cancel",
    Poll = "poll.poll",
    Block = "pollable.block",
    StreamRead = "streams.blocking-read",
    StreamSkip = "streams.blocking-skip",
    StreamSplice = "streams.blocking-splice",
    StreamWrite = "streams.blocking-write-and-flush",
    StreamFlush = "streams.blocking-flush",
    StreamDrop = "streams.drop",
    WasiTcpCreate = "wasi.tcp.create-tcp-socket",
    WasiTcpBind = "wasi.tcp.start-bind",
    WasiTcpStartConnect = "wasi.tcp.start-connect",
    WasiTcpConnect = "wasi.tcp.finish-connect",
    WasiTcpListen = "wasi.tcp.start-listen",
    WasiTcpAccept = "wasi.tcp.accept",
    WasiTcpRead = "wasi.tcp.read",
    WasiTcpWrite = "wasi.tcp.write",
    WasiTcpShutdown = "wasi.tcp.shutdown",
    WasiUdpCreate = "wasi.udp.create-udp-socket",
    WasiUdpBind = "wasi.udp.start-bind",
    WasiUdpStream = "wasi.udp.stream",
    WasiUdpReceive = "wasi.udp.receive",
    WasiUdpSend = "wasi.udp.send",
    WasiResolve = "wasi.ip-name-lookup.resolve-addresses",
    FileAdvise = "descriptor.advise",
    FileSyncData = "descriptor.sync-data",
    FileGetType = "descriptor.get-type",
    FileSetSize = "descriptor.set-size",
    FileSetTimes = "descriptor.set-times",
    FileRead = "descriptor.read",
    FileWrite = "descriptor.write",
    FileReadDirectory = "descriptor.read-directory",
    FileSync = "descriptor.sync",
    FileCreateDirectoryAt = "descriptor.create-directory-at",
    FileStat = "descriptor.stat",
    FileStatAt = "descriptor.stat-at",
    FileSetTimesAt = "descriptor.set-times-at",
    FileLinkAt = "descriptor.link-at",
    FileOpenAt = "descriptor.open-at",
    FileReadlinkAt = "descriptor.readlink-at",
    FileRemoveDirectoryAt = "descriptor.remove-directory-at",
    FileRenameAt = "descriptor.rename-at",
    FileSymlinkAt = "descriptor.symlink-at",
    FileUnlinkFileAt = "descriptor.unlink-file-at",
    FileIsSameObject = "descriptor.is-same-object",
    FileMetadataHash = "descriptor.metadata-hash",
    FileMetadataHashAt = "descriptor.metadata-hash-at",
    FileReadDirectoryEntry = "directory-entry-stream.read-directory-entry",
}

/// The operation that a coroutine asked for last, if any. It is written for every operation: a lock would be felt.
#[derive(Default)]
pub(crate) struct LastOperation(AtomicU8);

impl LastOperation {
    pub(crate) fn set(&self, name: Name) {
        self.0.store(name as u8 + 1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<Name> {
        let place = usize::from(self.0.load(Ordering::Relaxed)).checked_sub(1)?;
        Name::ALL.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_operation_is_the_one_that_was_set() {
        let last = LastOperation::default();
        assert_eq!(last.get(), None);
        for &name in Name::ALL {
            last.set(name);
            assert_eq!(last.get(), Some(name), "{}", name.as_str());
        }
    }
}
