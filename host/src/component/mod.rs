//! From the bytes of a file to a component that can be instantiated: check, compile, cache, instantiate.

pub(crate) mod cache;
pub(crate) mod instances;
mod native;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod slab;

use std::hash::{Hash, Hasher};

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use crate::error::{Error, ErrorKind};
use crate::sandbox::grants::Key as GrantKey;
use cache::{Cache, Key};

/// What this engine serves of its own package; a component may have been built for any 0.1.x.
const OWN: Served = Served {
    package: "cogen:engine",
    version: [0, 1, 0],
    interfaces: &[
        "types",
        "time",
        "coroutines",
        "signals",
        "context",
        "log",
        "connections",
        "tcp",
        "udp",
        "unix",
        "names",
        "handover",
        "scopes",
        "sandbox",
    ],
};

/// What this engine serves in all; of WASI, what wasmtime 48 knows.
const SERVED: &[Served] = &[
    OWN,
    Served { package: "wasi:io", version: [0, 2, 12], interfaces: &["poll", "error", "streams"] },
    Served { package: "wasi:clocks", version: [0, 2, 12], interfaces: &["monotonic-clock", "wall-clock"] },
    Served { package: "wasi:random", version: [0, 2, 12], interfaces: &["random", "insecure", "insecure-seed"] },
    Served { package: "wasi:filesystem", version: [0, 2, 12], interfaces: &["types", "preopens"] },
    Served {
        package: "wasi:sockets",
        version: [0, 2, 12],
        interfaces: &[
            "network",
            "instance-network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
            "ip-name-lookup",
        ],
    },
    Served {
        package: "wasi:cli",
        version: [0, 2, 12],
        interfaces: &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    },
];

struct Served {
    package: &'static str,
    version: [u64; 3],
    interfaces: &'static [&'static str],
}

/// How a component is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It exports `run` of the world `coroutine`.
    Run,
    /// It exports `wasi:cli/run`: an ordinary command.
    Command,
}

/// What a component asks for and offers.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// The names of its imports, in the order of the file.
    pub imports: Vec<String>,
    /// The names of its exports.
    pub exports: Vec<String>,
    /// How it is entered, if it can be.
    pub entry: Option<Entry>,
    /// Of its imports, those that this engine does not serve, each with the reason.
    pub missing: Vec<String>,
    /// The keys of `[program.NAME.allow]` of which it can use a rule, since it imports a function that asks for one. Which rule, it
    /// says only when it runs.
    pub needs: Vec<GrantKey>,
}

/// Reads what a component imports and exports, without compiling it.
///
/// # Errors
/// When the bytes are no component.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::Component, "the file is empty"));
    }
    if !bytes.starts_with(b"\0asm") {
        let start = &bytes[..bytes.len().min(4)];
        let message =
            format!("this is not WebAssembly: it begins with \"{}\" instead of \"\\0asm\"", start.escape_ascii());
        return Err(Error::new(ErrorKind::Component, message)
            .with_hint("name a component, as `cargo build --target wasm32-wasip2` makes them"));
    }
    let mut inspection = Inspection::default();
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(broken)?;
        if matches!(payload, Payload::Version { encoding: Encoding::Module, .. }) && depth == 0 {
            return Err(core_module());
        }
        // Whoever compiles it looks into the functions: to know what they are is enough here.
        if let ValidPayload::End(types) = validator.payload(&payload).map_err(broken)?
            && depth == 0
        {
            inspection.note_functions(types.as_ref());
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    inspection.imports.push(import.map_err(broken)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(broken)?;
                    inspection.note_export(export.name.name, export.kind);
                }
            }
            _ => {}
        }
    }
    inspection.missing = inspection.imports.iter().filter_map(|import| why_not(import)).collect();
    Ok(inspection)
}

impl Inspection {
    fn note_export(&mut self, name: &str, kind: ComponentExternalKind) {
        self.exports.push(name.to_owned());
        match kind {
            ComponentExternalKind::Func if name == "run" => self.entry = Some(Entry::Run),
            ComponentExternalKind::Instance if self.entry.is_none() && name.starts_with("wasi:cli/run@0.2.") => {
                self.entry = Some(Entry::Command);
            }
            _ => {}
        }
    }

    /// Looks which functions are imported, of which the grants depend on some.
    fn note_functions(&mut self, types: TypesRef<'_>) {
        let mut needs = Vec::new();
        for import in &self.imports {
            let (interface, _) = import.split_once('@').unwrap_or((import, ""));
            let Some(ComponentEntityType::Instance(instance)) =
                types.component_item_for_import(import).map(|item| item.ty)
            else {
                continue;
            };
            let is_imported = |function: &str| types[instance].exports.contains_key(function);
            let of_interface = ASKS.iter().filter(|(of, function, _)| *of == interface && is_imported(function));
            needs.extend(of_interface.map(|(.., key)| *key));
        }
        self.needs = GrantKey::ALL.into_iter().filter(|key| needs.contains(key)).collect();
    }
}

/// What asks for a grant, and of which key. All else is done with what was made by these, or was given.
const ASKS: &[(&str, &str, GrantKey)] = &[
    ("cogen:engine/tcp", "connect", GrantKey::Connect),
    ("cogen:engine/tcp", "start-connect", GrantKey::Connect),
    ("cogen:engine/tcp", "listen", GrantKey::Listen),
    ("cogen:engine/unix", "connect", GrantKey::Connect),
    ("cogen:engine/unix", "start-connect", GrantKey::Connect),
    ("cogen:engine/unix", "listen", GrantKey::Listen),
    ("cogen:engine/udp", "[static]udp-socket.bind", GrantKey::UdpBind),
    ("cogen:engine/udp", "[method]udp-socket.connect", GrantKey::Udp),
    ("cogen:engine/udp", "[method]udp-socket.send-to", GrantKey::Udp),
    ("cogen:engine/names", "resolve", GrantKey::Resolve),
    ("cogen:engine/names", "start-resolve", GrantKey::Resolve),
    ("cogen:engine/connections", "[method]connection.send-file", GrantKey::Directories),
    ("cogen:engine/connections", "[static]listener.serve", GrantKey::Spawn),
    ("cogen:engine/coroutines", "spawn", GrantKey::Spawn),
    ("cogen:engine/handover", "spawn", GrantKey::Spawn),
    ("cogen:engine/scopes", "[method]scope.spawn", GrantKey::Spawn),
    ("cogen:engine/sandbox", "spawn", GrantKey::Spawn),
    ("cogen:engine/coroutines", "call", GrantKey::Call),
    ("cogen:engine/sandbox", "call", GrantKey::Call),
    ("cogen:engine/coroutines", "start-call", GrantKey::Call),
    ("cogen:engine/coroutines", "[method]coroutine.cancel", GrantKey::Cancel),
    ("cogen:engine/coroutines", "[method]coroutine.kill", GrantKey::Cancel),
    ("cogen:engine/signals", "signal", GrantKey::Send),
    ("cogen:engine/signals", "start-signal", GrantKey::Send),
    ("cogen:engine/signals", "wait-for-signal", GrantKey::Wait),
    ("cogen:engine/signals", "start-wait", GrantKey::Wait),
    ("wasi:filesystem/preopens", "get-directories", GrantKey::Directories),
    ("wasi:cli/environment", "get-environment", GrantKey::Environment),
    ("wasi:sockets/tcp", "[method]tcp-socket.start-connect", GrantKey::Connect),
    ("wasi:sockets/tcp", "[method]tcp-socket.start-bind", GrantKey::Listen),
    ("wasi:sockets/tcp", "[method]tcp-socket.start-listen", GrantKey::Listen),
    ("wasi:sockets/udp", "[method]udp-socket.start-bind", GrantKey::UdpBind),
    ("wasi:sockets/udp", "[method]udp-socket.stream", GrantKey::Udp),
    ("wasi:sockets/udp", "[method]outgoing-datagram-stream.send", GrantKey::Udp),
    ("wasi:sockets/ip-name-lookup", "resolve-addresses", GrantKey::Resolve),
];

fn broken(error: wasmparser::BinaryReaderError) -> Error {
    let message = format!("the component is broken at byte {}: {}", error.offset(), error.message());
    Error::new(ErrorKind::Component, message)
}

fn core_module() -> Error {
    Error::new(ErrorKind::Component, "this is a core module, not a component").with_hint(
        "build it for wasm32-wasip2, or make a component of it: wasm-tools component new IN.wasm -o OUT.wasm",
    )
}

/// Why an import cannot be served, if it cannot.
fn why_not(import: &str) -> Option<String> {
    let (path, version) = import.split_once('@').unwrap_or((import, ""));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    let Some(served) = SERVED.iter().find(|served| served.package == package) else {
        return Some(format!("{import}: this engine serves nothing of {package}"));
    };
    let [major, minor, patch] = served.version;
    if !is_compatible(version, served.version) {
        return Some(format!("{import}: this engine serves {package}@{major}.{minor}.{patch}"));
    }
    if !served.interfaces.contains(&interface) {
        return Some(format!("{import}: this engine does not serve this interface of {package}"));
    }
    None
}

/// Whether a component built for `asked` can be served by `served`: within one 0.x all patches are alike to a linker,
/// which looks for each function by name.
fn is_compatible(asked: &str, served: [u64; 3]) -> bool {
    let core = asked.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = core.split('.').map(str::parse::<u64>);
    let mut next = || numbers.next().and_then(Result::ok);
    core.len() == asked.len() && next() == Some(served[0]) && next() == Some(served[1]) && next().is_some()
}

/// How the program `name` is entered.
///
/// # Errors
/// When it is no component, has no entry, or imports what is not served.
pub(crate) fn check(bytes: &[u8], name: &str) -> Result<Entry, Error> {
    let refused = |why: &Error| {
        let error = Error::new(ErrorKind::Component, format!("cannot load program `{name}`: {why}"));
        match why.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    };
    let inspection = inspect(bytes).map_err(|why| refused(&why))?;
    if !inspection.missing.is_empty() {
        let message = format!(
            "cannot load program `{name}`: it imports what this engine does not serve:\n  {}",
            inspection.missing.join("\n  ")
        );
        let hint = format!("this engine serves {}", packages());
        return Err(Error::new(ErrorKind::Component, message).with_hint(hint));
    }
    inspection.entry.ok_or_else(|| {
        let exports = if inspection.exports.is_empty() { "nothing".to_owned() } else { inspection.exports.join(", ") };
        let message =
            format!("cannot load program `{name}`: it exports neither `run` nor `wasi:cli/run`, but {exports}");
        Error::new(ErrorKind::Component, message).with_hint(
            "export `run` of the world cogen:engine/coroutine (in Rust: #[cogen_guest::main]), or give it a main()",
        )
    })
}

fn packages() -> String {
    let name = |served: &Served| {
        let [major, minor, patch] = served.version;
        format!("{}@{major}.{minor}.{patch}", served.package)
    };
    SERVED.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Compiles a component, or takes it from the cache.
///
/// # Errors
/// When it does not compile. A cache that cannot be written to is no error: the next run compiles again.
pub(crate) fn load(
    engine: &wasmtime::Engine,
    bytes: &[u8],
    cache: Option<&Cache>,
    name: &str,
) -> Result<wasmtime::component::Component, Error> {
    let component = compile(engine, bytes, cache, name)?;
    match instances::excess(&component) {
        Some(excess) => Err(Error::new(ErrorKind::Component, format!("cannot load program `{name}`: {excess}"))),
        None => Ok(component),
    }
}

fn compile(
    engine: &wasmtime::Engine,
    bytes: &[u8],
    cache: Option<&Cache>,
    name: &str,
) -> Result<wasmtime::component::Component, Error> {
    let key = Key::new(&configuration(engine), bytes);
    if let Some(component) = cache.and_then(|cache| cache.load(&key)).and_then(|code| native::load(engine, &code).ok())
    {
        return Ok(component);
    }
    let refused = |error: wasmtime::Error| {
        Error::new(ErrorKind::Component, format!("cannot compile program `{name}`: {error:#}"))
    };
    tracing::debug!(program = name, bytes = bytes.len(), "compiling");
    let code = engine.precompile_component(bytes).map_err(refused)?;
    if let Some(Err(error)) = cache.map(|cache| cache.store(&key, &code)) {
        tracing::warn!(program = name, %error, "compiled code could not be kept");
    }
    native::load(engine, &code).map_err(refused)
}

/// What code compiled by one engine and run by another must agree on.
fn configuration(engine: &wasmtime::Engine) -> Vec<u8> {
    /// Collects what is hashed, instead of hashing it.
    struct Collector(Vec<u8>);
    impl Hasher for Collector {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut collector = Collector(env!("CARGO_PKG_VERSION").as_bytes().to_vec());
    engine.precompile_compatibility_hash().hash(&mut collector);
    collector.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    fn code_that_checks_its_addresses_and_code_that_does_not_are_kept_apart() {
        let of = |coroutines, memory| {
            let wanted =
                instances::Wanted { coroutines, memory, stack: instances::STACK, fuel: false, debug_info: false };
            configuration(&instances::engine(&wanted).expect("there is room"))
        };
        assert_ne!(of(8192, 1 << 20), of(8193, 1 << 20));
        assert_eq!(of(8193, 1 << 20), of(10_000, 64 << 20), "how much is reserved does not matter");
    }

    #[test]
    fn what_is_served_is_told_by_name_and_version() {
        assert_eq!(why_not("cogen:engine/time@0.1.0"), None);
        assert_eq!(why_not("cogen:engine/time@0.1.7"), None);
        assert_eq!(why_not("wasi:io/poll@0.2.0"), None);
        for (import, why) in [
            ("cogen:engine/time@0.2.0", "cogen:engine/time@0.2.0: this engine serves cogen:engine@0.1.0"),
            ("cogen:engine/time", "cogen:engine/time: this engine serves cogen:engine@0.1.0"),
            (
                "cogen:engine/queues@0.1.0",
                "cogen:engine/queues@0.1.0: this engine does not serve this interface of cogen:engine",
            ),
            ("wasi:http/types@0.2.0", "wasi:http/types@0.2.0: this engine serves nothing of wasi:http"),
            ("wasi:io/poll@0.3.0-rc", "wasi:io/poll@0.3.0-rc: this engine serves wasi:io@0.2.12"),
        ] {
            assert_eq!(why_not(import).as_deref(), Some(why));
        }
    }
}
