//! Keeps a failing test from hanging.

use std::{future::Future, time::Duration};

/// Far longer than any step takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits for a step of a test, and panics if it hangs.
pub(crate) async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(LIMIT, step)
        .await
        .expect("the step does not end")
}
