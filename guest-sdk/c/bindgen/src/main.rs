//! Makes the bindings of the SDK for C: `c-bindgen WIT FOLDER` writes those of the world `coroutine`.
//!
//! The type of the world is written as C, too, instead of as an object: so it can be read, and needs nothing but the compiler.

use std::path::Path;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;
use wit_component::{StringEncoding, metadata};

const WORLD: &str = "coroutine";

/// How long a line of the type's bytes may become.
const WIDTH: usize = 100;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [wit, folder] = &arguments[..] else { bail!("usage: c-bindgen WIT FOLDER") };
    let folder = Path::new(folder);
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;

    // The type of the world first: to generate code changes what is resolved.
    let types = metadata::encode(&resolve, world, StringEncoding::UTF8, None, false)?;
    write(&folder.join("component_type.h"), component_type(&types).as_bytes())?;
    let mut files = Files::default();
    let options = wit_bindgen_c::Opts { no_object_file: true, ..wit_bindgen_c::Opts::default() };
    options.build().generate(&mut resolve, world, &mut files)?;
    files.iter().try_for_each(|(name, code)| write(&folder.join(name), code))
}

/// The section that the linker reads. An attribute of an array would make data of it; this is what the assembler takes for a
/// section that is not loaded.
fn component_type(types: &[u8]) -> String {
    let mut lines = vec![String::new()];
    for byte in types {
        let character = escaped(*byte);
        if lines.last().is_some_and(|line| line.len() + character.len() > WIDTH) {
            lines.push(String::new());
        }
        lines.last_mut().expect("there is always one").push_str(&character);
    }
    let lines: String = lines.iter().map(|line| format!("    \".ascii \\\"{line}\\\"\\n\"\n")).collect();
    format!(
        "/* What the component imports and exports, as the linker reads it from a section of its own. */\n\
         __asm__(\n    \".section \\\".custom_section.component-type:{WORLD}\\\",\\\"\\\",@\\n\"\n{lines});\n"
    )
}

/// A byte in a text for the assembler that is in a text of C.
fn escaped(byte: u8) -> String {
    match byte {
        b' '..=b'~' if !b"\"\\?".contains(&byte) => char::from(byte).to_string(),
        _ => format!("\\\\{byte:03o}"),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
