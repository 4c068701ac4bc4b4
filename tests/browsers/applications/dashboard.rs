use serde_json::json;

use crate::{browser::Browser, example::Example, screenshots};

pub(super) async fn draws_all_values(browser: &Browser) {
    let dashboard = Example::start("dashboard").await;
    // A tab of WebKit is not in front, and gets no animation frames.
    let tab = browser.open_window(&dashboard.url("/")).await;
    tab.shows("#state", "connected").await;
    tab.shows("#values", "500").await;
    // The last of the 25 columns and 20 rows, which is transparent until it is drawn.
    let opacity = "board.getContext('2d').getImageData(485, 385, 1, 1).data[3]";
    tab.until_is(opacity, json!(255)).await;
    screenshots::take(browser, "dashboard", &dashboard.url("/"), async |tab| {
        tab.shows("#values", "500").await;
    })
    .await;
}
