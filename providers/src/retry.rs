//! When a request is sent again, and after how long: one policy for every store that is asked over a network.
//!
//! A request is sent again where the server is busy or the connection failed, after a pause with full jitter (anywhere
//! between nothing and an exponential delay, AWS Architecture Blog, "Exponential Backoff And Jitter"), but not before a
//! floor or what the server asked for. Everything that stores send this way is idempotent, by its nature or because it
//! says which version it expects, so that an answer that was lost can be asked for again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};

use crate::store::StoreError;

/// Attempts after the first one.
const RETRIES: usize = 9;
/// Attempts after the first one where no connection comes about: a wrong address should not take long to be told.
const CONNECT_RETRIES: usize = 4;
/// Attempts after the first one where the server failed: it may fail at this very request, and would again.
const FAILURE_RETRIES: usize = 2;
/// The shortest pause: servers under load have been seen to answer `Retry-After: 0`.
const FLOOR: Duration = Duration::from_millis(50);
/// The longest pause that a server may ask for.
const CEILING: Duration = Duration::from_secs(30);

/// Whether the same request may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// No: the answer would be the same.
    Never,
    /// The server is busy, and did nothing.
    Busy,
    /// The answer was lost on its way: nobody knows whether the request took effect.
    Lost,
    /// The server failed (500) at something idempotent.
    Failed,
    /// No connection came about.
    NoConnection,
}

impl Again {
    /// Attempts after the first one.
    fn retries(self) -> usize {
        match self {
            Self::Never => 0,
            Self::Busy | Self::Lost => RETRIES,
            Self::Failed => FAILURE_RETRIES,
            Self::NoConnection => CONNECT_RETRIES,
        }
    }
}

/// One failed attempt.
pub(crate) struct Fault {
    pub error: StoreError,
    pub again: Again,
    /// What the server asked for.
    pub after: Option<Duration>,
}

impl Fault {
    /// A failure that is final.
    pub fn last(error: StoreError) -> Self {
        Self { error, again: Again::Never, after: None }
    }
}

/// Makes an attempt, and others while the policy allows.
pub(crate) async fn retry<T, A, F>(attempt: A) -> Result<T, StoreError>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T, Fault>>,
{
    let mut failed = 0;
    let backoff = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(RETRIES);
    attempt
        .retry(backoff)
        .sleep(tokio::time::sleep)
        .when(|fault: &Fault| {
            failed += 1;
            failed <= fault.again.retries()
        })
        .adjust(|fault: &Fault, delay| delay.map(|delay| pause(delay, fault.after)))
        .await
        .map_err(|fault| fault.error)
}

/// Full jitter, within the floor and what the server asked for.
fn pause(delay: Duration, after: Option<Duration>) -> Duration {
    delay.mul_f32(fastrand::f32()).max(after.unwrap_or_default().min(CEILING)).max(FLOOR)
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3); its date form is left to the backoff.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::store::ErrorKind;

    #[test]
    fn pauses_have_a_floor_and_a_ceiling() {
        for _ in 0..100 {
            let pause = |after| pause(Duration::from_millis(400), after);
            assert!((FLOOR..=Duration::from_millis(400)).contains(&pause(Some(Duration::ZERO))));
            assert!(pause(Some(Duration::from_secs(2))) == Duration::from_secs(2));
            assert!(pause(Some(Duration::from_secs(9999))) == CEILING);
        }
    }

    async fn attempts(again: Again, good_at: usize) -> (usize, bool) {
        let count = Cell::new(0);
        let answer = retry(|| {
            count.set(count.get() + 1);
            let good = count.get() == good_at;
            async move {
                let error = StoreError::new(ErrorKind::Unavailable, "busy");
                if good { Ok(()) } else { Err(Fault { error, again, after: None }) }
            }
        })
        .await;
        (count.get(), answer.is_ok())
    }

    #[tokio::test]
    async fn each_kind_of_failure_has_its_number_of_attempts() {
        assert_eq!(attempts(Again::Never, 2).await, (1, false));
        assert_eq!(attempts(Again::Busy, 4).await, (4, true));
        assert_eq!(attempts(Again::Failed, 99).await, (1 + FAILURE_RETRIES, false));
        assert!(Again::NoConnection.retries() < Again::Busy.retries());
    }
}
