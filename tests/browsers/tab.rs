use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use fantoccini::{Client, Locator, elements::Element, error::CmdError, wd::WindowHandle};
use serde_json::Value;

use crate::{PATIENCE, guard};

/// How often a page is asked.
const OFTEN: Duration = Duration::from_millis(20);

/// A tab of a browser, or a window.
pub(crate) struct Tab {
    client: Client,
    window: WindowHandle,
    /// Whether it is in a frame of the page.
    framed: Cell<bool>,
}

impl Tab {
    pub(crate) async fn new(client: Client, tab: bool) -> Self {
        let opened = guard(client.new_window(tab)).await.unwrap();
        Self::of(client, opened.handle)
    }

    pub(crate) fn of(client: Client, window: WindowHandle) -> Self {
        Self {
            client,
            window,
            framed: Cell::new(false),
        }
    }

    /// Brings it to the front.
    async fn client(&self) -> &Client {
        // A switch leads out of the frame.
        if !self.framed.get() {
            let switched = self.client.switch_to_window(self.window.clone());
            guard(switched).await.unwrap();
        }
        &self.client
    }

    pub(crate) async fn go(&self, url: &str) {
        guard(self.client().await.goto(url)).await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        guard(self.client().await.refresh()).await.unwrap();
    }

    pub(crate) async fn resize(&self, width: u32, height: u32) {
        guard(self.client().await.set_window_size(width, height))
            .await
            .unwrap();
    }

    pub(crate) async fn close(self) {
        guard(self.client().await.close_window()).await.unwrap();
    }

    /// Makes a page of nothing but another page, in a frame of this size.
    pub(crate) async fn frame(&self, url: &str, width: u32, height: u32) -> Element {
        let style = format!("border: 0; background: white; width: {width}px; height: {height}px");
        let frame = format!("<iframe src={url:?} style={style:?}></iframe>");
        let around = "document.body.style = 'margin: 0; background: grey'";
        self.run(&format!("{around}; document.body.innerHTML = {frame:?}"))
            .await;
        self.find("iframe").await
    }

    /// Takes a picture of all that the tab shows. WebKit's of a single element are not right.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        guard(self.client().await.screenshot()).await.unwrap()
    }

    /// Goes on in a frame of the page.
    pub(crate) async fn enter(&self, frame: &Element) {
        guard(frame.clone().enter_frame()).await.unwrap();
        self.framed.set(true);
    }

    /// Goes on in the page around the frame.
    pub(crate) async fn leave(&self) {
        guard(self.client.enter_parent_frame()).await.unwrap();
        self.framed.set(false);
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let result = self.try_run(script).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    async fn try_run(&self, script: &str) -> Result<Value, CmdError> {
        let run = self.client().await.execute(script, Vec::new());
        guard(run).await
    }

    /// Returns what an expression is in the page.
    pub(crate) async fn get(&self, expression: &str) -> Value {
        self.run(&format!("return {expression}")).await
    }

    /// Waits until an expression is true in the page.
    pub(crate) async fn until(&self, condition: &str) {
        self.until_is(&format!("Boolean({condition})"), true).await;
    }

    /// Waits until an expression in the page is a value. Until then it may fail.
    pub(crate) async fn until_is(&self, expression: &str, expected: impl Into<Value>) {
        let (expected, end) = (expected.into(), Instant::now() + PATIENCE);
        let script = format!("return {expression}");
        loop {
            let value = self.try_run(&script).await;
            let value = value.unwrap_or_else(|error| error.to_string().into());
            if value == expected {
                return;
            }
            if Instant::now() > end {
                panic!(
                    "{expression} is {value}, not {expected}; {}",
                    self.describe().await
                );
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// Waits until what the page shows now is on the screen.
    pub(crate) async fn painted(&self) {
        let frames =
            "requestAnimationFrame(() => requestAnimationFrame(() => window.painted = true))";
        self.run(&format!("window.painted = false; {frames}")).await;
        self.until("window.painted").await;
    }

    /// Returns what the page shows and has heard, to find out what is wrong.
    async fn describe(&self) -> Value {
        let logs = "Object.entries(window.streams ?? {}).map(([name, { log }]) => [name, log])";
        let all = format!("return [location.href, document.body?.innerText, {logs}]");
        let described = self.try_run(&all).await;
        described.unwrap_or_else(|error| error.to_string().into())
    }

    /// Waits for an element. After a key or a click the page may be another, soon.
    pub(crate) async fn find(&self, css: &str) -> Element {
        self.until(&format!("document.querySelector({css:?})"))
            .await;
        let found = self.client().await.find(Locator::Css(css));
        guard(found).await.unwrap()
    }

    pub(crate) async fn click(&self, css: &str) {
        guard(self.find(css).await.click()).await.unwrap();
    }

    pub(crate) async fn keys(&self, css: &str, keys: &str) {
        guard(self.find(css).await.send_keys(keys)).await.unwrap();
    }

    /// Waits until an element has this text.
    pub(crate) async fn shows(&self, css: &str, text: &str) {
        let element = format!("document.querySelector({css:?})?.textContent");
        self.until_is(&element, text).await;
    }
}
