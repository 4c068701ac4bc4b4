use serde_json::json;

use super::ENTER;
use crate::{browser::Browser, example::Example, scratch::Scratch, screenshots, tab::Tab};

pub(super) async fn misses_nothing(browser: &Browser) {
    let kept = Scratch::new();
    let variables = vec![("EVENTS", kept.path().join("events"))];
    let resume = Example::start_with("resume", variables).await;
    let tab = browser.open(&resume.url("/")).await;
    tab.shows("#state", "connected").await;
    tab.keys("#text", &format!("typed{ENTER}in two lines"))
        .await;
    tab.click("#form button").await;
    tab.until_is("text.value", "").await;
    let mut said = vec!["typed\nin two lines".to_owned()];
    shows(&tab, &said).await;

    // More than the channel holds.
    tab.click("#switch").await;
    tab.shows("#state", "disconnected").await;
    publish(&resume, 0..40, &mut said).await;
    tab.click("#switch").await;
    tab.shows("#state", "connected").await;
    shows(&tab, &said).await;

    let killed = resume.kill().await;
    tab.shows("#state", "connecting").await;
    let resume = killed.restart().await;
    // Before the page is back.
    publish(&resume, 40..60, &mut said).await;
    tab.shows("#state", "connected").await;
    publish(&resume, 60..62, &mut said).await;
    shows(&tab, &said).await;

    let first = tab.get("events.lastChild.firstChild.textContent").await;
    let from = format!("/?lastEventId={}", first.as_str().unwrap());
    screenshots::take(browser, "resume", &resume.url(&from), async |tab| {
        tab.until_is("events.children.length", 62).await;
    })
    .await;
}

async fn publish(resume: &Example, numbers: std::ops::Range<u32>, said: &mut Vec<String>) {
    let client = reqwest::Client::new();
    for number in numbers {
        let text = format!("event {number}");
        let request = client
            .post(resume.url("/events"))
            .header("content-type", "application/json")
            .body(json!({ "data": text }).to_string());
        assert_eq!(request.send().await.unwrap().status(), 200);
        said.push(text);
    }
}

/// Waits until the page shows these events, each once, the newest first.
async fn shows(tab: &Tab, said: &[String]) {
    let shown = "[...document.getElementById('events').children].reverse().map((item) => item.lastChild.textContent)";
    tab.until_is(shown, json!(said)).await;
}
