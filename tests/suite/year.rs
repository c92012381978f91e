//! A year of a model: a batch is decided by three reviewers, one of them careless; then labels
//! are renamed, merged and added, and the review and the model move on.

use super::support::{Desk, Table, csv_text, exported};

const QUICK: &str = "--no-search --folds 3 --repeats 1";

/// Words of four kinds of text.
const WORDS: [(&str, [&str; 6]); 4] = [
    ("joy", ["lovely", "sunshine", "smile", "delight", "cheerful", "laughter"]),
    ("anger", ["awful", "shouting", "furious", "unfair", "outrage", "insult"]),
    ("fear", ["dark", "alarm", "trembling", "threat", "nightmare", "panic"]),
    ("travel", ["timetable", "platform", "ticket", "carriage", "luggage", "departure"]),
];

const OTHERS: [&str; 24] = [
    "morning", "garden", "river", "letter", "window", "friend", "street", "kitchen", "winter",
    "teacher", "market", "bridge", "music", "doctor", "coffee", "island", "village", "camera",
    "hammer", "pencil", "button", "lantern", "blanket", "harbour",
];

/// A text of a kind; long ones repeat its words among many more others, as a submission does.
fn text(i: usize, kind: usize, is_long: bool) -> String {
    let own = &WORDS[kind].1;
    let mut draw =
        (i as u64).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
    let mut pick = |words: &[&'static str]| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        words[(draw >> 33) as usize % words.len()]
    };
    let parts = if is_long { 12 } else { 4 };
    let words = (0..parts).flat_map(|_| [pick(own), pick(&OTHERS), pick(&OTHERS)]);
    words.collect::<Vec<_>>().join(" ")
}

/// Returns cases with the labels of `labels`, by kind.
fn cases(range: std::ops::Range<usize>, labels: [&str; 4], is_long: fn(usize) -> bool) -> Table {
    let row = |i: usize| {
        let kind = i % 4;
        vec![format!("c{i}"), text(i, kind, is_long(i)), labels[kind].to_owned()]
    };
    Table {
        header: ["id", "text", "trends"].map(str::to_owned).to_vec(),
        rows: range.map(row).collect(),
    }
}

fn csv(table: &Table) -> String {
    csv_text(&table.header, &table.rows)
}

#[test]
fn a_year_with_a_careless_reviewer_and_labels_that_are_renamed_merged_and_added() {
    // Travel is no label yet.
    let before = ["joy", "anger", "fear", "-"];
    let desk = Desk::with("cases.csv", csv(&cases(0..96, before, |_| false)));
    let trend = |key: &str| format!("[[trend]]\nkey = \"{key}\"\n");
    desk.write("taxonomy.toml", ["joy", "anger", "fear"].map(trend).concat());
    desk.run("train cases.csv --text-columns text --no-search --into mine").ok();

    // The batch: half of it long; each case is decided by one of three.
    let batch = cases(96..168, before, |i| i % 8 < 4);
    let unlabelled: Vec<Vec<String>> = batch.rows.iter().map(|row| row[..2].to_vec()).collect();
    desk.write("batch.csv", csv_text(&batch.header[..2], &unlabelled));
    desk.run("tag batch.csv --model mine -o tagged.csv").ok();
    desk.run("review add batch.csv --db r.db --model mine --blind-check 0").ok();
    let part = |name: &str, saved: usize, change: &dyn Fn(&mut String)| {
        let place = ["ann", "bob", "cy"].iter().position(|other| *other == name).unwrap();
        let mut rows: Vec<Vec<String>> = (batch.rows.iter().enumerate())
            .filter(|(i, _)| (i / 4) % 3 == place)
            .map(|(_, row)| row.clone())
            .collect();
        rows.iter_mut().for_each(|row| change(&mut row[2]));
        desk.write(&format!("{name}.csv"), csv_text(&batch.header, &rows));
        let import = format!("review import {name}.csv --db r.db --model mine --reviewer {name}");
        desk.run(&format!("{import} --replace")).ok().says(&format!("{saved} answers saved"));
    };
    part("ann", 24, &|_| {});
    part("bob", 24, &|_| {});
    part("cy", 24, &|trends| match trends.as_str() {
        "joy" => {}
        "-" => *trends = "joy".to_owned(),
        _ => trends.push_str(";joy"),
    });

    // One of three gives joy to everything: refused by name, and ten cases to look at.
    let retrain = format!("retrain cases.csv --model mine {QUICK}");
    let run = desk.run(&format!("{retrain} --reviews r.db --to-review look.db")).ok();
    assert!(run.out.contains("\n- reviewer 3 gave joy 24 times; "), "{}", run.out);
    for name in ["1", "2"] {
        assert!(!run.out.contains(&format!("reviewer {name} ")), "{}", run.out);
    }
    run.says("kept as a candidate: ").says("10 decisions added to look.db");
    let look = desk.run("review export --db look.db --cases with-open").ok().table();
    assert_eq!(look.rows.len(), 10);

    // Corrected, the decisions make the next champion, long texts or not.
    part("cy", 18, &|_| {});
    let run = desk.run(&format!("{retrain} --reviews r.db")).ok();
    assert!(run.out.contains("good enough to replace"), "{}", run.out);
    run.says("promoted: ");

    // The new year: joy has another key, anger and fear are one, and travel is a label.
    desk.write(
        "taxonomy.toml",
        "version = 2\n[[trend]]\nkey = \"gladness\"\naliases = [\"joy\"]\n\
         [[trend]]\nkey = \"distress\"\nreplaces = [\"anger\", \"fear\"]\n\
         [[trend]]\nkey = \"travel\"\n",
    );
    desk.write(
        "cases.csv",
        csv(&cases(0..96, ["gladness", "distress", "distress", "travel"], |_| false)),
    );
    let run = desk.run(&format!("{retrain} --dry-run --json")).ok();
    let verdict = run.says("note: the trend travel is new").json();
    assert_eq!(verdict["new_trends"][0]["key"], "travel");
    let f1 = verdict["new_trends"][0]["f1"].as_f64().unwrap();
    assert!(f1 > 0.6, "72 decisions do not teach that travel is absent: {f1}");
    desk.run(&format!("{retrain} --force --reason new-labels")).ok().says("promoted: ");

    // The review keeps every answer, and says which labels it was about.
    desk.run("review migrate --db r.db --taxonomy taxonomy.toml --model mine")
        .ok()
        .says("travel is new")
        .says("72 decided cases wait to be asked about new trends");
    let known = "gladness;distress".to_owned();
    assert_eq!(exported(&desk, "c96"), ("gladness".into(), known.clone()));
    assert_eq!(exported(&desk, "c98"), ("distress".into(), known.clone()), "fear was");
    assert_eq!(exported(&desk, "c99"), ("-".into(), known.clone()));

    // A colleague answers about the new trend in a table; others stay as they were decided.
    let travel = cases(96..132, ["gladness", "distress", "distress", "travel"], |i| i % 8 < 4);
    desk.write("dee.csv", csv(&travel));
    desk.run("review import dee.csv --db r.db --model mine --reviewer dee").ok();
    assert_eq!(exported(&desk, "c99"), ("travel".into(), format!("{known};travel")));
    assert_eq!(exported(&desk, "c135"), ("-".into(), known));
    let run = desk.run(&format!("{retrain} --reviews r.db")).ok();
    assert!(run.out.contains("good enough to replace"), "{}", run.out);
    run.says("promoted: ");
    desk.run("models verify --model mine").ok();
    desk.write("new.csv", csv(&cases(168..200, ["", "", "", ""], |i| i % 8 < 4)));
    let tagged = desk.run("tag new.csv --model mine").ok().table();
    let suggested = tagged.column("suggested_trends");
    let right = (suggested.iter().enumerate())
        .filter(|(i, found)| **found == ["gladness", "distress", "distress", "travel"][i % 4]);
    assert!(right.count() >= 28, "{suggested:?}");
}
