//! Is left nothing by whoever started it, and wants what its program is granted all the same: itself, and by those that it starts.

use crate::sandbox::{self, Bounds, Grants};
use crate::{AT_ONCE, PATIENT, argument, coroutines, signals, tell, was_told};

pub(crate) fn main() {
    let name = argument(0);
    let bounds = |grants| Bounds { grants, limits: Vec::new() };
    if was_told("another") {
        tell("send", signals::signal("news", &[], 0, AT_ONCE));
        tell("spawn", coroutines::spawn(&name, b"another", PATIENT));
        tell("call", coroutines::call(&name, b"another", PATIENT));
        tell("spawn with all", sandbox::spawn(&name, b"another", Vec::new(), &bounds(Grants::Own), PATIENT));
        return;
    }
    tell("send, before", signals::signal("news", &[], 0, AT_ONCE));
    let nothing = sandbox::spawn(&name, b"another", Vec::new(), &bounds(Grants::Only(Vec::new())), PATIENT);
    tell("join", nothing.and_then(|another| another.join(PATIENT)));
}
