//! The names of channels.

use tower_sse::{Channel, ChannelError, Event, InvalidName};

use crate::hub::hub;

#[test]
fn have_at_most_255_bytes() {
    let hub = hub(9);
    let name = "é".repeat(127) + "x";
    let channel: Channel = hub.channel(&name).unwrap();
    assert_eq!((channel.name().len(), channel.name()), (255, &*name));
    let error = hub.channel::<Event>(&"x".repeat(256)).unwrap_err();
    assert_eq!(
        error,
        ChannelError::Name(InvalidName::TooLong { len: 256, max: 255 })
    );
}

#[test]
fn are_not_empty() {
    assert_eq!(
        hub(9).channel::<Event>("").unwrap_err(),
        ChannelError::Name(InvalidName::Empty)
    );
}

#[test]
fn have_no_control_characters() {
    let hub = hub(9);
    for (name, at) in [
        ("\n", 0),
        ("a\r", 1),
        ("é\0é", 2),
        ("ab\u{85}", 2),
        ("abc\u{7f}", 3),
    ] {
        let error = hub.channel::<Event>(name).unwrap_err();
        assert_eq!(
            error,
            ChannelError::Name(InvalidName::ControlCharacter { at }),
            "{name:?}"
        );
        assert_eq!(hub.subscribe(["a", name]).unwrap_err(), error);
    }
    for name in [" ", "a b", "\u{2028}", "a:b/c?d#e", "\u{feff}", "\"\\"] {
        assert_eq!(hub.channel::<Event>(name).unwrap().name(), name);
    }
}
