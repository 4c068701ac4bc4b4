use super::ENTER;
use crate::{browser::Browser, example::Example, screenshots};

pub(super) async fn answers_and_can_be_stopped(browser: &Browser) {
    let mut llm = Example::start("llm").await;
    let tab = browser.open(&llm.url("/")).await;
    tab.shows("#state", "ready").await;
    tab.keys("#prompt", ENTER).await;
    // Some of it is there before all of it.
    tab.until("state.textContent == 'answering' && answer.textContent.split(' ').length > 2")
        .await;
    tab.shows("#state", "ready").await;
    llm.until("finished after").await;
    tab.until("document.getElementById('stop').disabled").await;
    tab.until("answer.textContent.split(' ').length > 20").await;

    tab.click("#form button").await;
    tab.until("state.textContent == 'answering' && answer.textContent.split(' ').length > 2")
        .await;
    tab.click("#stop").await;
    tab.shows("#state", "stopped").await;
    llm.until("cancelled after").await;
    screenshots::take(browser, "llm", &llm.url("/"), async |tab| {
        tab.click("#form button").await;
        tab.shows("#state", "answering").await;
        tab.shows("#state", "ready").await;
    })
    .await;
}
