//! Bodies whose data is not `Bytes`, nor in one piece.

use std::{collections::VecDeque, time::Duration};

use bytes::{Buf, Bytes, buf::Chain};
use http::Response;
use http_body_util::BodyExt;

use crate::{
    adopting::{adopted, body, through},
    decode::read,
    setting::{SILENCE, Setting},
    streams,
};

/// Two pieces, the first read in part already.
fn chain(bytes: &[u8]) -> Chain<Bytes, Bytes> {
    let (left, right) = bytes.split_at(bytes.len() / 2);
    let mut left = Bytes::from([b"gone", left].concat());
    left.advance(4);
    left.chain(Bytes::copy_from_slice(right))
}

/// A ring that goes over the end of its memory, so that the bytes are in two pieces.
fn ring(bytes: &[u8]) -> VecDeque<u8> {
    let (left, right) = bytes.split_at(bytes.len() / 2);
    let mut ring = VecDeque::with_capacity(bytes.len());
    ring.extend(right);
    left.iter().rev().for_each(|byte| ring.push_front(*byte));
    ring
}

#[test]
fn are_in_two_pieces() {
    let stream = &streams::all()[0];
    assert!(chain(stream).chunk().len() < stream.len());
    assert!(ring(stream).chunk().len() < stream.len());
}

#[tokio::test(start_paused = true)]
async fn are_adopted_as_any() {
    for stream in streams::all() {
        let original = read(&stream);
        for setting in Setting::all() {
            for size in [1, 2, 3, 7, stream.len()] {
                let chunks = || stream.chunks(size).map(|chunk| (chunk, SILENCE));
                let layer = setting.layer();
                let chains = chunks().map(|(chunk, rest)| (chain(chunk), rest));
                setting.assert_unchanged(&original, &adopted(&layer, chains).await);
                let rings = chunks().map(|(chunk, rest)| (ring(chunk), rest));
                setting.assert_unchanged(&original, &adopted(&layer, rings).await);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pass_through_where_there_is_no_stream() {
    let page: Vec<u8> = (0..=255).collect();
    for setting in Setting::all() {
        let chunks = page.chunks(100).map(|chunk| (chain(chunk), SILENCE));
        let response = through(&setting.layer(), Response::new(body(chunks))).await;
        let collected = response.into_body().collect().await.unwrap();
        assert_eq!(collected.to_bytes(), page);

        let chunks = page.chunks(100).map(|chunk| (ring(chunk), Duration::ZERO));
        let response = through(&setting.layer(), Response::new(body(chunks))).await;
        let collected = response.into_body().collect().await.unwrap();
        assert_eq!(collected.to_bytes(), page);
    }
}
