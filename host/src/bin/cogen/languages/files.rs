//! The SDKs as they were when this was built, so that a project needs nothing but the command. Each file is named: a folder as it
//! lies on the machine of whoever builds this has in it what is nobody else's affair.

/// Files, each with its path in this repository.
pub(super) type Files = &'static [(&'static str, &'static [u8])];

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../", $path)))),*]
    };
}

pub(super) const WIT: Files = files![
    "wit/connections.wit",
    "wit/context.wit",
    "wit/coroutines.wit",
    "wit/deps/io/poll.wit",
    "wit/handover.wit",
    "wit/log.wit",
    "wit/names.wit",
    "wit/sandbox.wit",
    "wit/scopes.wit",
    "wit/signals.wit",
    "wit/tcp.wit",
    "wit/time.wit",
    "wit/types.wit",
    "wit/udp.wit",
    "wit/unix.wit",
    "wit/worlds.wit",
];

pub(super) const RUST: Files = files![
    "guest-sdk/rust/Cargo.toml",
    "guest-sdk/rust/macros/Cargo.toml",
    "guest-sdk/rust/macros/src/lib.rs",
    "guest-sdk/rust/src/args.rs",
    "guest-sdk/rust/src/bindings.rs",
    "guest-sdk/rust/src/context.rs",
    "guest-sdk/rust/src/coroutine.rs",
    "guest-sdk/rust/src/error.rs",
    "guest-sdk/rust/src/handover.rs",
    "guest-sdk/rust/src/lib.rs",
    "guest-sdk/rust/src/log.rs",
    "guest-sdk/rust/src/net/connection.rs",
    "guest-sdk/rust/src/net/listener.rs",
    "guest-sdk/rust/src/net/mod.rs",
    "guest-sdk/rust/src/net/names.rs",
    "guest-sdk/rust/src/net/ready.rs",
    "guest-sdk/rust/src/net/tcp.rs",
    "guest-sdk/rust/src/net/udp.rs",
    "guest-sdk/rust/src/net/unix.rs",
    "guest-sdk/rust/src/options.rs",
    "guest-sdk/rust/src/sandbox.rs",
    "guest-sdk/rust/src/scope.rs",
    "guest-sdk/rust/src/select.rs",
    "guest-sdk/rust/src/signal.rs",
    "guest-sdk/rust/src/time.rs",
];

pub(super) const PYTHON: Files = files![
    "guest-sdk/python/cogen/__init__.py",
    "guest-sdk/python/cogen/clock.py",
    "guest-sdk/python/cogen/context.py",
    "guest-sdk/python/cogen/coroutines.py",
    "guest-sdk/python/cogen/errors.py",
    "guest-sdk/python/cogen/log.py",
    "guest-sdk/python/cogen/net.py",
    "guest-sdk/python/cogen/options.py",
    "guest-sdk/python/cogen/payload.py",
    "guest-sdk/python/cogen/py.typed",
    "guest-sdk/python/cogen/sandbox.py",
    "guest-sdk/python/cogen/scopes.py",
    "guest-sdk/python/cogen/signals.py",
    "guest-sdk/python/cogen/waiting.py",
    "guest-sdk/python/cogen_entry.py",
    "guest-sdk/python/pyproject.toml",
];

pub(super) const JS: Files = files![
    "guest-sdk/js/build.js",
    "guest-sdk/js/engine/cogen-engine-connections.d.ts",
    "guest-sdk/js/engine/cogen-engine-context.d.ts",
    "guest-sdk/js/engine/cogen-engine-coroutines.d.ts",
    "guest-sdk/js/engine/cogen-engine-handover.d.ts",
    "guest-sdk/js/engine/cogen-engine-log.d.ts",
    "guest-sdk/js/engine/cogen-engine-names.d.ts",
    "guest-sdk/js/engine/cogen-engine-sandbox.d.ts",
    "guest-sdk/js/engine/cogen-engine-scopes.d.ts",
    "guest-sdk/js/engine/cogen-engine-signals.d.ts",
    "guest-sdk/js/engine/cogen-engine-tcp.d.ts",
    "guest-sdk/js/engine/cogen-engine-time.d.ts",
    "guest-sdk/js/engine/cogen-engine-types.d.ts",
    "guest-sdk/js/engine/cogen-engine-udp.d.ts",
    "guest-sdk/js/engine/cogen-engine-unix.d.ts",
    "guest-sdk/js/engine/wasi-io-poll.d.ts",
    "guest-sdk/js/package-lock.json",
    "guest-sdk/js/package.json",
    "guest-sdk/js/src/args.ts",
    "guest-sdk/js/src/bytes.ts",
    "guest-sdk/js/src/context.ts",
    "guest-sdk/js/src/coroutine.ts",
    "guest-sdk/js/src/entry.ts",
    "guest-sdk/js/src/error.ts",
    "guest-sdk/js/src/handle.ts",
    "guest-sdk/js/src/handover.ts",
    "guest-sdk/js/src/index.ts",
    "guest-sdk/js/src/json.ts",
    "guest-sdk/js/src/log.ts",
    "guest-sdk/js/src/net/connections.ts",
    "guest-sdk/js/src/net/index.ts",
    "guest-sdk/js/src/net/names.ts",
    "guest-sdk/js/src/net/tcp.ts",
    "guest-sdk/js/src/net/udp.ts",
    "guest-sdk/js/src/net/unix.ts",
    "guest-sdk/js/src/options.ts",
    "guest-sdk/js/src/sandbox.ts",
    "guest-sdk/js/src/scope.ts",
    "guest-sdk/js/src/select.ts",
    "guest-sdk/js/src/signal.ts",
    "guest-sdk/js/src/stack.ts",
    "guest-sdk/js/src/time.ts",
    "guest-sdk/js/tsconfig.json",
];

pub(super) const GO: Files = files![
    "guest-sdk/go/args.go",
    "guest-sdk/go/check.go",
    "guest-sdk/go/cmd/cogen-build/main.go",
    "guest-sdk/go/connection.go",
    "guest-sdk/go/context.go",
    "guest-sdk/go/coroutine.go",
    "guest-sdk/go/doc.go",
    "guest-sdk/go/error.go",
    "guest-sdk/go/go.mod",
    "guest-sdk/go/handover.go",
    "guest-sdk/go/internal/bindings/bindings.go",
    "guest-sdk/go/internal/bindings/component-type",
    "guest-sdk/go/internal/bindings/exports/export_wit_world/entry.go",
    "guest-sdk/go/internal/bindings/exports/wit_exports/wit_exports.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_connections/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_connections/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_context/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_context/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_coroutines/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_coroutines/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_handover/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_handover/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_log/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_log/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_names/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_names/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_sandbox/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_sandbox/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_scopes/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_scopes/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_signals/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_signals/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_tcp/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_tcp/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_time/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_time/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_types/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_types/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_udp/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_udp/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_unix/empty.s",
    "guest-sdk/go/internal/bindings/imports/cogen_engine_unix/wit_bindings.go",
    "guest-sdk/go/internal/bindings/imports/wasi_io_poll/empty.s",
    "guest-sdk/go/internal/bindings/imports/wasi_io_poll/wit_bindings.go",
    "guest-sdk/go/internal/bindings/wit.sha256",
    "guest-sdk/go/internal/wit/runtime/arena.go",
    "guest-sdk/go/internal/wit/runtime/empty.s",
    "guest-sdk/go/internal/wit/runtime/handle.go",
    "guest-sdk/go/internal/wit/runtime/runtime.go",
    "guest-sdk/go/internal/wit/types/types.go",
    "guest-sdk/go/listener.go",
    "guest-sdk/go/log.go",
    "guest-sdk/go/main.go",
    "guest-sdk/go/names.go",
    "guest-sdk/go/options.go",
    "guest-sdk/go/sandbox.go",
    "guest-sdk/go/scope.go",
    "guest-sdk/go/select.go",
    "guest-sdk/go/signal.go",
    "guest-sdk/go/tcp.go",
    "guest-sdk/go/time.go",
    "guest-sdk/go/udp.go",
    "guest-sdk/go/unix.go",
];

pub(super) const C: Files = files![
    "guest-sdk/c/bindings/component_type.h",
    "guest-sdk/c/bindings/coroutine.c",
    "guest-sdk/c/bindings/coroutine.h",
    "guest-sdk/c/bindings/wit.sha256",
    "guest-sdk/c/cogen.c",
    "guest-sdk/c/cogen.h",
    "guest-sdk/c/cogen_json.h",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_contract_and_of_each_sdk_is_there() {
        for (folder, files) in [
            ("wit", WIT),
            ("guest-sdk/rust", RUST),
            ("guest-sdk/python", PYTHON),
            ("guest-sdk/js", JS),
            ("guest-sdk/go", GO),
            ("guest-sdk/c", C),
        ] {
            let mut found = Vec::new();
            find(folder, &mut found);
            found.sort();
            let named: Vec<_> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
            assert_eq!(named, found, "of {folder}");
        }
    }

    /// What makes the bindings and what tools leave behind is not of the SDK, nor is what only its readers here need.
    fn find(folder: &str, found: &mut Vec<String>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for entry in std::fs::read_dir(root.join(folder)).expect("it is there") {
            let name = entry.expect("it can be read").file_name().into_string().expect("it is text");
            let path = format!("{folder}/{name}");
            match name.as_str() {
                "bindgen" | "node_modules" | "__pycache__" | "README.md" => {}
                hidden if hidden.starts_with('.') => {}
                _ if root.join(&path).is_dir() => find(&path, found),
                _ => found.push(path),
            }
        }
    }
}
