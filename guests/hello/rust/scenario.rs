//! Prints a greeting and returns it.

pub(crate) fn hello(name: &str) -> String {
    let greeting = format!("hello {name}");
    println!("{greeting}");
    greeting
}
