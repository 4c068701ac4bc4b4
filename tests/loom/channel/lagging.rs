use super::support::{holding, publish, published, wait};
use crate::{
    Channel, ChannelEvent, CloseReason, LagPolicy, Subscription, loom_tests::in_every_order,
};

/// Reads a log of one event while three are published, whose data are their numbers.
fn read(lag: LagPolicy, mut take: impl FnMut(&Subscription, Option<ChannelEvent>)) {
    let channel = Channel::new(holding(1).lag_policy(lag));
    let mut subscription = channel.subscribe();
    let publisher = publish(&channel, &["1", "2", "3"]);
    drop(channel);
    while let Some(event) = wait(&mut subscription) {
        take(&subscription, Some(event));
    }
    take(&subscription, None);
    assert_eq!(publisher.join().unwrap(), [1, 2, 3]);
}

/// Returns the number of an event that was published, whole.
#[track_caller]
fn whole(event: &ChannelEvent) -> Option<u64> {
    let (number, data) = published(event)?;
    assert_eq!(data, number.to_string());
    Some(number)
}

#[test]
fn a_subscriber_that_lags_has_all_until_its_end() {
    in_every_order(2, || {
        let mut next = 1;
        read(LagPolicy::disconnect(), |subscription, event| match event {
            Some(event) => {
                assert_eq!(whole(&event), Some(next));
                next += 1;
            }
            None => {
                let reason = match next {
                    4 => CloseReason::Completed,
                    _ => CloseReason::Lagged,
                };
                assert_eq!(subscription.close_reason(), Some(reason));
            }
        });
    });
}

#[test]
fn a_subscriber_that_skips_learns_of_each_event_that_it_missed() {
    in_every_order(2, || {
        let (mut next, mut missed) = (1, 0);
        read(LagPolicy::notify(), |subscription, event| match event {
            Some(event) => {
                if let Some(number) = whole(&event) {
                    assert_eq!((number, subscription.missed()), (next, missed));
                    next += 1;
                    return;
                }
                let more = subscription.missed() - missed;
                let expected = format!("event: lagged\ndata: {more}\n\n");
                assert_eq!(event.encoded().as_bytes(), expected.as_bytes());
                (next, missed) = (next + more, missed + more);
            }
            None => assert_eq!(next, 4),
        });
    });
}

#[test]
fn a_subscriber_that_wants_the_newest_gets_it() {
    in_every_order(2, || {
        let (mut next, mut missed) = (1, 0);
        read(LagPolicy::newest(), |subscription, event| match event {
            Some(event) => {
                let more = subscription.missed() - missed;
                let number = whole(&event).unwrap();
                assert_eq!(number, next + more);
                (next, missed) = (number + 1, missed + more);
            }
            None => assert_eq!(next, 4),
        });
    });
}
