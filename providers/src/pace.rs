//! How fast writes go: services refuse more than some number a second, and after a refusal every writer of the store slows
//! down, not only the one that was refused.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The slowest pace after refusals.
const SLOWEST: Duration = Duration::from_secs(1);

/// Hands out moments to write at.
pub(crate) struct Pace {
    usual: Duration,
    state: Mutex<State>,
}

struct State {
    next: Instant,
    interval: Duration,
}

impl Pace {
    /// At most this many writes a second.
    pub fn new(a_second: u32) -> Self {
        let usual = Duration::from_secs(1) / a_second.max(1);
        Self { usual, state: Mutex::new(State { next: Instant::now(), interval: usual }) }
    }

    /// Waits for a turn.
    pub async fn turn(&self) {
        let at = {
            let mut state = self.state();
            let at = state.next.max(Instant::now());
            state.next = at + state.interval;
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// The server was asked too often: half the pace, for everybody.
    pub fn slow_down(&self) {
        let mut state = self.state();
        state.interval = (state.interval * 2).min(SLOWEST);
        state.next = state.next.max(Instant::now() + state.interval);
    }

    /// A write went through: a little faster again.
    pub fn went_through(&self) {
        let mut state = self.state();
        state.interval = (state.interval.mul_f32(0.95)).max(self.usual);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_halves_the_pace_and_success_brings_it_back() {
        let pace = Pace::new(40);
        let interval = || pace.state().interval;
        assert_eq!(interval(), Duration::from_millis(25));
        pace.slow_down();
        pace.slow_down();
        assert_eq!(interval(), Duration::from_millis(100));
        (0..100).for_each(|_| pace.slow_down());
        assert_eq!(interval(), SLOWEST);
        (0..100).for_each(|_| pace.went_through());
        assert_eq!(interval(), Duration::from_millis(25));
    }

    #[tokio::test]
    async fn turns_are_apart() {
        let pace = Pace::new(1000);
        let before = pace.state().next;
        for _ in 0..5 {
            pace.turn().await;
        }
        assert!(pace.state().next >= before + Duration::from_millis(5));
    }
}
