//! Reads the environment of the host, where keys and passwords are.

pub(crate) fn main() {
    for (name, value) in std::env::vars() {
        println!("{name}={value}");
    }
}
