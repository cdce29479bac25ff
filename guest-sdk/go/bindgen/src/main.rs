//! Makes the bindings of the SDK for Go: `go-bindgen WIT FOLDER` writes those of the world `coroutine`.
//!
//! What `wit-bindgen` writes is changed in three ways, so that it needs no module but the SDK, keeps no memory, and never lets
//! another goroutine in where the component may not be left (see `internal/wit/runtime`).

use std::path::Path;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::{StringEncoding, metadata};

const WORLD: &str = "coroutine";

/// The path that the bindings are imported by.
const PACKAGE: &str = "cogen/internal/bindings";

/// Where `wit-bindgen` has what the bindings share, and where the SDK has it.
const SHARED: [&str; 2] = ["go.bytecodealliance.org/pkg/wit/", "cogen/internal/wit/"];

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [wit, folder] = &arguments[..] else { bail!("usage: go-bindgen WIT FOLDER") };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;

    // The type of the world first: to generate code changes what is resolved.
    let types = metadata::encode(&resolve, world, StringEncoding::UTF8, None, false)?;
    write(&Path::new(folder).join("component-type"), &types)?;
    for (name, code) in generate(&mut resolve, world)?.iter() {
        let code = str::from_utf8(code).with_context(|| format!("{name} is no text"))?;
        write(&Path::new(folder).join(name), changed(name, code).as_bytes())?;
    }
    Ok(())
}

fn generate(resolve: &mut Resolve, world: WorldId) -> Result<Files> {
    let options = wit_bindgen_go::Opts {
        format: wit_bindgen_go::Format::False,
        pkg_name: Some(PACKAGE.into()),
        ..wit_bindgen_go::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(resolve, world, &mut files)?;
    Ok(files)
}

/// The code as the SDK has it.
fn changed(name: &str, code: &str) -> String {
    let code = code.replace(SHARED[0], SHARED[1]);
    if !name.starts_with("imports/") {
        return code;
    }
    let code = code
        .replace("pinner := &runtime.Pinner{}\ndefer pinner.Unpin()", "pinner := witRuntime.Enter()\ndefer witRuntime.Leave()")
        .replace("unsafe.Slice(", "witRuntime.Slice(")
        .replace("unsafe.String(", "witRuntime.String(");
    with_imports(code)
}

/// With the imports that the code needs now.
fn with_imports(mut code: String) -> String {
    if !code.contains("runtime.AddCleanup") {
        code = code.replace("\"runtime\"\n", "");
    }
    if code.contains("witRuntime.") && !code.contains("witRuntime \"") {
        code = code.replacen("import (", &format!("import (\nwitRuntime \"{}runtime\"", SHARED[1]), 1);
    }
    code
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
