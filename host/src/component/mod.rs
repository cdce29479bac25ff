//! From the bytes of a file to a component that can be instantiated: check, compile, cache, instantiate.

pub(crate) mod cache;
pub(crate) mod functions;
mod inspection;
pub(crate) mod instances;
mod module;
mod native;
mod served;
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod slab;

use std::hash::{Hash, Hasher};

pub use inspection::{Entry, Inspection, inspect};
pub use module::{component_of, is_module};

use crate::error::{Error, ErrorKind};
use cache::{Cache, Key};
use served::SERVED;

/// How the component of program `name` is entered.
///
/// # Errors
/// When it is broken, has no entry, or imports what is not served.
pub(crate) fn check(component: &[u8], name: &str) -> Result<Entry, Error> {
    let inspection = inspect(component).map_err(|why| cannot_load(name, why))?;
    if !inspection.missing.is_empty() {
        let lines = inspection.missing.join("\n  ");
        let message = format!("it is built for what this engine does not serve:\n  {lines}");
        let served: Vec<_> = SERVED.iter().map(served::Served::name).collect();
        let refused = Error::new(ErrorKind::Component, message);
        return Err(cannot_load(name, refused.with_hint(format!("this engine serves {}", served.join(", ")))));
    }
    inspection.entry.ok_or_else(|| {
        let message =
            format!("it exports neither `run` nor `wasi:cli/run` of WASI 0.2, but {}", listed(&inspection.exports));
        let refused = Error::new(ErrorKind::Component, message).with_hint(
            "export `run` of the world cogen:engine/coroutine (in Rust: #[cogen_guest::main]), or give it a main()",
        );
        cannot_load(name, refused)
    })
}

/// Says of which program it is that something is told.
pub(crate) fn cannot_load(name: &str, why: Error) -> Error {
    why.within(&format!("cannot load program `{name}`"))
}

/// So many names tell what is in a component; more would only be scrolled by.
const MOST_LISTED: usize = 20;

/// Names of a stranger in a sentence of ours.
fn listed(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<_> = names.iter().take(MOST_LISTED).map(|name| format!("`{}`", brief(name.as_ref()))).collect();
    match names.len().saturating_sub(MOST_LISTED) {
        _ if names.is_empty() => "nothing".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The longest name or type of a stranger that is shown whole.
const LONGEST: usize = 400;

/// The beginning of a text that a stranger may have made as long as they liked.
fn brief(text: &str) -> String {
    match text.len() <= LONGEST {
        true => text.to_owned(),
        false => format!("{}…", &text[..text.floor_char_boundary(LONGEST)]),
    }
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
}
