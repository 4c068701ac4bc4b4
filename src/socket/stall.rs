use std::{
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use super::Pace;
use crate::time::{ResettableSleep, SharedTimer};

/// The longest delay of a poll when the time of a write is up. A later poll means that the write
/// had been given up, or the process was held up: in neither case is the client responsible for the
/// time.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// Finds a client that reads too slowly, by the time that writes wait.
///
/// Waiting runs up a debt of time, and each byte that the system takes pays back its share by the
/// least rate. The client has stalled when the debt reaches the timeout, or, if that is longer, the
/// time that a client at the least rate needs for one step of the system: a step is how much a
/// client reads before the system says that there is room again.
#[derive(Debug)]
pub(super) struct Stall {
    pace: Pace,
    sleep: ResettableSleep,
    /// As of `since`.
    debt: Duration,
    since: Instant,
    /// The patience with the write that waits, if one does.
    patience: Option<Duration>,
}

impl Stall {
    pub(super) fn new(pace: Pace, timer: SharedTimer) -> Self {
        let sleep = ResettableSleep::new(timer);
        let since = sleep.now();
        Self {
            pace,
            sleep,
            debt: Duration::ZERO,
            since,
            patience: None,
        }
    }

    /// Changes the pace. The debt stays, or a client could escape it by opening streams.
    pub(super) fn set_pace(&mut self, pace: Pace, timer: SharedTimer) {
        if pace != self.pace {
            self.pace = pace;
            self.sleep = ResettableSleep::new(timer);
            self.patience = self.patience.map(|_| pace.timeout);
        }
    }

    /// Records that the system has taken bytes.
    pub(super) fn progress(&mut self, bytes: usize) {
        if self.patience.is_none() && self.debt.is_zero() {
            return;
        }
        let now = self.sleep.now();
        let passed = now.saturating_duration_since(self.since);
        self.debt = match self.patience.take() {
            Some(patience) => {
                let debt = self.debt.saturating_add(passed);
                // Past its time it would have failed: the process was held up.
                if debt > patience {
                    Duration::ZERO
                } else {
                    debt
                }
            }
            // While nothing waits the client keeps up.
            None => self.debt.saturating_sub(passed),
        };
        self.since = now;
        self.debt = self.debt.saturating_sub(self.pace.time_for(bytes as u64));
    }

    /// Polls for the end of the patience with a write that has to wait. `step` returns the
    /// system's step.
    pub(super) fn poll_wait(
        &mut self,
        cx: &mut Context<'_>,
        step: impl FnOnce() -> u64,
    ) -> Poll<()> {
        let now = self.sleep.now();
        if self.patience.is_none() {
            let passed = now.saturating_duration_since(self.since);
            self.debt = self.debt.saturating_sub(passed);
            self.begin(now);
        } else if self.due().is_some_and(|due| due + MAX_DELAY < now) {
            self.debt = Duration::ZERO;
            self.begin(now);
        }
        ready!(self.poll_sleep(cx));
        // The system is asked only now: most writes do not wait so long.
        let patience = self.pace.patience(step());
        if self.patience < Some(patience) {
            self.patience = Some(patience);
            return self.poll_sleep(cx);
        }
        Poll::Ready(())
    }

    fn begin(&mut self, now: Instant) {
        self.since = now;
        self.patience = Some(self.pace.timeout);
    }

    /// Returns when the patience ends, if ever.
    fn due(&self) -> Option<Instant> {
        let left = self.patience?.saturating_sub(self.debt);
        self.since.checked_add(left)
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.due() {
            Some(due) => self.sleep.poll(due, cx).map(drop),
            None => Poll::Pending,
        }
    }
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use std::task::Waker;

    use hyper_util::rt::TokioTimer;
    use tokio::time::advance;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);
    const RATE: u32 = 10_000;
    const TICK: Duration = Duration::from_millis(100);

    fn stall() -> Stall {
        let pace = Pace {
            timeout: TIMEOUT,
            rate: RATE,
        };
        Stall::new(pace, SharedTimer::new(TokioTimer::new()))
    }

    /// A connection whose client reads steadily, and whose writer always has more.
    struct Connection {
        stall: Stall,
        /// How many bytes the system takes, and how many the client reads before it says so.
        room: u64,
        step: u64,
        held: u64,
        is_full: bool,
    }

    impl Connection {
        fn new(room: u64, step: u64) -> Self {
            Self {
                stall: stall(),
                room,
                step,
                held: 0,
                is_full: false,
            }
        }

        /// Goes on for a time. Returns when the client is found to have stalled, if it is.
        async fn run(&mut self, rate: u64, piece: u64, time: Duration) -> Option<Duration> {
            let mut passed = Duration::ZERO;
            while passed < time {
                if self.write(piece).is_ready() {
                    return Some(passed);
                }
                advance(TICK).await;
                passed += TICK;
                self.held = self.held.saturating_sub(rate / 10);
            }
            None
        }

        fn write(&mut self, piece: u64) -> Poll<()> {
            self.is_full &= self.held + self.step > self.room;
            while !self.is_full {
                self.held += piece;
                self.stall.progress(piece as usize);
                self.is_full = self.held >= self.room;
            }
            let mut cx = Context::from_waker(Waker::noop());
            self.stall.poll_wait(&mut cx, || self.step + piece)
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn a_client_at_the_least_rate_is_kept_whatever_the_step() {
        for step in [1_000, 128_000, 300_000, 1_400_000] {
            for piece in [1_000, 64_000] {
                let mut connection = Connection::new(2_000_000, step);
                let cut = connection.run(RATE.into(), piece, HOUR).await;
                assert_eq!(cut, None, "step {step}, writes of {piece}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_reads_nothing_is_cut_after_the_timeout() {
        for step in [1_000, 290_000] {
            let cut = Connection::new(4_000_000, step).run(0, 100, HOUR).await;
            assert_eq!(cut, Some(TIMEOUT));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn or_after_the_time_for_a_step_if_that_is_longer() {
        let cut = Connection::new(4_000_000, 1_400_000)
            .run(0, 10_000, HOUR)
            .await;
        assert_eq!(cut, Some(Duration::from_secs(141)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_half_the_rate_is_cut_after_about_twice_the_timeout() {
        let cut = Connection::new(4_000_000, 10_000)
            .run(5_000, 100, HOUR)
            .await
            .unwrap();
        // A step takes two seconds.
        let second = Duration::from_secs(1);
        assert!(cut.abs_diff(2 * TIMEOUT) <= 2 * second, "{cut:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_trickles_is_cut_though_it_always_goes_on() {
        let cut = Connection::new(4_000_000, 100).run(100, 100, HOUR).await;
        assert!(cut.is_some_and(|cut| cut < TIMEOUT + Duration::from_secs(1)));
    }

    fn wait(stall: &mut Stall) -> Poll<()> {
        let mut cx = Context::from_waker(Waker::noop());
        stall.poll_wait(&mut cx, || 0)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_owed_is_paid_back_while_nothing_waits() {
        let mut stall = stall();
        for (idle, more, is_cut) in [(20, 20, false), (5, 14, false), (5, 16, true)] {
            assert!(wait(&mut stall).is_pending());
            advance(Duration::from_secs(20)).await;
            assert!(wait(&mut stall).is_pending());
            stall.progress(1);
            advance(Duration::from_secs(idle)).await;
            assert!(wait(&mut stall).is_pending());
            advance(Duration::from_secs(more)).await;
            assert_eq!(wait(&mut stall).is_ready(), is_cut);
            stall.progress(0);
            advance(HOUR).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_pace_does_not_wipe_out_what_is_owed() {
        let mut stall = stall();
        assert!(wait(&mut stall).is_pending());
        advance(Duration::from_secs(20)).await;
        let pace = Pace {
            timeout: Duration::from_secs(40),
            rate: RATE,
        };
        stall.set_pace(pace, SharedTimer::new(TokioTimer::new()));
        assert!(wait(&mut stall).is_pending());
        advance(Duration::from_secs(20)).await;
        assert!(wait(&mut stall).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_comes_back_late_begins_anew() {
        let mut stall = stall();
        assert!(wait(&mut stall).is_pending());
        advance(TIMEOUT + MAX_DELAY + TICK).await;
        assert!(wait(&mut stall).is_pending());
        advance(TIMEOUT).await;
        assert!(wait(&mut stall).is_ready());
    }
}
