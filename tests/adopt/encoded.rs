//! Streams that are compressed, into which nothing can be put.

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use http_body_util::BodyExt;

use crate::{
    adopting::{body, event_stream, through},
    setting::{SILENCE, Setting},
};

/// `data: x` and a blank line, with gzip.
const ZIPPED: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\x49\x2c\x49\xb4\x52\xa8\xe0\xe2\x02\
    \0\x81\x7b\x33\x2b\x09\0\0\0";

/// Returns what is sent of the bytes, one by one, with a silence after each.
async fn sent(setting: Setting, bytes: &'static [u8], encodings: &[&'static str]) -> Bytes {
    let chunks = bytes.chunks(1).map(|byte| (byte, SILENCE));
    let mut response = event_stream(body(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, bytes.len().into());
    for encoding in encodings {
        headers.append(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    let response = through(&setting.layer(), response).await;
    assert!(
        !response.headers().contains_key(CONTENT_LENGTH),
        "it may be cut"
    );
    let collected = response.into_body().collect().await.unwrap();
    collected.to_bytes()
}

#[tokio::test(start_paused = true)]
async fn come_out_byte_for_byte() {
    for setting in Setting::all() {
        for encodings in [
            &["gzip"][..],
            &["GZip"],
            &["br"],
            &["gzip, identity"],
            &["gzip", "br"],
        ] {
            assert_eq!(sent(setting, ZIPPED, encodings).await, ZIPPED);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn come_out_byte_for_byte_whichever_header_says_so() {
    for setting in Setting::all() {
        let encodings = ["identity", "gzip"];
        assert_eq!(sent(setting, ZIPPED, &encodings).await, ZIPPED);
    }
}

#[tokio::test(start_paused = true)]
async fn keep_what_looks_like_a_byte_order_mark() {
    let bytes = b"\xef\xbb\xbf\n\n";
    for setting in Setting::all() {
        assert_eq!(sent(setting, bytes, &["deflate"]).await, &bytes[..]);
    }
}
