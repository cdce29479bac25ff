//! How much of something a coroutine may do in a second.

use super::limits::Limit;

/// One second in nanoseconds: what was not used in it is had at once, and no more than that.
const SECOND: u64 = 1_000_000_000;

/// A flow with a bound, as the generic cell rate algorithm keeps it (ITU-T I.371): the moment at which all that has flowed would
/// have come, had it come evenly. That is never more than a second ahead.
#[derive(Default)]
pub(crate) struct Rate {
    even: u64,
}

impl Rate {
    /// Lets `amount` flow, of which there may be so much a second; or answers when to ask again. What alone is more than a second has
    /// room for flows when all that was before it has its time.
    pub(crate) fn pass(&mut self, amount: u64, per_second: u64, now: u64) -> Result<(), u64> {
        let (even, takes) = (self.even.max(now), time_of(amount, per_second));
        let may_flow_at = even.saturating_add(takes).saturating_sub(SECOND).min(even);
        if now < may_flow_at {
            return Err(may_flow_at);
        }
        self.even = even.saturating_add(takes);
        Ok(())
    }

    /// Counts what has flowed in any case: what follows waits for it.
    pub(crate) fn count(&mut self, amount: u64, per_second: u64, now: u64) {
        self.even = self.even.max(now).saturating_add(time_of(amount, per_second));
    }
}

/// How long so much takes.
fn time_of(amount: u64, per_second: u64) -> u64 {
    let time = u128::from(amount) * u128::from(SECOND) / u128::from(per_second.max(1));
    u64::try_from(time).unwrap_or(u64::MAX)
}

/// The flows of a coroutine that are bounded, each by a limit of its own.
#[derive(Default)]
pub(crate) struct Rates {
    signals: Rate,
    signal_bytes: Rate,
    log: Rate,
}

impl Rates {
    pub(crate) fn of(&mut self, limit: Limit) -> &mut Rate {
        match limit {
            Limit::SignalsPerSecond => &mut self.signals,
            Limit::SignalBytesPerSecond => &mut self.signal_bytes,
            _ => &mut self.log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_had_at_once_and_the_rest_evenly() {
        let mut rate = Rate::default();
        let passed = (0..).take_while(|_| rate.pass(1, 10, 0).is_ok()).count();
        assert_eq!(passed, 10);
        assert_eq!(rate.pass(1, 10, 0), Err(SECOND / 10));
        assert_eq!(rate.pass(1, 10, SECOND / 10), Ok(()));
        assert_eq!(rate.pass(1, 10, SECOND / 10), Err(SECOND / 5));
    }

    #[test]
    fn ten_seconds_let_eleven_times_as_much_flow() {
        let mut rate = Rate::default();
        let (mut now, mut passed) = (0, 0);
        while now < 10 * SECOND {
            match rate.pass(7, 1_000, now) {
                Ok(()) => passed += 7,
                Err(later) => now = later,
            }
        }
        assert!((10_980..=11_000).contains(&passed), "{passed}");
    }

    #[test]
    fn what_is_more_than_a_second_has_room_for_flows_alone() {
        let mut rate = Rate::default();
        assert_eq!(rate.pass(5_000, 1_000, 0), Ok(()));
        assert_eq!(rate.pass(1, 1_000, 0), Err(4 * SECOND + SECOND / 1_000));
        assert_eq!(rate.pass(5_000, 1_000, 0), Err(5 * SECOND));
        assert_eq!(rate.pass(u64::MAX, 1, 5 * SECOND), Ok(()));
        assert!(rate.pass(1, 0, 6 * SECOND).is_err());
    }

    #[test]
    fn what_has_flowed_is_counted() {
        let mut rate = Rate::default();
        rate.count(3_000, 1_000, 0);
        assert_eq!(rate.pass(0, 1_000, 0), Err(2 * SECOND));
        assert_eq!(rate.pass(0, 1_000, 2 * SECOND), Ok(()));
    }
}
