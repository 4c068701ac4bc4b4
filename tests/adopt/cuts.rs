//! A silence at every byte.

use std::time::Duration;

use crate::{
    adopting::adopted,
    decode::read,
    setting::{Beat, SILENCE, Setting},
    streams,
};

/// The stream in two chunks, with a silence between.
fn cut(stream: &[u8], at: usize) -> [(&[u8], Duration); 2] {
    let (left, right) = stream.split_at(at);
    [(left, SILENCE), (right, Duration::ZERO)]
}

#[tokio::test(start_paused = true)]
async fn a_silence_anywhere_changes_no_event() {
    for stream in streams::all() {
        let original = read(&stream);
        for setting in Setting::all() {
            let layer = setting.layer();
            for at in 0..=stream.len() {
                let adopted = adopted(&layer, cut(&stream, at)).await;
                setting.assert_unchanged(&original, &adopted);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silence_after_every_byte_changes_no_event() {
    for stream in streams::all() {
        let original = read(&stream);
        for setting in Setting::all() {
            let chunks = stream.chunks(1).map(|byte| (byte, SILENCE));
            let adopted = adopted(&setting.layer(), chunks).await;
            setting.assert_unchanged(&original, &adopted);
        }
    }
}

/// Returns whether a line of ours after these bytes breaks nothing, by the last of them alone.
fn is_safe(before: &[u8]) -> bool {
    matches!(
        before,
        [] | [.., b'\n'] | [b'\r'] | [.., b'\r' | b'\n', b'\r']
    )
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_is_sent_wherever_it_is_safe() {
    let layer = Setting::only(Beat::Text).layer();
    for stream in streams::all() {
        for at in 0..=stream.len() {
            let adopted = adopted(&layer, cut(&stream, at)).await;
            let beats = adopted
                .windows(8)
                .filter(|bytes| *bytes == b": still\n")
                .count();
            let expected = if is_safe(&stream[..at]) { 2 } else { 0 };
            assert_eq!(beats, expected, "after {at} bytes");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_preamble_and_heartbeat_every_byte_is_the_same() {
    let layer = Setting::only(Beat::Off).layer();
    for stream in streams::all() {
        for at in 0..=stream.len() {
            assert_eq!(adopted(&layer, cut(&stream, at)).await, stream);
        }
    }
}
