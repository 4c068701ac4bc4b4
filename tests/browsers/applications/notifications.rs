use serde_json::json;

use super::ENTER;
use crate::{browser::Browser, example::Example, scratch::Scratch, screenshots, tab::Tab};

const SHOWN: &str = "[...unread.children].map((item) => item.children[1].textContent)";

pub(super) async fn follow_the_rights_and_the_database(browser: &Browser) {
    let kept = Scratch::new();
    let variables = vec![("NOTIFICATIONS", kept.path().join("notifications"))];
    let example = Example::start_with("notifications", variables).await;
    let ada = browser.open(&example.url("/")).await;
    ada.keys("#login input", &format!("ada{ENTER}")).await;
    ada.shows("#user", "ada").await;
    let other = browser.open(&example.url("/")).await;
    for tab in [&ada, &other] {
        tab.shows("#state", "connected").await;
        tab.shows("#here", "nobody").await;
    }

    // Enter is a click on the first button of the form.
    ada.keys("#member", &format!("ada{ENTER}")).await;
    for tab in [&ada, &other] {
        tab.shows("#here", "ada").await;
    }
    send(&ada, "one").await;
    send(&ada, "two").await;
    for tab in [&ada, &other] {
        tab.until_is(SHOWN, json!(["two", "one"])).await;
    }
    screenshots::take(browser, "notifications", &example.url("/"), async |tab| {
        tab.until_is(SHOWN, json!(["two", "one"])).await;
    })
    .await;

    let killed = example.kill().await;
    ada.shows("#state", "connecting").await;
    let _example = killed.restart().await;
    ada.keys("#unread button", ENTER).await;
    for tab in [&ada, &other] {
        tab.shows("#state", "connected").await;
        tab.until_is(SHOWN, json!(["one"])).await;
    }
    ada.keys("button[value='DELETE']", ENTER).await;
    for tab in [&ada, &other] {
        tab.shows("#here", "nobody").await;
    }
}

/// Sends a notification to all.
async fn send(tab: &Tab, text: &str) {
    tab.keys("#text", &format!("{text}{ENTER}")).await;
    tab.until_is("text.value", json!("")).await;
}
