//! Computes for ever and asks for nothing, so that it can only be interrupted.

pub(crate) fn main() {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}
