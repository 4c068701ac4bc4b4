use serde_json::json;

use super::ENTER;
use crate::{browser::Browser, example::Example, scratch::Scratch, screenshots, tab::Tab};

pub(super) async fn misses_nothing(browser: &Browser) {
    let kept = Scratch::new();
    let variables = vec![("ORDERS", kept.path().join("orders"))];
    let resume = Example::start_with("resume", variables).await;
    let tab = browser.open(&resume.url("/")).await;
    tab.shows("#state", "connected").await;
    let mut ordered = Vec::new();

    // It has seen no event yet. The memory of the hub holds less.
    disconnect(&tab).await;
    let resume = resume.kill().await.restart().await;
    order(&resume, 0..20, &mut ordered).await;
    tab.click("#switch").await;
    shows(&tab, &ordered).await;

    tab.keys("#text", &format!("typed{ENTER}in two lines"))
        .await;
    tab.click("#form button").await;
    tab.until_is("text.value", "").await;
    ordered.push("typed\nin two lines".to_owned());
    shows(&tab, &ordered).await;

    disconnect(&tab).await;
    order(&resume, 20..60, &mut ordered).await;
    tab.click("#switch").await;
    shows(&tab, &ordered).await;

    // It goes on where it was, with an empty page.
    let before = ordered.len();
    tab.go(&resume.url("/")).await;
    tab.shows("#state", "connected").await;

    let killed = resume.kill().await;
    tab.shows("#state", "connecting").await;
    let resume = killed.restart().await;
    // Before the page is back.
    order(&resume, 60..80, &mut ordered).await;
    tab.shows("#state", "connected").await;
    order(&resume, 80..82, &mut ordered).await;
    shows(&tab, &ordered[before..]).await;

    let first = tab.get("events.lastChild.firstChild.textContent").await;
    let from = format!("/?lastEventId={}", first.as_str().unwrap());
    screenshots::take(browser, "resume", &resume.url(&from), async |tab| {
        tab.until_is("events.children.length", 21).await;
    })
    .await;
}

async fn disconnect(tab: &Tab) {
    tab.click("#switch").await;
    tab.shows("#state", "disconnected").await;
}

async fn order(resume: &Example, numbers: std::ops::Range<u32>, ordered: &mut Vec<String>) {
    let client = reqwest::Client::new();
    for number in numbers {
        let text = format!("item {number}");
        let request = client
            .post(resume.url("/orders"))
            .header("content-type", "application/json")
            .body(json!({ "items": [text] }).to_string());
        assert_eq!(request.send().await.unwrap().status(), 200);
        ordered.push(text);
    }
}

/// Waits until the page shows these events, each once, the newest first.
async fn shows(tab: &Tab, ordered: &[String]) {
    let shown = "[...document.getElementById('events').children].reverse().map((item) => item.lastChild.textContent)";
    tab.until_is(shown, json!(ordered)).await;
}
