//! What Ctrl-C and Ctrl-\ do.

use std::io;
use std::time::Duration;

use cogen::Handle;

#[cfg(unix)]
pub(crate) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::sync::{Arc, OnceLock};

    use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals as Listener;

    use super::*;
    use crate::output;

    /// Listens for signals, in a thread of its own, until the process ends.
    pub(crate) struct Signals {
        engine: Arc<OnceLock<Handle>>,
    }

    impl Signals {
        /// Begins before there is an engine: to compile may take long, and whoever waits may lose patience.
        pub(crate) fn listen(grace: Duration) -> io::Result<Self> {
            let engine = Arc::<OnceLock<Handle>>::default();
            let signals = Listener::new([SIGINT, SIGTERM, SIGQUIT])?;
            let ears = engine.clone();
            std::thread::Builder::new()
                .name("cogen-signals".to_owned())
                .spawn(move || answer(signals, &ears, grace))?;
            Ok(Signals { engine })
        }

        /// From now on there are coroutines to show, and to be asked to end.
        pub(crate) fn reach(&self, engine: Handle) {
            // The first engine is the only one.
            let _ = self.engine.set(engine);
        }
    }

    fn answer(mut signals: Listener, engine: &OnceLock<Handle>, grace: Duration) {
        let mut interrupted = false;
        for signal in signals.forever() {
            match (engine.get(), signal) {
                (Some(engine), SIGQUIT) => output::table(&engine.snapshot()),
                (None, SIGQUIT) => output::say("still compiling: there are no coroutines yet"),
                (Some(engine), _) if !interrupted => {
                    output::say(&format!("interrupted: coroutines have {grace:?} to end; again to end at once"));
                    engine.shutdown(grace);
                    interrupted = true;
                }
                _ => std::process::exit(130),
            }
        }
    }
}

/// There are none here.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen(_: Duration) -> io::Result<Self> {
        Ok(Signals)
    }

    pub(crate) fn reach(&self, _: Handle) {}
}
