//! Where the built guests are: `cargo xtask guests` makes them.

use std::path::{Path, PathBuf};

/// The component of a guest, by its name: beside this checkout, or in the folder that `COGEN_GUESTS` names.
pub(crate) fn path(guest: &str) -> PathBuf {
    let folder = std::env::var_os("COGEN_GUESTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/target/wasm32-wasip2/release"),
        PathBuf::from,
    );
    folder.join(guest).with_extension("wasm")
}
