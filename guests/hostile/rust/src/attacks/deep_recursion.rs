//! Calls itself until a stack is full: its own, or the host's share of it.

pub(crate) fn main() {
    println!("{}", deeper(0));
}

fn deeper(depth: u64) -> u64 {
    // An array that the compiler may not drop, and work after the call, so that it cannot become a loop.
    let frame = std::hint::black_box([depth; 32]);
    if std::hint::black_box(true) { deeper(depth + 1) + std::hint::black_box(frame)[0] } else { depth }
}
