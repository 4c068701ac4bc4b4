//! Random streams, cut at random: the closure gets what clients read, and clients read what it makes of that.

use bytes::Bytes;
use futures::FutureExt;
use proptest::{collection::vec, prelude::*, sample::select};
use tower_sse::{Event, EventAction, EventMapBody, OversizePolicy};

use crate::{
    bodies::{Act::*, *},
    cases::cases,
    decode::Client,
};

/// Line ends, fields and what resembles them, and bytes that are not UTF-8.
const PIECES: [&[u8]; 29] = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\r\r",
    b"\r\n\r\n",
    b"data: x\n\n",
    b"data: y",
    b"data:  y ",
    b"data",
    b"data:",
    b"id: 7",
    b"id: \0",
    b"id",
    b"event: e",
    b"event",
    b"retry: 5",
    b"retry",
    b": comment",
    b":",
    b"Data: x",
    b"\xef\xbb\xbf",
    b"\xef",
    b"\xbb",
    b"\xff",
    b"\0",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\ndata: w\r\n\r\n",
];

const ENDS: [&[u8]; 3] = [b"\n", b"\r", b"\r\n"];

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        2 => select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        2 => (select(&PIECES[..]), select(&ENDS[..])).prop_map(|(piece, end)| [piece, end].concat()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Cuts a stream into chunks of these lengths. After some of them it is pending.
fn cut(stream: &[u8], cuts: &[(usize, bool)]) -> Acting {
    let mut rest = Bytes::copy_from_slice(stream);
    let mut acts = Vec::new();
    for &(length, waits) in cuts {
        acts.push(Data(rest.split_to(length.min(rest.len()))));
        acts.extend(waits.then_some(Wait));
    }
    acts.push(Data(rest));
    acting(acts)
}

fn cuts() -> impl Strategy<Value = Vec<(usize, bool)>> {
    vec((prop_oneof![Just(1), 0..20usize], any::<bool>()), 1..20)
}

/// Returns all bytes of a body that is never pending for long.
fn bytes<F>(body: EventMapBody<Acting, F>) -> Vec<u8>
where
    F: FnMut(tower_sse::RawEvent<'_>) -> EventAction,
{
    let mut body = Box::pin(body);
    let mut bytes = Vec::new();
    for _ in 0..1000 {
        let frame = std::future::poll_fn(|cx| http_body::Body::poll_frame(body.as_mut(), cx));
        match frame.now_or_never() {
            Some(Some(frame)) => bytes.extend_from_slice(&frame.unwrap().into_data().unwrap()),
            Some(None) => return bytes,
            None => {}
        }
    }
    panic!("the body does not end");
}

/// What a client sees, without ids: those of events that are gone are gone too.
fn read(stream: &[u8]) -> Vec<[String; 2]> {
    let seen = Client::default().read(stream);
    seen.into_iter()
        .map(|[name, data, _]| [name, data])
        .collect()
}

/// What is done with an event, by its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Dropped,
    Replaced,
}

fn fate(data: &str, salt: u8) -> Fate {
    let sum = data.bytes().fold(salt, u8::wrapping_add);
    [Fate::Kept, Fate::Dropped, Fate::Replaced][usize::from(sum % 3)]
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_is_kept_stays_byte_for_byte(stream in stream(), cuts in cuts(), max in 0..60usize) {
        let body = || EventMapBody::new(cut(&stream, &cuts), |_| EventAction::Keep);
        prop_assert_eq!(bytes(body()), &stream[..]);
        let body = body().max_event_size(max, OversizePolicy::pass_through());
        prop_assert_eq!(bytes(body), &stream[..]);
    }

    #[test]
    fn clients_read_what_is_made_of_the_events(stream in stream(), cuts in cuts(), salt: u8) {
        let read_before = read(&stream);
        let mut seen = Vec::new();
        let body = EventMapBody::new(cut(&stream, &cuts), |event| {
            let Some(data) = event.data() else {
                return EventAction::Keep;
            };
            seen.push([event.name().into_owned(), data.clone().into_owned()]);
            match fate(&data, salt) {
                Fate::Kept => EventAction::Keep,
                Fate::Dropped => EventAction::Drop,
                Fate::Replaced => EventAction::replace(Event::new("other")),
            }
        });
        let sent = bytes(body);
        prop_assert_eq!(&seen, &read_before);
        let expected: Vec<_> = read_before
            .into_iter()
            .filter_map(|[name, data]| match fate(&data, salt) {
                Fate::Kept => Some([name, data]),
                Fate::Dropped => None,
                Fate::Replaced => Some(["message".to_owned(), "other".to_owned()]),
            })
            .collect();
        prop_assert_eq!(read(&sent), expected, "sent {:?}", String::from_utf8_lossy(&sent));
    }

    #[test]
    fn cuts_change_nothing(stream in stream(), cuts in cuts(), salt: u8, max in 0..60usize) {
        let map = |cuts: &[(usize, bool)]| {
            let body = EventMapBody::new(cut(&stream, cuts), |event| {
                match fate(&String::from_utf8_lossy(event.as_bytes()).replace(['\r', '\n'], ""), salt) {
                    Fate::Kept => EventAction::Keep,
                    Fate::Dropped => EventAction::Drop,
                    Fate::Replaced => EventAction::replace(Event::new("other")),
                }
            });
            bytes(body.max_event_size(max, OversizePolicy::pass_through()))
        };
        prop_assert_eq!(map(&cuts), map(&[]));
    }
}
