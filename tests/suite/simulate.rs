//! Simulated review: the curves of three orders of asking, told and drawn.

use super::support::{Desk, feelings};

const COMMAND: &str = "review simulate feelings.csv --text-columns text --trends-column labels \
                       --first 12 --last 36 --step 12 --seeds 2";

#[test]
fn the_curves_are_told_in_words_json_and_a_page() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]));
    let run = desk.run(&format!("{COMMAND} --html curves.html")).ok();
    assert!(
        run.out.starts_with("macro F1 on 25 cases, 47 to be asked about, 2 runs\n"),
        "{}",
        run.out
    );
    for words in ["labels        random   uncertainty         queue", "\n    36  ", "95 % interval"]
    {
        assert!(run.out.contains(words), "no \"{words}\" in\n{}", run.out);
    }
    let page = desk.text("curves.html");
    assert_eq!(page.matches("<polyline").count(), 3);
    assert!(!page.contains("<script") && !page.contains("://"));

    let found = desk.run(&format!("{COMMAND} --json")).ok().json();
    let curves = found["curves"].as_array().unwrap();
    let orders: Vec<&str> = curves.iter().map(|curve| curve["ask"].as_str().unwrap()).collect();
    assert_eq!(orders, ["random", "uncertainty", "queue"]);
    let starts: Vec<f64> =
        curves.iter().map(|curve| curve["points"][0]["macro_f1"].as_f64().unwrap()).collect();
    assert!(starts.iter().all(|start| *start == starts[0]), "all start from the same labels");
}

#[test]
fn more_labels_than_there_are_cannot_be_asked_for() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]));
    desk.run(&COMMAND.replace("--last 36", "--last 60")).exits(2).says("last = 60: only 47 cases");
}
