use crate::{browser::Browser, example::Example, screenshots};

pub(super) async fn ticks_and_goes_on(browser: &Browser) {
    let clock = Example::start("clock").await;
    let tab = browser.open(&clock.url("/")).await;
    tab.shows("#state", "connected").await;
    for second in ["0", "1", "2"] {
        tab.shows("#clock", second).await;
    }
    screenshots::take(browser, "clock", &clock.url("/"), async |tab| {
        tab.shows("#clock", "1").await;
    })
    .await;

    let killed = clock.kill().await;
    tab.shows("#state", "connecting").await;
    let _clock = killed.restart().await;
    tab.shows("#state", "connected").await;
    tab.shows("#clock", "0").await;
}
