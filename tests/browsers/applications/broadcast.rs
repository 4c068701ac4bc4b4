use serde_json::json;

use super::ENTER;
use crate::{browser::Browser, example::Example, screenshots};

const SAID: &str = "[...messages.children].map((item) => item.textContent)";

pub(super) async fn sends_to_both_tabs_and_stops_with_the_last(browser: &Browser) {
    let mut broadcast = Example::start("broadcast").await;
    let url = broadcast.url("/");
    let first = browser.open(&url).await;
    broadcast.until("the first client is here").await;
    let second = browser.open(&url).await;
    for tab in [&first, &second] {
        tab.shows("#state", "connected").await;
        tab.shows("#clients", "2").await;
        tab.until("Number(clock.textContent) >= 1").await;
    }

    // What a person says is text, whatever it looks like.
    let markup = "<b>fish</b> & data: chips";
    first.keys("#text", &format!("{markup}{ENTER}")).await;
    second.until_is(SAID, json!([markup])).await;
    second.keys("#text", &format!("žluťoučký{ENTER}")).await;
    for tab in [&first, &second] {
        tab.until_is(SAID, json!(["žluťoučký", markup])).await;
        tab.until_is("text.value", "").await;
    }
    let long = "a message of more words than one line of a phone has room for";
    screenshots::take(browser, "broadcast", &url, async |tab| {
        tab.shows("#clients", "3").await;
        let publish = format!("fetch('/publish', {{ method: 'POST', body: {long:?} }})");
        tab.run(&publish).await;
        tab.until_is(SAID, json!([long])).await;
    })
    .await;

    let killed = broadcast.kill().await;
    for tab in [&first, &second] {
        tab.shows("#state", "connecting").await;
    }
    let mut broadcast = killed.restart().await;
    for tab in [&first, &second] {
        tab.shows("#state", "connected").await;
    }
    first.keys("#text", &format!("again{ENTER}")).await;
    let gap = "some events are not known any more";
    // One for each screenshot.
    let said = json!(["again", gap, long, long, "žluťoučký", markup]);
    for tab in [&first, &second] {
        tab.until_is(SAID, said.clone()).await;
    }

    first.close().await;
    second.shows("#clients", "1").await;
    second.close().await;
    broadcast
        .until("the last client has left: the feed stops")
        .await;
}
