//! Subscribers that come and leave.

use std::hint::black_box;

use super::{
    case::{Case, measure},
    feed::{Feed, Width},
};

const WIDTHS: [Width; 4] = [Width::Alone, Width::Hub(1), Width::Hub(10), Width::Hub(100)];
const TIMES: usize = 100;

pub(crate) fn cases() -> Vec<Case> {
    let first = WIDTHS.map(|width| subscribe_and_leave(width, false));
    let other = WIDTHS.map(|width| subscribe_and_leave(width, true));
    first.into_iter().chain(other).collect()
}

/// A subscription is made and dropped.
fn subscribe_and_leave(width: Width, has_others: bool) -> Case {
    let subject = match has_others {
        true => "subscribing and leaving, with other subscribers",
        false => "subscribing and leaving, no other subscriber",
    };
    let start = move || {
        let feed = Feed::new(width);
        let other = has_others.then(|| feed.subscribe());
        move || {
            let _kept = &other;
            measure(|| (0..TIMES).for_each(|_| drop(black_box(feed.subscribe()))))
        }
    };
    Case::new(subject, width.to_string(), TIMES, start)
}
