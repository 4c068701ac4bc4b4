use serde_json::Value;

use super::ENTER;
use crate::{browser::Browser, engine::Engine, example::Example, screenshots, tab::Tab};

pub(super) async fn answers_and_can_be_stopped(browser: &Browser) {
    let mut llm = Example::start("llm").await;
    let tab = browser.open(&llm.url("/")).await;
    tab.shows("#state", "ready").await;
    tab.keys("#prompt", ENTER).await;
    begins(&tab).await;
    tab.shows("#state", "ready").await;
    llm.until("finished after 60 tokens").await;
    tab.until("document.getElementById('stop').disabled").await;
    tab.until_is(WORDS, 60).await;
    let whole = tab.get("answer.textContent").await;

    tab.click("#form button").await;
    begins(&tab).await;
    tab.click("#stop").await;
    tab.shows("#state", "stopped").await;
    llm.until("cancelled after").await;
    is_part(&tab, &whole).await;
    screenshots::take(browser, "llm", &llm.url("/"), async |tab| {
        tab.click("#form button").await;
        tab.until_is("answer.textContent", whole.clone()).await;
        tab.shows("#state", "ready").await;
    })
    .await;

    // Another question takes the place of the one that is being answered.
    tab.click("#form button").await;
    begins(&tab).await;
    tab.click("#form button").await;
    llm.until("cancelled after").await;
    let running = "state.textContent + document.getElementById('stop').disabled";
    let running = tab.get(running).await;
    assert!(
        running == "answeringfalse" || running == "readytrue",
        "{running}"
    );
    tab.until_is("answer.textContent", whole.clone()).await;
    tab.shows("#state", "ready").await;

    tab.click("#form button").await;
    begins(&tab).await;
    let killed = llm.kill().await;
    // WebKit does not distinguish a broken body from a complete one.
    let state = match browser.engine {
        Engine::WebKit => "cut off",
        Engine::Chromium | Engine::Firefox => "failed",
    };
    tab.shows("#state", state).await;
    is_part(&tab, &whole).await;
    let _llm = killed.restart().await;
    tab.click("#form button").await;
    tab.shows("#state", "ready").await;
    tab.until_is("answer.textContent", whole).await;
}

const WORDS: &str = "answer.textContent.split(' ').length";

/// Waits until some of an answer is there, but not all.
async fn begins(tab: &Tab) {
    tab.until(&format!("state.textContent == 'answering' && {WORDS} > 2"))
        .await;
}

/// Checks that an answer has been cut.
async fn is_part(tab: &Tab, whole: &Value) {
    let is_part = format!("{whole}.startsWith(answer.textContent)");
    assert_eq!(tab.get(&is_part).await, true);
    assert_ne!(tab.get("answer.textContent").await, *whole);
}
