//! How many heartbeats there are in a silence, and which: written out by hand.
//!
//! This is row 14 of the facts about the wire format.

use std::time::Duration;

use crate::{
    adopting::adopted,
    setting::{Beat, Opening, SILENCE, Setting},
};

/// What is sent of chunks of which each is followed by a silence of two heartbeats.
async fn sent(setting: Setting, chunks: &[&'static str]) -> String {
    let chunks = chunks.iter().map(|chunk| (chunk.as_bytes(), SILENCE));
    let adopted = adopted(&setting.layer(), chunks).await;
    String::from_utf8(adopted.into()).unwrap()
}

async fn sent_with(beat: Beat, chunks: &[&'static str]) -> String {
    sent(Setting::only(beat), chunks).await
}

#[tokio::test(start_paused = true)]
async fn between_events_a_heartbeat_is_a_line() {
    for stream in [
        "",
        "\n",
        "data: x\n\n",
        "data: x\r\r",
        "data: x\r\n\r\n",
        "data: x\r\n\r",
    ] {
        let expected = format!("{stream}:\n:\n");
        assert_eq!(sent_with(Beat::Empty, &[stream]).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn within_an_event_a_heartbeat_is_a_line() {
    for stream in ["data: x\n", "data: x\r\n", "\ndata: x\r\r\nid: 1\n", ":\n"] {
        let expected = format!("{stream}:\n:\n");
        assert_eq!(sent_with(Beat::Empty, &[stream]).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn within_a_line_there_is_no_heartbeat() {
    for stream in ["d", "data: x", "data: x\n\ndata", "data: x\n:"] {
        assert_eq!(sent_with(Beat::Empty, &[stream]).await, stream);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_lone_cr_within_an_event_there_is_none_before_the_next_byte() {
    let cr = "data: x\r";
    assert_eq!(sent_with(Beat::Empty, &[cr]).await, cr);
    // It was half a CRLF.
    assert_eq!(
        sent_with(Beat::Empty, &[cr, "\n", "\r\n"]).await,
        "data: x\r\n:\n:\n\r\n:\n:\n"
    );
    // It was a line end of its own; the next byte is within a line again.
    assert_eq!(
        sent_with(Beat::Empty, &[cr, "d", "ata: y\n"]).await,
        "data: x\rdata: y\n:\n:\n"
    );
    // It was a line end of its own, and the next byte is a blank line.
    assert_eq!(
        sent_with(Beat::Empty, &[cr, "\r"]).await,
        "data: x\r\r:\n:\n"
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_cr_between_events_the_lf_of_a_crlf_may_come_late() {
    assert_eq!(
        sent_with(Beat::Empty, &["data: x\r\n\r", "\n", "data: y\n\n"]).await,
        "data: x\r\n\r:\n:\n\n:\n:\ndata: y\n\n:\n:\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_text_is_a_comment_line_for_each_of_its_own() {
    let text = ": still\n: here\n: data: comment\n:\n";
    assert_eq!(
        sent_with(Beat::Text, &["data: x\n", "\n"]).await,
        format!("data: x\n{text}{text}\n{text}{text}")
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_is_an_empty_comment_within_another() {
    let event = "event: ping\ndata: a\ndata: b\n\n";
    assert_eq!(
        sent_with(Beat::Event, &["data: x\n", "\n"]).await,
        format!("data: x\n:\n:\n\n{event}{event}")
    );
}

#[tokio::test(start_paused = true)]
async fn before_the_first_event_comments_do_not_end_the_block_of_the_retry() {
    let opened = |beat, opening| Setting {
        beat,
        opening,
        retry: true,
    };
    let line = opened(Beat::Empty, Opening::Line);
    assert_eq!(
        sent(line, &["", "data: x\n\n"]).await,
        "retry: 3000\n:\n:\ndata: x\n\n:\n:\n"
    );
    let guarded = opened(Beat::Text, Opening::Guarded);
    let text = ": still\n: here\n: data: comment\n:\n";
    assert_eq!(
        sent(guarded, &["", "data: x"]).await,
        format!("\nevent: discard\n\nretry: 3000\n{text}{text}data: x")
    );
    // An event is what the block waits for.
    let event = opened(Beat::Event, Opening::Line);
    let ping = "event: ping\ndata: a\ndata: b\n\n";
    assert_eq!(
        sent(event, &["", "data: x"]).await,
        format!("retry: 3000\n{ping}{ping}data: x")
    );
}

#[tokio::test(start_paused = true)]
async fn none_is_due_while_the_stream_is_busy() {
    let layer = Setting::only(Beat::Empty).layer();
    let busy = ["data: x\n\n"; 9].map(|chunk| (chunk.as_bytes(), Duration::from_secs(9)));
    assert_eq!(adopted(&layer, busy).await, "data: x\n\n".repeat(9));
}
