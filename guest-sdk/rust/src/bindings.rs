//! What `wit-bindgen` makes of `wit/`: the escape hatch for experts. The names here follow the WIT and may change with
//! it; the rest of this crate is the stable face.

wit_bindgen::generate!({
    path: "../../wit",
    world: "coroutine",
    generate_all,
    // So a pollable of this engine and one of WASI are one type, and stand in one list.
    with: { "wasi:io/poll@0.2.0": wasip2::io::poll },
    pub_export_macro: true,
    export_macro_name: "__export_entry",
    default_bindings_module: "cogen_guest::bindings",
});
