//! Calls with more bytes than anybody may be given, and then with as many as may be, for ever.

use crate::{argument, coroutines, was_told, AT_ONCE, PATIENT};

pub(crate) fn main() {
    if was_told("another") {
        return;
    }
    let mut arguments = b"another\0".to_vec();
    arguments.resize((16 << 20) + 1, b'x');
    crate::tell("one too many", coroutines::call(&argument(0), &arguments, AT_ONCE));
    arguments.pop();
    crate::until_refused("calls", |_| coroutines::call(&argument(0), &arguments, PATIENT));
}
