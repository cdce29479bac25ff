//! Getting `wasm32-wasip2`: it is there; or rustup brings it; or it is made from Debian's packages.
//!
//! What is made goes to `.cogen/sysroot` in the project, never into the user's toolchain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::debian;
use crate::shell::root;
use crate::toolchain::{self, NAME, has_target, version};

/// Makes sure that guests can be built; answers the sysroot to build them with if it is not the toolchain's own.
/// `COGEN_TARGET=debian` makes it from Debian's packages even where there is a simpler way.
pub(crate) fn get() -> Result<Option<PathBuf>> {
    let own = root().join(".cogen/sysroot");
    let forced = std::env::var_os("COGEN_TARGET").is_some_and(|way| way == "debian");
    let toolchain = toolchain::sysroot()?;
    if !forced && has_target(&toolchain, NAME) {
        return Ok(None);
    }
    if is_made(&own) {
        return Ok(Some(own));
    }
    if !forced && by_rustup(&toolchain) {
        return Ok(None);
    }
    eprintln!("making {NAME} from Debian's packages, in {}", own.display());
    debian::make(&toolchain, &own).with_context(|| {
        format!(
            "cannot get the target {NAME}: rustup does not bring it, and it cannot be made from Debian's packages; \
             type `rustup target add {NAME}`, or set COGEN_TOOLCHAIN_DIR to a folder with \
             rust-src-VERSION-library.tar.xz and wasi-libc_VERSION_all.deb"
        )
    })?;
    Ok(Some(own))
}

/// Whether our own sysroot is there and was made by this compiler.
fn is_made(own: &Path) -> bool {
    has_target(own, NAME)
        && fs::read_to_string(own.join("made-by")).is_ok_and(|by| version().is_ok_and(|now| by == now))
}

fn by_rustup(toolchain: &Path) -> bool {
    eprintln!("getting {NAME} by rustup …");
    // It may say no and exit with zero: what counts is what is there afterwards.
    let asked = Command::new("rustup").args(["target", "add", NAME]).current_dir(root()).output();
    asked.is_ok() && has_target(toolchain, NAME)
}
