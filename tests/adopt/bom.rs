//! A byte order mark at the start of a stream that something is put before.

use std::time::Duration;

use crate::{
    adopting::adopted,
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
