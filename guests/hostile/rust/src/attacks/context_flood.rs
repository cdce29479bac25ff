//! Sets values of its context until it may set no more, which all whom it starts would inherit.

use crate::context;

pub(crate) fn main() {
    crate::until_refused("values of 1 KiB", |number| context::set(&number.to_string(), &[1; 1 << 10]));
    crate::tell("a value of 1 MiB", context::set("large", &[1; 1 << 20]));
    crate::tell("a name of 1 MiB", context::set(&"x".repeat(1 << 20), &[]));
}
