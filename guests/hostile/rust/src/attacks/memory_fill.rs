//! Fills most of its memory by one instruction, again and again: nothing interrupts that one. It is given how many MiB to fill.

use crate::argument;

pub(crate) fn main() {
    let size = argument(1).parse::<usize>().expect("a number") << 20;
    let mut memory = vec![0_u8; size];
    loop {
        memory.fill(std::hint::black_box(1));
        std::hint::black_box(&mut memory);
    }
}
