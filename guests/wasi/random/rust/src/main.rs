//! Asks for random numbers by WASI, and says what it observes.

use wasip2::random::{insecure, insecure_seed, random};

fn main() {
    let bytes = random::get_random_bytes(10_000);
    println!("{} {}", bytes.len(), (0..=u8::MAX).all(|byte| bytes.contains(&byte)));
    println!("{} {}", random::get_random_bytes(0).len(), random::get_random_u64() != random::get_random_u64());
    let bytes = insecure::get_insecure_random_bytes(10_000);
    println!("{} {}", bytes.len(), (0..=u8::MAX).all(|byte| bytes.contains(&byte)));
    println!("{}", insecure::get_insecure_random_u64() != insecure::get_insecure_random_u64());
    println!("{}", insecure_seed::insecure_seed() != (0, 0));
    if std::env::args().nth(1).as_deref() == Some("too-many") {
        random::get_random_bytes(u64::MAX);
    }
}
