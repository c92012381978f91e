//! The model is replaced while people review.

use crate::desk::{Desk, root};
use crate::driver::Browser;

#[test]
#[ignore = "needs chromium and chromedriver; run by .ci/run"]
fn saves_go_on_while_the_model_is_replaced_and_old_decisions_keep_their_version() {
    let root = root();
    let root = root.display();
    let cases = format!("{root}/data/cases.csv");
    let taxonomy = format!("{root}/data/taxonomy.toml");
    let shipped = format!("{root}/models/five-trends.safetensors");
    let desk = Desk::with_demo(8);
    std::fs::copy(&shipped, desk.path("model.safetensors")).unwrap();
    let server = desk
        .serve_at("127.0.0.1:0", &format!("--model {}", desk.path("model.safetensors").display()));
    let browser = Browser::of("Ada", &server.address);
    let version = || server.get("/api/model")["version"].as_str().unwrap().to_owned();
    let old = version();
    browser.answer();

    let train = [
        "train",
        &cases,
        "--taxonomy",
        &taxonomy,
        "--no-search",
        "--alpha",
        "3",
        "--force",
        "-o",
        "model.safetensors",
    ];
    desk.run(&train);
    // The page checks for news when its window gets the focus.
    browser.js("dispatchEvent(new Event('focus'))");
    browser.until_says("#newer", "A newer model");
    browser.shoot("newer-model");
    browser.answer();
    browser.click("#use-newer", 1);
    browser.until_says("#newer", "is now in use");
    let new = version();
    assert_ne!(new, old);
    browser.until_says("#newer", &new);
    browser.answer();
    browser.reload();
    browser.settle();
    browser.answer();

    let models: Vec<_> = desk.rows().into_iter().map(|row| row.model).collect();
    assert_eq!(models.len(), 4);
    assert_eq!(models[..2], [old.clone(), old]);
    assert_eq!(models[3], new);
}
