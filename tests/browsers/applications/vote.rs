use super::ENTER;
use crate::{browser::Browser, example::Example, scratch::Scratch, screenshots, tab::Tab};

pub(super) async fn counts_live_and_keeps_the_votes(browser: &Browser) {
    let kept = Scratch::new();
    let variables = vec![("VOTES", kept.path().join("votes"))];
    let vote = Example::start_with("vote", variables).await;
    let results = browser.open(&vote.url("/result")).await;
    shows(&results, ["0", "0"]).await;
    results.shows("#state", "Connected").await;

    let voter = browser.open(&vote.url("/")).await;
    cast(&voter, "true").await;
    shows(&results, ["1", "0"]).await;
    for (choice, counts) in [("false", ["1", "1"]), ("true", ["2", "1"])] {
        voter.keys("a[href='/']", ENTER).await;
        cast(&voter, choice).await;
        shows(&results, counts).await;
    }
    for (name, path) in [("vote", "/"), ("vote-thanks", "/thanks")] {
        screenshots::take(browser, name, &vote.url(path), async |tab| {
            tab.until("document.querySelector('h1')").await;
        })
        .await;
    }
    screenshots::take(browser, "vote-result", &vote.url("/result"), async |tab| {
        shows(tab, ["2", "1"]).await;
    })
    .await;

    let killed = vote.kill().await;
    results.shows("#state", "Connecting").await;
    let vote = killed.restart().await;
    results.shows("#state", "Connected").await;
    shows(&results, ["2", "1"]).await;
    voter.go(&vote.url("/")).await;
    cast(&voter, "false").await;
    shows(&results, ["2", "2"]).await;
}

/// Votes, by the keyboard.
async fn cast(voter: &Tab, choice: &str) {
    voter
        .keys(&format!("button[value='{choice}']"), ENTER)
        .await;
    voter.shows("h1", "Thanks for your vote").await;
}

async fn shows(results: &Tab, [yes, no]: [&str; 2]) {
    results.shows("#yes", yes).await;
    results.shows("#no", no).await;
}
