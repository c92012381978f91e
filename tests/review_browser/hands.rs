//! Actions of a reviewer with keyboard and mouse.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use serde_json::json;

use crate::driver::Browser;

/// The key that accepts, as the driver writes it.
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const ESCAPE: char = '\u{e00c}';
pub(crate) const TAB: char = '\u{e004}';

impl Browser {
    /// Presses a key once.
    pub(crate) fn press(&self, key: char) {
        let actions = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.runtime.block_on(self.client.perform_actions(actions)).unwrap();
    }

    /// Presses a key that leads to another case, or to the end of the queue.
    #[track_caller]
    pub(crate) fn go_on(&self, key: char) {
        let case = self.case();
        self.press(key);
        self.until_gone(&case);
    }

    /// Answers the case with the ticked trends, or with "no trend applies" if none is
    /// ticked, and moves to the next case.
    #[track_caller]
    pub(crate) fn answer(&self) {
        if self.count("#accept[aria-disabled=true]") > 0 {
            self.press('0');
        }
        self.go_on(ENTER);
    }

    /// Waits until another case than this one is shown, or a message.
    #[track_caller]
    pub(crate) fn until_gone(&self, case: &str) {
        let script =
            format!("return document.querySelector('.case-id')?.innerText !== {}", json!(case));
        self.until("the next case", &script);
        self.settle();
    }

    /// Presses a key while another one is held.
    pub(crate) fn press_with(&self, modifier: char, key: char) {
        let actions = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: modifier })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: modifier });
        self.runtime.block_on(self.client.perform_actions(actions)).unwrap();
    }

    /// Presses a key of another keyboard: its character and its position.
    pub(crate) fn press_at(&self, key: &str, code: &str, shift: bool) {
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { key } else { "" };
            self.chrome(
                "Input.dispatchKeyEvent",
                json!({"type": kind, "key": key, "code": code, "text": text,
                    "modifiers": if shift { 8 } else { 0 }}),
            );
        }
    }

    /// Moves the pointer to the middle of the first element that a selector finds.
    pub(crate) fn point_at(&self, selector: &str) {
        let place = self.run(
            "const r = document.querySelector(arguments[0]).getClientRects()[0]; \
             return [r.x + r.width / 2, r.y + r.height / 2]",
            vec![json!(selector)],
        );
        let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
        for step in [3.0, 1.0, 0.0] {
            let moved = json!({"type": "mouseMoved", "x": x - step, "y": y});
            self.chrome("Input.dispatchMouseEvent", moved);
        }
    }

    /// Presses the keys of a text in order.
    pub(crate) fn write(&self, text: &str) {
        let mut actions = KeyActions::new("keyboard".into());
        for value in text.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.runtime.block_on(self.client.perform_actions(actions)).unwrap();
    }

    /// Holds a key down until the keyboard has repeated it this many times.
    pub(crate) fn hold(&self, key: &str, code: &str, number: u32, repeats: u32) {
        let event = |kind: &str, repeat: bool| {
            let text = if key == "Enter" { "\r" } else { key };
            self.chrome(
                "Input.dispatchKeyEvent",
                json!({"type": kind, "key": key, "code": code, "text": text,
                    "windowsVirtualKeyCode": number, "autoRepeat": repeat}),
            );
        };
        event("keyDown", false);
        for _ in 0..repeats {
            event("keyDown", true);
        }
        self.chrome(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number}),
        );
    }

    /// Clicks on the first element for a selector, this many times in a row.
    pub(crate) fn click(&self, selector: &str, times: u32) {
        let place = self.run(
            "const e = document.querySelector(arguments[0]); e.scrollIntoView({block: 'center'}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]",
            vec![json!(selector)],
        );
        let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
        for count in 1..=times {
            for kind in ["mousePressed", "mouseReleased"] {
                let button =
                    json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": count});
                self.chrome("Input.dispatchMouseEvent", button);
            }
        }
    }
}
