use std::{future::Future, panic::AssertUnwindSafe, sync::Mutex, time::Instant};

use fantoccini::{Client, ClientBuilder, wd::WindowHandle};
use futures::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;

use crate::{driver::Driver, engine::Engine, guard, tab::Tab};

/// How often a driver is started anew that finds its port taken.
const TRIES: usize = 3;

/// A browser that runs, with one tab that is kept empty.
pub(crate) struct Browser {
    pub(crate) engine: Engine,
    client: Client,
    empty: WindowHandle,
    failed: Mutex<Vec<String>>,
    driver: Driver,
}

impl Browser {
    pub(crate) async fn start(engine: Engine) -> Self {
        let (driver, client) = connect(engine).await;
        let capabilities = client.capabilities().unwrap();
        println!("{engine:?} {}", capabilities["browserVersion"]);
        let empty = client.window().await.unwrap();
        Self {
            engine,
            client,
            empty,
            failed: Mutex::default(),
            driver,
        }
    }

    /// Opens a page in a tab of its own.
    pub(crate) async fn open(&self, url: &str) -> Tab {
        self.open_in(url, true).await
    }

    /// Opens a page in a window of its own. WebKit has no pictures of tabs.
    pub(crate) async fn open_window(&self, url: &str) -> Tab {
        self.open_in(url, false).await
    }

    async fn open_in(&self, url: &str, tab: bool) -> Tab {
        // A tab opens from another, and the last may have been closed.
        self.switch_to_empty().await;
        let tab = Tab::new(self.client.clone(), tab).await;
        tab.go(url).await;
        tab
    }

    /// Makes a check and closes its tabs. One that fails does not keep others from being made.
    pub(crate) async fn check(&self, name: &str, check: impl Future<Output = ()>) {
        let start = Instant::now();
        let passed = AssertUnwindSafe(check).catch_unwind().await.is_ok();
        let result = if passed { "ok" } else { "FAILED" };
        println!(
            "{:?}: {name} ... {result} ({:?})",
            self.engine,
            start.elapsed()
        );
        if !passed {
            self.failed.lock().unwrap().push(name.to_owned());
        }
        self.close_tabs().await;
    }

    /// Closes all tabs but the empty one.
    pub(crate) async fn close_tabs(&self) {
        for window in guard(self.client.windows()).await.unwrap() {
            if window != self.empty {
                Tab::of(self.client.clone(), window).close().await;
            }
        }
        self.switch_to_empty().await;
    }

    async fn switch_to_empty(&self) {
        let switched = self.client.switch_to_window(self.empty.clone());
        guard(switched).await.unwrap();
    }

    /// Ends the browser, and reports the checks that have failed.
    pub(crate) async fn finish(self) {
        guard(self.client.close()).await.unwrap();
        drop(self.driver);
        let failed = self.failed.into_inner().unwrap();
        assert!(failed.is_empty(), "{:?}: {failed:?}", self.engine);
    }
}

/// Starts a browser, and makes checks in it.
macro_rules! checks {
    ($engine:expr, $($check:path),+ $(,)?) => {
        let browser = $crate::browser::Browser::start($engine).await;
        $(browser.check(stringify!($check), $check(&browser)).await;)+
        browser.finish().await;
    };
}

pub(crate) use checks;

async fn connect(engine: Engine) -> (Driver, Client) {
    let mut failed = Vec::new();
    while failed.len() < TRIES {
        match try_connect(engine).await {
            Ok(connected) => return connected,
            Err(error) => failed.push(error),
        }
    }
    panic!("{engine:?} does not start: {failed:?}");
}

async fn try_connect(engine: Engine) -> Result<(Driver, Client), String> {
    let driver = Driver::start(engine).await?;
    let capabilities = engine.capabilities(&driver.scratch.path().join("profile"));
    let mut client = ClientBuilder::new(HttpConnector::new());
    client.capabilities(capabilities.as_object().unwrap().clone());
    let client = guard(client.connect(&driver.url)).await;
    let client = client.map_err(|error| error.to_string())?;
    Ok((driver, client))
}
