//! What a component asks for and offers, read from its bytes.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

use super::{module, served};
use crate::error::{Error, ErrorKind};
use crate::sandbox::grants::Key as GrantKey;

/// How a component is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It exports `run` of the world `coroutine`.
    Run,
    /// It exports `wasi:cli/run`: an ordinary command.
    Command,
    /// It exports functions, and none of those: one of them is named with its arguments, as in `add(1, 2)`.
    Functions,
}

/// What a component asks for and offers.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// Whether the bytes are a core module, of which a component is made before it is run. All else is said of that component.
    pub is_module: bool,
    /// The names of its imports, in the order of the file.
    pub imports: Vec<String>,
    /// The names of its exports.
    pub exports: Vec<String>,
    /// The functions that it exports, by themselves or in interfaces, as one names them to invoke them.
    pub functions: Vec<String>,
    /// How it is entered, if it can be.
    pub entry: Option<Entry>,
    /// Of its imports, those that this engine does not serve, each with the reason; and the entry of a command, if it is of a WASI
    /// that is not served.
    pub missing: Vec<String>,
    /// The keys of `[program.NAME.allow]` of which it can use a rule, since it imports a function that asks for one. Which rule, it
    /// says only when it runs.
    pub needs: Vec<GrantKey>,
}

/// Reads what a component imports and exports, without compiling it; of a core module, what the component does that is made of it.
///
/// # Errors
/// When the bytes are no component, and none can be made of them.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let component = module::component_of(bytes)?;
    let mut inspection = Inspection { is_module: module::is_module(bytes), ..Inspection::default() };
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(&component) {
        let payload = payload.map_err(broken)?;
        // Whoever compiles it looks into the functions: to know what they are is enough here.
        if let ValidPayload::End(types) = validator.payload(&payload).map_err(broken)?
            && depth == 0
        {
            inspection.note_types(types.as_ref());
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
                    inspection.exports.push(export.map_err(broken)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(inspection)
}

impl Inspection {
    /// Looks which functions are imported and exported, once all is known of them.
    fn note_types(&mut self, types: TypesRef<'_>) {
        let mut needs = Vec::new();
        for import in &self.imports {
            let functions = functions_of(&types, types.component_item_for_import(import).map(|item| item.ty));
            self.missing.extend(served::why_not(import, functions.iter().copied()));
            let (interface, _) = import.split_once('@').unwrap_or((import, ""));
            let asks = ASKS.iter().filter(|(of, function, _)| *of == interface && functions.contains(function));
            needs.extend(asks.map(|(.., key)| *key));
        }
        self.needs = GrantKey::ALL.into_iter().filter(|key| needs.contains(key)).collect();
        let is_function = |ty| matches!(ty, Some(ComponentEntityType::Func(_)));
        for export in &self.exports {
            let ty = types.component_item_for_export(export).map(|item| item.ty);
            match export.as_str() {
                "run" if is_function(ty) => self.entry = Some(Entry::Run),
                name if served::is_of_wasi(name, "wasi:cli/run") => self.entry = self.entry.or(Some(Entry::Command)),
                // What enters a command of another WASI: to name it as a function would only look like an entry.
                name if name.starts_with("wasi:cli/run@") => self.missing.extend(served::why_not(name, [].into_iter())),
                name if is_function(ty) => self.functions.push(name.to_owned()),
                name => {
                    // What is of a resource is nobody's to call who has none.
                    let functions = functions_of(&types, ty).into_iter().filter(|function| !function.starts_with('['));
                    self.functions.extend(functions.map(|function| format!("{name}/{function}")));
                }
            }
        }
        if self.entry.is_none() && !self.functions.is_empty() {
            self.entry = Some(Entry::Functions);
        }
    }
}

/// The names of the functions in an interface; none if it is something else.
fn functions_of<'a>(types: &'a TypesRef<'_>, ty: Option<ComponentEntityType>) -> Vec<&'a str> {
    let Some(ComponentEntityType::Instance(instance)) = ty else { return Vec::new() };
    let exports = types[instance].exports.iter();
    exports.filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_))).map(|(name, _)| name.as_str()).collect()
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
