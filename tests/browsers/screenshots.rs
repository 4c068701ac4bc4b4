use std::{fs, path::Path};

use axum::Router;

use crate::{
    browser::Browser,
    server::{Scheme, Server},
    tab::Tab,
};

/// Of a phone, and of a window on a desk.
const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 800)];

/// Takes a picture of a page in each size, when the closure is done with it. What is grey is not of
/// the page.
///
/// They are kept in `tmp/screenshots`, below the target directory.
pub(crate) async fn take(browser: &Browser, name: &str, url: &str, ready: impl AsyncFn(&Tab)) {
    let around = Server::start(Scheme::Http, Router::new()).await;
    for (width, height) in SIZES {
        let tab = browser.open_window(&around.url("/")).await;
        tab.resize(1400, 1100).await;
        tab.until("innerWidth >= 1280 && innerHeight >= 844").await;
        // No window is as narrow as a phone: the page is in a frame.
        let frame = tab.frame(url, width, height).await;
        tab.enter(&frame).await;
        ready(&tab).await;
        tab.painted().await;
        tab.leave().await;
        let picture = tab.picture().await;
        tab.close().await;
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        let file = format!("{name}-{width}x{height}-{:?}.png", browser.engine);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(file.to_lowercase()), picture).unwrap();
    }
}
