//! From a core module to a component: what is written for WASI Preview 1 gets the published adapter in front.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW_1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as COMMAND,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as REACTOR,
};
use wasmparser::{Parser, Payload, Validator};
use wit_component::ComponentEncoder;

use super::{MOST_LISTED, listed};
use crate::error::{Error, ErrorKind};

/// What a core module begins with; a component has another number behind the first four bytes.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// What a command exports to be entered by.
const START: &str = "_start";

/// Whether these bytes are a core module.
pub fn is_module(bytes: &[u8]) -> bool {
    bytes.starts_with(MODULE)
}

/// The component that these bytes are, or that is made of the core module that they are: with the adapter of WASI Preview 1 if it
/// is written for that, and with the types that it brings if it was made by `wit-bindgen`.
///
/// # Errors
/// When they are neither; when the module imports what there is not, or has nothing to be entered by.
pub fn component_of(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if bytes.is_empty() {
        return Err(Error::new(ErrorKind::Component, "the file is empty"));
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(no_wasm(bytes));
    }
    if is_module(bytes) { make(bytes).map(Cow::Owned) } else { Ok(Cow::Borrowed(bytes)) }
}

fn no_wasm(bytes: &[u8]) -> Error {
    let start = &bytes[..bytes.len().min(4)];
    let message = format!("this is not WebAssembly: it begins with \"{}\" instead of \"\\0asm\"", start.escape_ascii());
    let is_text =
        [&b"(module"[..], b"(component", b";;", b"(;"].iter().any(|it| bytes.trim_ascii_start().starts_with(it));
    let hint = match is_text {
        true => "it looks like its text format, of which bytes are made by: wasm-tools parse IN.wat -o OUT.wasm",
        false => "name a component, as `cargo build --target wasm32-wasip2` makes them",
    };
    Error::new(ErrorKind::Component, message).with_hint(hint)
}

/// What a core module says of itself.
#[derive(Default)]
struct Outline {
    /// From where it imports, and what.
    imports: BTreeMap<String, Vec<String>>,
    exports: Vec<String>,
    /// Whether it brings the types of a component.
    is_typed: bool,
}

fn make(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let outline = Outline::of(bytes).map_err(|error| {
        let message = format!("the core module is broken at byte {}: {}", error.offset(), error.message());
        Error::new(ErrorKind::Component, message)
    })?;
    outline.check()?;
    let refused = |error: anyhow::Error| {
        let message = format!("no component can be made of this core module: {error:#}");
        Error::new(ErrorKind::Component, message).with_hint("build it for wasm32-wasip2")
    };
    let encoder = ComponentEncoder::default().module(bytes).map_err(refused)?;
    let encoder = match outline.adapter() {
        Some(adapter) => encoder.adapter(PREVIEW_1, adapter).map_err(refused)?,
        None => encoder,
    };
    { encoder }.encode().map_err(refused)
}

impl Outline {
    /// Of a module that is valid as a whole: whoever makes a component of it relies on that.
    fn of(bytes: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        Validator::new().validate_all(bytes)?;
        let mut outline = Outline::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        outline.imports.entry(import.module.to_owned()).or_default().push(import.name.to_owned());
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        outline.exports.push(export?.name.to_owned());
                    }
                }
                Payload::CustomSection(section) => outline.is_typed |= section.name().starts_with("component-type"),
                _ => {}
            }
        }
        Ok(outline)
    }

    fn is_command(&self) -> bool {
        self.exports.iter().any(|export| export == START)
    }

    /// One that brings types says itself what it imports and exports; another must be a command of Preview 1.
    fn check(&self) -> Result<(), Error> {
        if self.is_typed {
            return Ok(());
        }
        let foreign: Vec<_> = self.imports.iter().filter(|(module, _)| *module != PREVIEW_1).collect();
        if !foreign.is_empty() {
            let lines = foreign.iter().map(|(module, names)| format!("\n  {module}: {}", listed(names)));
            let message = format!(
                "no component can be made of this core module: it imports what is not of WASI Preview 1:{}",
                lines.take(MOST_LISTED).collect::<String>()
            );
            return Err(Error::new(ErrorKind::Component, message)
                .with_hint("build it for wasm32-wasip2 or wasm32-wasip1, or take out what needs those imports"));
        }
        if !self.is_command() {
            let message = format!(
                "this core module is no command: it exports no `{START}`, but {}; nor does it say what types its exports have",
                listed(&self.exports)
            );
            return Err(Error::new(ErrorKind::Component, message).with_hint(
                "give it a main(), or the types of its functions: wasm-tools component embed WIT IN.wasm -o OUT.wasm",
            ));
        }
        Ok(())
    }

    /// What stands in for WASI Preview 1, if anything needs to.
    fn adapter(&self) -> Option<&'static [u8]> {
        match self.is_command() {
            true => Some(COMMAND),
            false => self.imports.contains_key(PREVIEW_1).then_some(REACTOR),
        }
    }
}
