use serde_json::json;

use super::ENTER;
use crate::{browser::Browser, example::Example, screenshots, tab::Tab};

pub(super) async fn talks_and_misses_nothing(browser: &Browser) {
    let chat = Example::start("chat").await;
    let ada = browser.open(&chat.url("/?name=ada")).await;
    let bob = browser.open(&chat.url("/?name=bob")).await;
    shows(&[&ada, &bob], HERE, &["ada", "bob"]).await;

    say(&ada, "hello bob").await;
    shows(&[&ada, &bob], SAID, &["ada: hello bob"]).await;
    say(&bob, "<i>hello</i> ada").await;
    let said = ["ada: hello bob", "bob: <i>hello</i> ada"];
    shows(&[&ada, &bob], SAID, &said).await;

    bob.reload().await;
    say(&ada, "still there?").await;
    let said = [said[0], said[1], "ada: still there?"];
    shows(&[&ada, &bob], SAID, &said).await;
    shows(&[&ada, &bob], HERE, &["ada", "bob"]).await;
    screenshots::take(browser, "chat", &chat.url("/?name=bob"), async |tab| {
        tab.until_is("messages.children.length", 3).await;
    })
    .await;

    let killed = chat.kill().await;
    for tab in [&ada, &bob] {
        tab.shows("#state", "connecting").await;
    }
    // What cannot be sent is not lost.
    bob.keys("#text", &format!("back again{ENTER}")).await;
    bob.shows("#state", "connecting, not sent").await;
    bob.until_is("text.value", "back again").await;
    let _chat = killed.restart().await;
    ada.shows("#state", "connected").await;
    bob.shows("#state", "connected, not sent").await;
    // A room that is new, below what was said in the old one.
    shows(&[&ada, &bob], HERE, &["ada", "bob"]).await;
    say(&bob, "").await;
    bob.shows("#state", "connected").await;
    let said = [
        said[0],
        said[1],
        said[2],
        "earlier messages are not kept",
        "bob: back again",
    ];
    shows(&[&ada, &bob], SAID, &said).await;

    bob.close().await;
    shows(&[&ada], HERE, &["ada"]).await;
}

const HERE: &str = "[...here.children].map((item) => item.textContent)";
const SAID: &str = "[...messages.children].map((item) => [...item.childNodes].map((part) => part.textContent).join(': '))";

async fn say(tab: &Tab, text: &str) {
    tab.keys("#text", &format!("{text}{ENTER}")).await;
    tab.until_is("text.value", "").await;
}

async fn shows(tabs: &[&Tab], list: &str, expected: &[&str]) {
    // `here` is a variable of the page, too.
    let list = list.replace("here.", "document.getElementById('here').");
    for tab in tabs {
        tab.until_is(&list, json!(expected)).await;
    }
}
