use std::time::Duration;

use tower_sse::Retry;

/// A short time for browsers: Firefox waits no less.
pub(crate) const SOON: Retry = Retry::fixed(Duration::from_millis(500));

/// How long browsers wait at least before they reconnect without a `retry`.
pub(crate) const WITHOUT_RETRY: Duration = Duration::from_secs(3);

/// Checks that a browser has waited for the `retry` that it got, and not for its own default.
pub(crate) fn assert_in_time(after: &str, retry: Duration, waited: Duration) {
    println!("{after}: reconnects in {waited:?}, after a retry of {retry:?}");
    let almost = retry - Duration::from_millis(20);
    assert!(
        (almost..WITHOUT_RETRY).contains(&waited),
        "{after}: {waited:?}"
    );
}
