use crate::{
    Channel, ChannelEvent, Lag,
    support::{holding, in_every_order, publish, published, rest, text},
};

/// Reads a log of one event while three are published, whose data are their numbers.
fn read(lag: Lag) -> Vec<ChannelEvent> {
    let channel = Channel::new(holding(1).lag(lag));
    let subscription = channel.subscribe();
    let publisher = publish(&channel, &["1", "2", "3"]);
    drop(channel);
    let events = rest(subscription);
    assert_eq!(publisher.join().unwrap(), [1, 2, 3]);
    events
}

/// Returns the number of an event that was published, whole.
#[track_caller]
fn whole(event: &ChannelEvent) -> Option<u64> {
    let (number, data) = published(event)?;
    assert_eq!(data, number.to_string());
    Some(number)
}

#[test]
fn who_falls_off_the_log_has_all_until_its_end() {
    in_every_order(2, || {
        let events = read(Lag::end());
        let numbers: Vec<_> = events.iter().map_while(whole).collect();
        assert!((1..=3).take(numbers.len()).eq(numbers.iter().copied()));
        match &events[numbers.len()..] {
            [] => assert_eq!(numbers.len(), 3),
            [end] => assert!(end.encoded().is_none() && numbers.len() < 3),
            others => panic!("{others:?}"),
        }
    });
}

#[test]
fn who_skips_is_told_of_each_event_that_it_missed() {
    in_every_order(2, || {
        let mut next = 1;
        for event in read(Lag::skip()) {
            if let Some(number) = whole(&event) {
                assert_eq!((number, event.missed()), (next, 0));
                next += 1;
                continue;
            }
            assert_ne!(event.missed(), 0);
            next += event.missed();
            let (data, id) = text(&event);
            assert_eq!(data, format!("event: lagged\ndata: {}", event.missed()));
            assert!(id.ends_with(&format!("-{}", next - 1)));
        }
        assert_eq!(next, 4);
    });
}

#[test]
fn who_wants_the_newest_gets_it() {
    in_every_order(2, || {
        let mut next = 1;
        for event in read(Lag::newest()) {
            let number = whole(&event).unwrap();
            assert_eq!(number, next + event.missed());
            next = number + 1;
        }
        assert_eq!(next, 4);
    });
}
