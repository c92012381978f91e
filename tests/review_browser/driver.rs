//! A real browser, driven through chromedriver: it starts, runs scripts, waits and ends.
//! `hands.rs` contains its gestures, `eyes.rs` what it shows.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::hands::ENTER;
use crate::http::Client as Http;

/// Maximum wait of a test. It is far longer than anything takes, so that a slow machine
/// does not fail a test.
const PATIENCE: Duration = Duration::from_secs(30);

/// One browser with a separate profile. It ends with its handle.
pub(crate) struct Browser {
    driver: Child,
    address: String,
    session: String,
    pub(crate) client: Client,
    pub(crate) runtime: Runtime,
}

/// A command of Chrome that WebDriver lacks.
#[derive(Debug)]
pub(crate) struct Chrome {
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

impl WebDriverCompatibleCommand for Chrome {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Creates a browser that shows nothing yet, 1280 by 900 pixels, in light colours.
    pub(crate) fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (Debian: chromium-driver)");
        let address = format!("127.0.0.1:{}", port_of(&mut driver));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities());
        let client = runtime.block_on(builder.connect(&format!("http://{address}"))).unwrap();
        let session = runtime.block_on(client.session_id()).unwrap().unwrap();
        let browser = Self { driver, address, session, client, runtime };
        browser.view(1280, 900, 1.0);
        browser.colours("light");
        browser
    }

    /// Creates a browser on the page of a server, with a reviewer's name given.
    pub(crate) fn of(name: &str, address: &str) -> Self {
        let browser = Self::start();
        browser.go(address);
        browser.sign_in(name);
        browser
    }

    pub(crate) fn go(&self, address: &str) {
        self.runtime.block_on(self.client.goto(address)).unwrap();
    }

    pub(crate) fn reload(&self) {
        self.runtime.block_on(self.client.refresh()).unwrap();
    }

    /// Goes to a view by the part of the address behind `#`.
    pub(crate) fn view_named(&self, name: &str) {
        self.run("location.hash = arguments[0]", vec![json!(name)]);
    }

    /// Types a name into the dialog that asks for it.
    pub(crate) fn sign_in(&self, name: &str) {
        self.until("the dialog for the name", "return document.querySelector('#sign-in[open]')");
        self.write(name);
        self.press(ENTER);
        self.settle();
    }

    /// Waits until no action is running and something is shown.
    pub(crate) fn settle(&self) {
        self.until(
            "the page to settle",
            "return document.querySelector('#main[aria-busy=false] [data-home]') && \
             document.querySelector('#saved').dataset.state === 'saved'",
        );
    }

    /// Runs a script as the body of a function.
    pub(crate) fn js(&self, script: &str) -> Value {
        self.run(script, Vec::new())
    }

    pub(crate) fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.client.execute(script, arguments)).unwrap()
    }

    /// Waits until a script returns something true.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, script: &str) {
        let start = Instant::now();
        while !truthy(&self.js(script)) {
            if start.elapsed() > PATIENCE {
                self.shoot("failed");
                panic!("waited in vain for {what}; the page says:\n{}", self.text("body"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until an element contains these words.
    #[track_caller]
    pub(crate) fn until_says(&self, selector: &str, words: &str) {
        let script = format!(
            "return document.querySelector({})?.textContent.includes({})",
            json!(selector),
            json!(words)
        );
        self.until(&format!("“{words}” in {selector}"), &script);
    }

    /// Returns the visible text of the first element for a selector; empty without one.
    pub(crate) fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.run(script, vec![json!(selector)]).as_str().unwrap().to_owned()
    }

    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText)";
        let texts = self.run(script, vec![json!(selector)]);
        serde_json::from_value(texts).unwrap()
    }

    pub(crate) fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.run(script, vec![json!(selector)]).as_u64().unwrap()
    }

    /// Id of the case on the page.
    pub(crate) fn case(&self) -> String {
        self.text(".case-id")
    }

    /// Returns the keys of the trends that are ticked on the page.
    pub(crate) fn ticks(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('.trend')].filter((e) => \
            e.querySelector('input').checked).map((e) => e.dataset.trend)";
        serde_json::from_value(self.js(script)).unwrap()
    }

    /// Returns a command of the DevTools protocol.
    pub(crate) fn chrome(&self, command: &str, params: Value) -> Value {
        let body = json!({"cmd": command, "params": params});
        let command = Chrome { path: "goog/cdp/execute", body };
        self.runtime.block_on(self.client.issue_cmd(command)).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser only if the session is closed.
        let path = format!("/session/{}", self.session);
        if let Ok(mut driver) = Http::connect(&self.address) {
            let _ = driver.try_json("DELETE", &path, None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let line =
        lines.by_ref().map(Result::unwrap).find(|line| line.contains("successfully on port"));
    // The rest is read as well, or the driver would eventually wait for its reader.
    std::thread::spawn(move || lines.for_each(drop));
    let line = line.expect("chromedriver starts");
    line.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap()
}

fn capabilities() -> Map<String, Value> {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--lang=en-GB",
    ];
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"args": arguments},
        "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
    });
    let Value::Object(capabilities) = capabilities else { unreachable!() };
    capabilities
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != "" && value != 0
}
