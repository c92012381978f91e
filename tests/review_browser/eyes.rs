//! Observations of a page: its appearance, its faults, its network requests.

use serde_json::{Value, json};

use crate::desk::root;
use crate::driver::{Browser, Chrome};

impl Browser {
    /// Sets the size of the view in CSS pixels, and the zoom.
    pub(crate) fn view(&self, width: u32, height: u32, zoom: f64) {
        let of = |length: u32| (f64::from(length) / zoom).round();
        let metrics = json!({"width": of(width), "height": of(height), "deviceScaleFactor": zoom,
            "mobile": false});
        self.chrome("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Sets the colour scheme of the system: light or dark.
    pub(crate) fn colours(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.chrome("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Saves a screenshot of the view in `target/review-screenshots/`.
    pub(crate) fn shoot(&self, name: &str) {
        let folder = root().join("target/review-screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.runtime.block_on(self.client.screenshot()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// Returns the violations that axe finds in the current page, and whether the page is
    /// too wide.
    pub(crate) fn faults(&self) -> Vec<String> {
        let axe = root().join("tests/browser/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("npm ci has been run in tests/browser");
        self.js(&axe);
        let script = "const done = arguments[0]; \
            axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}).then(({violations}) => { \
            const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth; \
            const found = violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => \
              `${id}: ${target.join(' ')}: ${failureSummary}`)); \
            done(wide > 0 ? [...found, `${wide} px too wide`] : found); })";
        let found = self.runtime.block_on(self.client.execute_async(script, Vec::new())).unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// Returns the addresses that the browser requested since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        let lines = self.log("performance");
        let messages = lines
            .iter()
            .map(|line| serde_json::from_str::<Value>(line["message"].as_str().unwrap()).unwrap());
        messages
            .filter(|m| m["message"]["method"] == "Network.requestWillBeSent")
            .map(|m| m["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Returns the console messages of the page: errors, and requests refused by the
    /// policy.
    pub(crate) fn console(&self) -> Vec<String> {
        let lines = self.log("browser");
        lines.iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let command = Chrome { path: "se/log", body: json!({"type": kind}) };
        let lines = self.runtime.block_on(self.client.issue_cmd(command)).unwrap();
        serde_json::from_value(lines).unwrap()
    }
}
