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
    slowed: Option<Instant>,
}

impl Pace {
    /// At most this many writes a second.
    pub fn new(a_second: u32) -> Self {
        let usual = Duration::from_secs(1) / a_second.max(1);
        Self { usual, state: Mutex::new(State { next: Instant::now(), interval: usual, slowed: None }) }
    }

    /// Waits for a turn, and says when it came.
    pub async fn turn(&self) -> Instant {
        let at = {
            let mut state = self.state();
            let at = state.next.max(Instant::now());
            state.next = at + state.interval;
            at
        };
        tokio::time::sleep_until(at).await;
        at
    }

    /// The server was asked too often by the write whose turn was at `turn`: half the pace, for everybody. Refusals of
    /// what was on its way already when the pace was last halved say nothing about the new pace.
    pub fn slow_down(&self, turn: Instant) {
        let mut state = self.state();
        if state.slowed.is_some_and(|slowed| turn <= slowed) {
            return;
        }
        state.slowed = Some(Instant::now());
        state.interval = (state.interval * 2).min(SLOWEST);
        state.next = state.next.max(Instant::now() + state.interval);
    }

    /// A write went through: a little faster again.
    pub fn went_through(&self) {
        let mut state = self.state();
        state.interval = (state.interval.mul_f32(0.85)).max(self.usual);
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
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        pace.slow_down(later(1));
        pace.slow_down(later(2));
        assert_eq!(interval(), Duration::from_millis(100));
        for number in 0..100 {
            pace.slow_down(later(number + 3));
        }
        assert_eq!(interval(), SLOWEST);
        (0..100).for_each(|_| pace.went_through());
        assert_eq!(interval(), Duration::from_millis(25));
    }

    #[tokio::test]
    async fn one_storm_halves_the_pace_once() {
        let pace = Pace::new(1000);
        let mut turns = Vec::new();
        for _ in 0..8 {
            turns.push(pace.turn().await);
        }
        for turn in turns {
            pace.slow_down(turn);
        }
        assert_eq!(pace.state().interval, Duration::from_millis(2));
        pace.slow_down(pace.turn().await);
        assert_eq!(pace.state().interval, Duration::from_millis(4));
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
