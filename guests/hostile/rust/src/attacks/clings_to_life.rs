//! Has something to do when it is torn down: a destructor that never comes to an end.

use crate::{signals, PATIENT};

struct Clings;

impl Drop for Clings {
    fn drop(&mut self) {
        println!("I am still here");
        loop {
            std::hint::spin_loop();
        }
    }
}

pub(crate) fn main() {
    let _clings = Clings;
    signals::wait_for_signal("never", PATIENT).expect("it is killed instead");
}
