//! What this engine serves: packages, their interfaces, and the functions of each.
//!
//! Within one 0.x all patches are alike to a linker, which looks for each function by its name: a component may have been
//! built for an older patch, or for a newer one of which it uses nothing new.

/// A package that is served, in the newest version that is known.
pub(super) struct Served {
    package: &'static str,
    version: [u64; 3],
    /// Each with the names of its functions, a space between two of them.
    interfaces: &'static [(&'static str, &'static str)],
}

/// Of WASI, what wasmtime 48 knows.
const WASI: [u64; 3] = [0, 2, 12];

pub(super) const SERVED: &[Served] = &[
    Served {
        package: "cogen:engine",
        version: [0, 1, 0],
        interfaces: &[
            ("types", ""),
            ("time", "now sleep sleep-until subscribe-sleep subscribe-sleep-until yield-now"),
            (
                "coroutines",
                "[method]coroutine.info [method]coroutine.join [method]coroutine.outcome [method]coroutine.subscribe \
                 [method]coroutine.share [method]coroutine.cancel [method]coroutine.kill [method]pending-call.subscribe \
                 [method]pending-call.finish spawn call start-call current",
            ),
            (
                "signals",
                "[method]signal-wait.subscribe [method]signal-wait.finish [method]pending-signal.subscribe \
                 [method]pending-signal.finish signal start-signal wait-for-signal start-wait",
            ),
            ("context", "get set remove names"),
            ("log", "log"),
            (
                "connections",
                "[method]connection.read [method]connection.read-exact [method]connection.read-line \
                 [method]connection.write [method]connection.write-all [method]connection.send-file \
                 [method]connection.shutdown [method]connection.local-address [method]connection.peer-address \
                 [method]connection.counts [method]connection.set-timeout [method]connection.set-idle-timeout \
                 [method]connection.subscribe-read [method]connection.subscribe-write [method]connection.share \
                 [method]listener.accept [method]listener.local-address [method]listener.set-timeout \
                 [method]listener.subscribe [method]listener.share [static]listener.serve [method]pending-connect.subscribe \
                 [method]pending-connect.finish",
            ),
            ("tcp", "connect start-connect listen nodelay set-nodelay set-keep-alive buffer-sizes set-buffer-sizes"),
            (
                "udp",
                "[static]udp-socket.bind [method]udp-socket.connect [method]udp-socket.send-to [method]udp-socket.send \
                 [method]udp-socket.receive-from [method]udp-socket.receive [method]udp-socket.local-address \
                 [method]udp-socket.peer-address [method]udp-socket.set-broadcast [method]udp-socket.set-buffer-sizes \
                 [method]udp-socket.set-timeout [method]udp-socket.subscribe-receive [method]udp-socket.subscribe-send",
            ),
            ("unix", "connect start-connect listen"),
            ("names", "[method]pending-resolve.subscribe [method]pending-resolve.finish resolve start-resolve"),
            ("handover", "spawn received"),
            (
                "scopes",
                "[constructor]scope [method]scope.spawn [method]scope.join [method]scope.subscribe [method]scope.cancel",
            ),
            ("sandbox", "spawn call"),
        ],
    },
    Served {
        package: "wasi:io",
        version: WASI,
        interfaces: &[
            ("poll", "[method]pollable.ready [method]pollable.block poll"),
            ("error", "[method]error.to-debug-string"),
            (
                "streams",
                "[method]input-stream.read [method]input-stream.blocking-read [method]input-stream.skip \
                 [method]input-stream.blocking-skip [method]input-stream.subscribe [method]output-stream.check-write \
                 [method]output-stream.write [method]output-stream.blocking-write-and-flush [method]output-stream.flush \
                 [method]output-stream.blocking-flush [method]output-stream.subscribe [method]output-stream.write-zeroes \
                 [method]output-stream.blocking-write-zeroes-and-flush [method]output-stream.splice \
                 [method]output-stream.blocking-splice",
            ),
        ],
    },
    Served {
        package: "wasi:clocks",
        version: WASI,
        interfaces: &[
            ("monotonic-clock", "now resolution subscribe-instant subscribe-duration"),
            ("wall-clock", "now resolution"),
        ],
    },
    Served {
        package: "wasi:random",
        version: WASI,
        interfaces: &[
            ("random", "get-random-bytes get-random-u64"),
            ("insecure", "get-insecure-random-bytes get-insecure-random-u64"),
            ("insecure-seed", "insecure-seed"),
        ],
    },
    Served {
        package: "wasi:filesystem",
        version: WASI,
        interfaces: &[
            (
                "types",
                "[method]descriptor.read-via-stream [method]descriptor.write-via-stream \
                 [method]descriptor.append-via-stream [method]descriptor.advise [method]descriptor.sync-data \
                 [method]descriptor.get-flags [method]descriptor.get-type [method]descriptor.set-size \
                 [method]descriptor.set-times [method]descriptor.read [method]descriptor.write \
                 [method]descriptor.read-directory [method]descriptor.sync [method]descriptor.create-directory-at \
                 [method]descriptor.stat [method]descriptor.stat-at [method]descriptor.set-times-at \
                 [method]descriptor.link-at [method]descriptor.open-at [method]descriptor.readlink-at \
                 [method]descriptor.remove-directory-at [method]descriptor.rename-at [method]descriptor.symlink-at \
                 [method]descriptor.unlink-file-at [method]descriptor.is-same-object [method]descriptor.metadata-hash \
                 [method]descriptor.metadata-hash-at [method]directory-entry-stream.read-directory-entry \
                 filesystem-error-code",
            ),
            ("preopens", "get-directories"),
        ],
    },
    Served {
        package: "wasi:sockets",
        version: WASI,
        interfaces: &[
            ("network", "network-error-code"),
            ("instance-network", "instance-network"),
            (
                "tcp",
                "[method]tcp-socket.start-bind [method]tcp-socket.finish-bind [method]tcp-socket.start-connect \
                 [method]tcp-socket.finish-connect [method]tcp-socket.start-listen [method]tcp-socket.finish-listen \
                 [method]tcp-socket.accept [method]tcp-socket.local-address [method]tcp-socket.remote-address \
                 [method]tcp-socket.is-listening [method]tcp-socket.address-family \
                 [method]tcp-socket.set-listen-backlog-size [method]tcp-socket.keep-alive-enabled \
                 [method]tcp-socket.set-keep-alive-enabled [method]tcp-socket.keep-alive-idle-time \
                 [method]tcp-socket.set-keep-alive-idle-time [method]tcp-socket.keep-alive-interval \
                 [method]tcp-socket.set-keep-alive-interval [method]tcp-socket.keep-alive-count \
                 [method]tcp-socket.set-keep-alive-count [method]tcp-socket.hop-limit [method]tcp-socket.set-hop-limit \
                 [method]tcp-socket.receive-buffer-size [method]tcp-socket.set-receive-buffer-size \
                 [method]tcp-socket.send-buffer-size [method]tcp-socket.set-send-buffer-size [method]tcp-socket.subscribe \
                 [method]tcp-socket.shutdown",
            ),
            ("tcp-create-socket", "create-tcp-socket"),
            (
                "udp",
                "[method]udp-socket.start-bind [method]udp-socket.finish-bind [method]udp-socket.stream \
                 [method]udp-socket.local-address [method]udp-socket.remote-address [method]udp-socket.address-family \
                 [method]udp-socket.unicast-hop-limit [method]udp-socket.set-unicast-hop-limit \
                 [method]udp-socket.receive-buffer-size [method]udp-socket.set-receive-buffer-size \
                 [method]udp-socket.send-buffer-size [method]udp-socket.set-send-buffer-size [method]udp-socket.subscribe \
                 [method]incoming-datagram-stream.receive [method]incoming-datagram-stream.subscribe \
                 [method]outgoing-datagram-stream.check-send [method]outgoing-datagram-stream.send \
                 [method]outgoing-datagram-stream.subscribe",
            ),
            ("udp-create-socket", "create-udp-socket"),
            (
                "ip-name-lookup",
                "[method]resolve-address-stream.resolve-next-address [method]resolve-address-stream.subscribe \
                 resolve-addresses",
            ),
        ],
    },
    Served {
        package: "wasi:cli",
        version: WASI,
        interfaces: &[
            ("environment", "get-environment get-arguments initial-cwd"),
            ("exit", "exit exit-with-code"),
            ("stdin", "get-stdin"),
            ("stdout", "get-stdout"),
            ("stderr", "get-stderr"),
            ("terminal-input", ""),
            ("terminal-output", ""),
            ("terminal-stdin", "get-terminal-stdin"),
            ("terminal-stdout", "get-terminal-stdout"),
            ("terminal-stderr", "get-terminal-stderr"),
        ],
    },
];

/// Why an import cannot be served, if it cannot; with these functions, if it is an interface.
pub(super) fn why_not<'a>(import: &str, functions: impl Iterator<Item = &'a str>) -> Option<String> {
    let (path, version) = import.split_once('@').unwrap_or((import, ""));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    let Some(served) = SERVED.iter().find(|served| served.package == package) else {
        return Some(format!("{import}: this engine serves nothing of {package}"));
    };
    if !is_compatible(version, served.version) {
        return Some(format!("{import}: this engine serves {}", served.name()));
    }
    let Some((_, known)) = served.interfaces.iter().find(|(name, _)| *name == interface) else {
        return Some(format!("{import}: this engine does not serve this interface of {package}"));
    };
    let unknown: Vec<_> = functions.filter(|function| !known.split(' ').any(|name| name == *function)).collect();
    (!unknown.is_empty()).then(|| format!("{import}: this engine does not serve its {}", super::listed(&unknown)))
}

/// Whether this is `interface` of WASI in a version that is served, as in `wasi:cli/run@0.2.3` for `wasi:cli/run`.
pub(super) fn is_of_wasi(name: &str, interface: &str) -> bool {
    name.strip_prefix(interface)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|version| is_compatible(version, WASI))
}

/// Whether a component built for `asked` can be served by `served`, if the functions are there.
fn is_compatible(asked: &str, served: [u64; 3]) -> bool {
    let mut numbers = asked.split('.').map(str::parse::<u64>);
    let mut next = || numbers.next().and_then(Result::ok);
    next() == Some(served[0]) && next() == Some(served[1]) && next().is_some() && numbers.next().is_none()
}

impl Served {
    /// As in `wasi:io@0.2.12`.
    pub(super) fn name(&self) -> String {
        let [major, minor, patch] = self.version;
        format!("{}@{major}.{minor}.{patch}", self.package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_told_by_name_and_version() {
        for import in
            ["cogen:engine/time@0.1.0", "cogen:engine/time@0.1.7", "wasi:io/poll@0.2.0", "wasi:io/poll@0.2.99"]
        {
            assert_eq!(why_not(import, [].into_iter()), None);
        }
        for (import, why) in [
            ("cogen:engine/time@0.2.0", "cogen:engine/time@0.2.0: this engine serves cogen:engine@0.1.0"),
            ("cogen:engine/time", "cogen:engine/time: this engine serves cogen:engine@0.1.0"),
            (
                "cogen:engine/queues@0.1.0",
                "cogen:engine/queues@0.1.0: this engine does not serve this interface of cogen:engine",
            ),
            ("wasi:http/types@0.2.0", "wasi:http/types@0.2.0: this engine serves nothing of wasi:http"),
            ("wasi:io/poll@0.3.0", "wasi:io/poll@0.3.0: this engine serves wasi:io@0.2.12"),
        ] {
            assert_eq!(why_not(import, [].into_iter()).as_deref(), Some(why));
        }
    }

    #[test]
    fn functions_that_are_not_there_are_each_told() {
        let why = |functions: &[&str]| why_not("wasi:cli/exit@0.2.99", functions.iter().copied());
        assert_eq!(why(&["exit", "exit-with-code"]), None);
        let told = "wasi:cli/exit@0.2.99: this engine does not serve its `exit-later`, `exit-never`";
        assert_eq!(why(&["exit", "exit-later", "exit-never"]).as_deref(), Some(told));
    }
}
