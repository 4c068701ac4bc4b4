use crate::{browser::Browser, example::Example, screenshots};

pub(super) async fn ticks_and_goes_on(browser: &Browser) {
    let clock = Example::start("clock").await;
    let tab = browser.open(&clock.url("/")).await;
    tab.shows("#state", "connected").await;
    screenshots::take(browser, "clock", &clock.url("/"), async |tab| {
        tab.until("Number(clock.textContent) >= 1").await;
    })
    .await;
    tab.until("Number(clock.textContent) >= 5").await;

    let killed = clock.kill().await;
    tab.shows("#state", "connecting").await;
    let _clock = killed.restart().await;
    tab.shows("#state", "connected").await;
    // From the beginning.
    tab.until("Number(clock.textContent) < 5").await;
    tab.until("Number(clock.textContent) >= 2").await;
}
