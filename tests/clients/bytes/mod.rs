//! What clients make of bytes that are written down here, from a server without the layer.
//!
//! That says what the crate may send. The last two have a channel and the layer instead, and the same clients.

mod server;

mod clients;
mod rust;

mod beyond_ascii;
mod final_retries;
mod halves;
mod ids;
mod lines;
mod no_content;
mod notices;
mod unfinished;

mod asking;
mod resuming;

use futures::future::join_all;

/// Reads by each row of a table, all at once. Each says what is wrong with what its client does.
async fn check<'a, R>(rows: &'a [R], read: impl AsyncFn(&'a R) -> Vec<String>) {
    let wrong = join_all(rows.iter().map(|row| read(row))).await;
    let rows = wrong.into_iter().enumerate();
    let wrong: Vec<_> = rows.filter(|(_, wrong)| !wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "by row: {wrong:#?}");
}
