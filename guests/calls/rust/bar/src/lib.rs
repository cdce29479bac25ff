//! Prints `bar` and returns a dish that goes with its argument.

#[cogen_guest::main]
fn run(param: String) -> String {
    println!("bar");
    format!("spam, {param} and eggs")
}
