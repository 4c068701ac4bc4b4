//! Random streams, cut at random, with random silences.

use std::time::Duration;

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::runtime::{Builder, Runtime};

use crate::{adopting::adopted, cases::cases, decode::read, setting::Setting};

/// Line ends, fields and what resembles them, and bytes that are not UTF-8.
const PIECES: [&[u8]; 28] = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\r\r",
    b"\r\n\r\n",
    b"data: x",
    b"data:  y ",
    b"data",
    b"data:",
    b"id: 7",
    b"id: \0",
    b"id",
    b"event: e",
    b"event",
    b"retry: 5",
    b"retry: 5x",
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
];

const ENDS: [&[u8]; 3] = [b"\n", b"\r", b"\r\n"];

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        2 => select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        1 => (select(&PIECES[..]), select(&ENDS[..])).prop_map(|(piece, end)| [piece, end].concat()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// How long chunks are, and how long the silences after them.
fn pace() -> impl Strategy<Value = Vec<(usize, Duration)>> {
    let length = prop_oneof![Just(1), 0..20usize];
    let silence = prop_oneof![Just(0), 1..60_000u64].prop_map(Duration::from_millis);
    vec((length, silence), 1..12)
}

fn chunks(stream: &[u8], pace: Vec<(usize, Duration)>) -> Vec<(Bytes, Duration)> {
    let mut rest = Bytes::copy_from_slice(stream);
    let mut chunks = Vec::new();
    for (length, silence) in pace {
        chunks.push((rest.split_to(length.min(rest.len())), silence));
    }
    chunks.push((rest, Duration::ZERO));
    chunks
}

/// A runtime whose clock goes on by itself when all else waits.
fn paused() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_stream_is_read_as_it_was(
        stream in stream(),
        pace in pace(),
        setting in select(Setting::all()),
    ) {
        let chunks = chunks(&stream, pace);
        let adopted = paused().block_on(adopted(&setting.layer(), chunks));
        setting.assert_unchanged(&read(&stream), &adopted);
    }

    #[test]
    fn a_stream_after_a_byte_order_mark_is_read_as_without(
        stream in stream(),
        pace in pace(),
        setting in select(Setting::all()),
    ) {
        let marked = [b"\xef\xbb\xbf", &stream[..]].concat();
        let chunks = chunks(&marked, pace);
        let adopted = paused().block_on(adopted(&setting.layer(), chunks));
        setting.assert_unchanged(&read(&marked), &adopted);
    }
}
