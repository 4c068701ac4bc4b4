use std::{future::poll_fn, task::Poll};

use futures_util::StreamExt;
use loom::future::block_on;

use super::support::{channel, publish};
use crate::loom_tests::in_every_order;

#[test]
fn a_task_that_polls_more_often_than_it_is_woken_gets_every_wake_up() {
    in_every_order(3, || {
        let channel = channel();
        let mut subscription = channel.subscribe();
        let publishing = publish(&channel, &["a", "b"]);
        // One task, so that its second wait is about the same waker as the first.
        let mut left = 2;
        block_on(poll_fn(|cx| {
            while left > 0 {
                let once_more = subscription.poll_next_unpin(cx).is_pending();
                if once_more && subscription.poll_next_unpin(cx).is_pending() {
                    return Poll::Pending;
                }
                left -= 1;
            }
            Poll::Ready(())
        }));
        publishing.join().unwrap();
    });
}
