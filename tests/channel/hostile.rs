use http::{HeaderMap, HeaderValue};
use tower_sse::{Channel, EventId, LastEventId};

use crate::support::*;

/// What a handler has of a header.
fn from_header(value: &[u8]) -> Option<LastEventId> {
    let value = HeaderValue::from_bytes(value).ok()?;
    let headers = HeaderMap::from_iter([(
        http::header::HeaderName::from_static("last-event-id"),
        value,
    )]);
    LastEventId::from_headers(&headers)
}

/// A channel that holds the last two of five events.
fn channel_of_five() -> (Channel, EventId) {
    let channel = Channel::new(holding(2));
    let ids = publish_numbers(&channel, 1..=5);
    (channel, ids[4].clone())
}

#[track_caller]
fn assert_is_gap(channel: &Channel, id: &LastEventId) {
    let seen = seen(&mut channel.resume(Some(id)));
    assert_eq!(seen.len(), 3, "{id:?}");
    assert_eq!(seen[0][0], "gap");
    assert_eq!([&seen[1][1], &seen[2][1]], ["4", "5"]);
}

#[test]
fn ids_with_control_characters_are_gaps() {
    let (channel, id) = channel_of_five();
    for control in ["\t", "\u{85}", " "] {
        for value in [format!("{id}{control}"), format!("{control}{id}")] {
            assert_is_gap(&channel, &from_header(value.as_bytes()).unwrap());
        }
    }
    assert_is_gap(&channel, &from_header(b"\xff-1").unwrap());
    assert_eq!(from_header(b""), None);
}

#[test]
fn ids_that_are_nearly_right_are_gaps() {
    let (channel, id) = channel_of_five();
    let (epoch, _) = parts(&id);
    let numbers = [
        "", "04", "00", "+4", "-4", " 4", "4.0", "4-", "4a", "0x4", "4e0", "٤", "４", "²",
    ];
    for number in numbers {
        let value = format!("{epoch}-{number}");
        assert_is_gap(&channel, &from_header(value.as_bytes()).unwrap());
    }
    let flipped: String = epoch.chars().map(flip).collect();
    let epochs = [
        "",
        &epoch[..5],
        &epoch[1..],
        &format!("{epoch}0"),
        &format!("{epoch}00"),
        &format!("x-{epoch}"),
        &format!("{epoch} "),
        &flipped,
        "é",
    ];
    for epoch in epochs {
        let value = format!("{epoch}-4");
        assert_is_gap(&channel, &from_header(value.as_bytes()).unwrap());
    }
    for value in [epoch, "-", "4", "--", "0", "null", "undefined"] {
        assert_is_gap(&channel, &from_header(value.as_bytes()).unwrap());
    }
}

/// Changes the case of a letter, and any digit.
fn flip(digit: char) -> char {
    match digit {
        'a'..='z' => digit.to_ascii_uppercase(),
        'A'..='Z' => digit.to_ascii_lowercase(),
        '9' => '0',
        _ => '9',
    }
}

#[test]
fn numbers_beyond_64_bits_are_gaps() {
    let (channel, id) = channel_of_five();
    for number in [
        u128::from(u64::MAX),
        1 << 64,
        // 4 or 5, if it wrapped.
        (1 << 64) + 3,
        (1 << 64) + 4,
        u128::MAX,
    ] {
        let value = format!("{}-{number}", parts(&id).0);
        assert_is_gap(&channel, &from_header(value.as_bytes()).unwrap());
    }
}

#[test]
fn long_ids_are_gaps_and_not_sent_back() {
    let (channel, id) = channel_of_five();
    let zeros = format!("{}-{}4", parts(&id).0, "0".repeat(4096 - 8));
    let longest = ["a".repeat(4096), "9".repeat(4096), "-".repeat(4096), zeros];
    let longer = longest.clone().map(|longest| longest + "4");
    for value in longest.into_iter().chain(longer) {
        let id = from_header(value.as_bytes()).unwrap();
        assert_is_gap(&channel, &id);
        let mut subscriber = channel.resume(Some(&id));
        assert!(!wire(&mut subscriber).contains(&value[..1000]));
    }
}
