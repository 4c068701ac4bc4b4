//! A byte order mark at the start of a stream that something is put before.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt;

use crate::{
    adopting::{adopted, body, event_stream, through},
    decode::read,
    setting::{Beat, Opening, SILENCE, Setting},
    streams,
};

const BOM: &[u8] = b"\xef\xbb\xbf";

fn has_bom(bytes: &[u8]) -> bool {
    bytes.windows(BOM.len()).any(|window| window == BOM)
}

#[tokio::test(start_paused = true)]
async fn goes_however_the_stream_is_cut() {
    for stream in streams::all() {
        let original = read(&stream);
        let marked = [BOM, &stream].concat();
        assert_eq!(read(&marked), original);
        for setting in Setting::all() {
            let layer = setting.layer();
            for at in 0..=marked.len() {
                let (left, right) = marked.split_at(at);
                let chunks = [(left, SILENCE), (right, Duration::ZERO)];
                let adopted = adopted(&layer, chunks).await;
                setting.assert_unchanged(&original, &adopted);
                assert!(!has_bom(&adopted));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn goes_in_single_bytes_with_empty_chunks_and_silences_between() {
    let stream = &streams::all()[0];
    let original = read(stream);
    for setting in Setting::all() {
        let bytes = BOM.chunks(1).flat_map(|byte| [b"", byte]);
        let chunks = bytes.chain([&stream[..]]).map(|chunk| (chunk, SILENCE));
        let adopted = adopted(&setting.layer(), chunks).await;
        setting.assert_unchanged(&original, &adopted);
        assert!(!has_bom(&adopted));
    }
}

/// What is sent of a stream in which a silence follows each of these chunks.
async fn sent(opening: Opening, chunks: &[&'static str]) -> String {
    let setting = Setting {
        beat: Beat::Empty,
        opening,
        retry: true,
    };
    let chunks = chunks.iter().map(|chunk| (chunk.as_bytes(), SILENCE));
    let adopted = adopted(&setting.layer(), chunks).await;
    String::from_utf8(adopted.into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn goes_once_and_at_the_start_alone() {
    let twice = ["\u{feff}\u{feff}data: x\n"];
    assert_eq!(
        sent(Opening::Line, &twice).await,
        "retry: 3000\n\u{feff}data: x\n:\n:\n"
    );
    let twice_in_two = ["\u{feff}", "\u{feff}data: x\n"];
    assert_eq!(
        sent(Opening::Line, &twice_in_two).await,
        "retry: 3000\n:\n:\n\u{feff}data: x\n:\n:\n"
    );
    let later = ["\n", "\u{feff}data: x\n"];
    assert_eq!(
        sent(Opening::Off, &later).await,
        "\n:\n:\n\u{feff}data: x\n:\n:\n"
    );
}

#[tokio::test(start_paused = true)]
async fn is_not_waited_for_by_heartbeats() {
    let chunks = ["\u{feff}", "data: x\n\n"];
    assert_eq!(sent(Opening::Off, &chunks).await, ":\n:\ndata: x\n\n:\n:\n");
    // Before the first event there is no blank line: the block of the `retry` is not to end.
    assert_eq!(
        sent(Opening::Line, &chunks).await,
        "retry: 3000\n:\n:\ndata: x\n\n:\n:\n"
    );
}

#[tokio::test(start_paused = true)]
async fn keeps_bytes_that_only_begin_like_one() {
    let layer = Setting::only(Beat::Off).layer();
    for stream in [
        &b"\xef\xbb\ndata: x\n\n"[..],
        b"\xef\xef\xbb\xbf\n",
        b"\xbb\xbf\n",
    ] {
        for at in 0..=stream.len() {
            let (left, right) = stream.split_at(at);
            let chunks = [(left, SILENCE), (right, SILENCE)];
            assert_eq!(adopted(&layer, chunks).await, stream);
        }
    }
}

/// Returns what clients read of two marks before a stream: the second spoils the first field.
#[tokio::test(start_paused = true)]
async fn of_two_the_second_is_read_as_without_the_layer() {
    let first_is_spoiled = "data: y\n\n";
    assert_eq!(
        read("\u{feff}\u{feff}data: x\ndata: y\n\n".as_bytes()),
        read(first_is_spoiled.as_bytes())
    );
    for stream in streams::all() {
        let marked = [BOM, BOM, &stream].concat();
        let original = read(&marked);
        for setting in Setting::all() {
            let layer = setting.layer();
            for at in 0..=BOM.len() * 2 + 1 {
                let (left, right) = marked.split_at(at);
                for silence in [Duration::ZERO, SILENCE] {
                    let chunks = [(left, silence), (right, Duration::ZERO)];
                    let adopted = adopted(&layer, chunks).await;
                    setting.assert_unchanged(&original, &adopted);
                }
            }
        }
    }
}

/// Returns the frames of a stream that ends after these chunks, with nothing put in.
async fn frames(chunks: &[&'static str]) -> Vec<Bytes> {
    let layer = Setting::only(Beat::Off).layer();
    let chunks = chunks.iter().map(|chunk| (chunk.as_bytes(), SILENCE));
    let mut body = pin!(
        through(&layer, event_stream(body(chunks)))
            .await
            .into_body()
    );
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        frames.push(frame.unwrap().into_data().unwrap());
    }
    frames
}

#[tokio::test(start_paused = true)]
async fn two_with_nothing_before_stay_in_one_frame() {
    assert_eq!(
        frames(&["\u{feff}\u{feff}data: x\n\n"]).await,
        ["\u{feff}\u{feff}data: x\n\n"]
    );
    assert_eq!(
        frames(&["\u{feff}", "", "\u{feff}", "data: x\n\n"]).await,
        ["\u{feff}\u{feff}", "data: x\n\n"]
    );
    assert_eq!(frames(&["\u{feff}", "data: x\n\n"]).await, ["data: x\n\n"]);
    assert_eq!(frames(&["\u{feff}"]).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_first_of_two_goes_where_a_heartbeat_comes_first() {
    assert_eq!(
        sent(Opening::Off, &["\u{feff}", "\u{feff}data: x\n"]).await,
        ":\n:\n\u{feff}data: x\n:\n:\n"
    );
    assert_eq!(
        sent(Opening::Off, &["\u{feff}\u{feff}data: x\n"]).await,
        "\u{feff}\u{feff}data: x\n:\n:\n"
    );
}
