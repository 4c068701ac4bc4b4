use std::time::Duration;

use tower_sse::Retry;

/// Soon, for browsers: Firefox waits no less.
pub(crate) const SOON: Retry = Retry::fixed(Duration::from_millis(500));

/// How long browsers wait at least before they come back, unless they are told.
pub(crate) const UNTOLD: Duration = Duration::from_secs(3);

/// Checks that a browser has come back when it was told to, not at once and not by its own habit.
pub(crate) fn assert_in_time(after: &str, retry: Duration, waited: Duration) {
    println!("comes back {after} in {waited:?}, told {retry:?}");
    let almost = retry - Duration::from_millis(20);
    assert!((almost..UNTOLD).contains(&waited), "{after}: {waited:?}");
}
