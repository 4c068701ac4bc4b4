use std::{env, path::Path};

use serde_json::{Value, json};

/// A browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    WebKit,
}

impl Engine {
    /// Returns the program that drives the browser.
    pub(crate) fn driver(self) -> &'static str {
        self.programs()[0].0
    }

    /// Returns the programs that are needed, and what installs them.
    fn programs(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Chromium => &[
                ("chromedriver", "apt-get install chromium-driver"),
                ("chromium", "apt-get install chromium"),
            ],
            Self::Firefox => &[
                ("geckodriver", "cargo install --locked geckodriver"),
                ("firefox", "apt-get install firefox-esr"),
            ],
            // The driver's package brings the browser with it.
            Self::WebKit => &[
                ("WebKitWebDriver", "apt-get install webkit2gtk-driver"),
                ("Xvfb", "apt-get install xvfb"),
            ],
        }
    }

    /// Panics if something has to be installed first.
    pub(crate) fn assert_installed(self) {
        for (program, install) in self.programs() {
            assert!(
                is_installed(program),
                "{program} is missing, which tests in {self:?} need: {install}"
            );
        }
    }

    /// Returns what is asked of the driver.
    pub(crate) fn capabilities(self, profile: &Path) -> Value {
        let options = match self {
            Self::Chromium => json!({ "goog:chromeOptions": { "args": chromium(profile) } }),
            Self::Firefox => json!({ "moz:firefoxOptions": { "args": ["-headless"] } }),
            Self::WebKit => json!({}),
        };
        let mut capabilities = json!({ "acceptInsecureCerts": true });
        let all = capabilities.as_object_mut().unwrap();
        all.extend(options.as_object().unwrap().clone());
        capabilities
    }
}

fn chromium(profile: &Path) -> Vec<String> {
    let mut arguments = vec![format!("--user-data-dir={}", profile.display())];
    let quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    arguments.extend(quiet.map(str::to_owned));
    arguments
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

#[test]
fn knows_what_is_installed() {
    assert!(is_installed("sh"));
    assert!(!is_installed("no-such-program"));
}
