//! The smallest command that does something: what the bench of commands starts and finishes.

fn main() {
    println!("hello");
}
