//! What `wit-bindgen` makes of `wit/`: the escape hatch for experts. The names here follow the WIT and may change with
//! it; the rest of this crate is the stable face.

wit_bindgen::generate!({
    path: "../../wit",
    world: "coroutine",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "__export_entry",
    default_bindings_module: "cogen_guest::bindings",
});
