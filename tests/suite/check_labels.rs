//! Checking labelled cases: planted faults are found.

use super::support::{Desk, Table, assert_lists_its_sections, csv_text, feelings};

const FLAGS: &str = "--text-columns text --trends-column labels";

/// Returns the feelings data with a case of each fault.
fn faulty() -> Desk {
    let mut table = Table::parse(&feelings(["joy", "anger"]), b',');
    // Some of the texts are near-duplicates; unique words separate them.
    for (i, row) in table.rows.iter_mut().enumerate() {
        row[1].push_str(&format!(" one{i} two{i} three{i} four{i} five{i}"));
    }
    // Wrong labels.
    for row in [0, 9] {
        table.rows[row][2] = "anger".into();
    }
    let row =
        |id: &str, text: &str, label: &str| [id, text, label, "train"].map(str::to_owned).to_vec();
    // The same text with other labels, once to the letter and once nearly.
    let (text, near) = (table.rows[4][1].clone(), table.rows[8][1].clone());
    table.rows.push(row("copy", &text, "joy"));
    table.rows.push(row("near", &format!("{near} again"), "joy"));
    // A text of one word, and a label that hardly any case has.
    table.rows.push(row("thin", "hello", "-"));
    let rare = "teacher market bridge music doctor coffee island village";
    table.rows.push(row("rare", rare, "wonder"));
    Desk::with("faulty.csv", csv_text(&table.header, &table.rows))
}

#[test]
fn every_planted_fault_is_found_with_its_evidence() {
    let desk = faulty();
    let found = desk.run(&format!("check-labels faulty.csv {FLAGS} --json")).ok().json();
    assert_eq!(found["cases"], 76);
    let suspects: Vec<&str> =
        found["suspects"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    for id in ["f0", "f9"] {
        assert!(suspects[..4].contains(&id), "{suspects:?}");
    }
    let first = &found["suspects"].as_array().unwrap().iter().find(|s| s["id"] == "f0").unwrap();
    let joy = first["trends"].as_array().unwrap().iter().find(|t| t["key"] == "joy").unwrap();
    assert_eq!(joy["given"], false);
    assert!(!joy["evidence"].as_array().unwrap().is_empty(), "{first}");

    let contradictions = found["contradictions"].as_array().unwrap();
    let ids = |c: &serde_json::Value| c["cases"].to_string();
    assert_eq!(contradictions.len(), 2, "{contradictions:?}");
    assert!(ids(&contradictions[0]).contains("copy") && contradictions[0]["exact"] == true);
    assert!(ids(&contradictions[1]).contains("near") && contradictions[1]["exact"] == false);
    assert_eq!(found["thin"], serde_json::json!([{ "id": "thin", "words": 1 }]));
    assert_eq!(found["rare"], serde_json::json!([["wonder", 1]]));
}

#[test]
fn words_that_give_a_label_away_are_named() {
    let mut table = Table::parse(&feelings(["joy", "anger"]), b',');
    for row in table.rows.iter_mut().filter(|row| row[2] == "joy").take(12) {
        row[1].push_str(" reviewed-by-desk");
    }
    let desk = Desk::with("leaky.csv", csv_text(&table.header, &table.rows));
    let found = desk.run(&format!("check-labels leaky.csv {FLAGS} --json")).ok().json();
    let leaks = found["leaks"].as_array().unwrap();
    let leak = leaks.iter().find(|leak| leak["term"] == "desk").expect("it is found");
    assert_eq!(leak["key"], "joy");
    assert_eq!((leak["cases"].as_u64(), leak["purity"].as_f64()), (Some(12), Some(1.0)));
    assert_eq!(leak["coverage"], 0.5);
}

#[test]
fn the_table_is_for_people_and_the_page_holds_everything() {
    let desk = faulty();
    let run = desk.run(&format!("check-labels faulty.csv {FLAGS} --top 1 --html check.html")).ok();
    assert!(run.out.starts_with("76 labelled cases\n"), "{}", run.out);
    for heading in ["Probable label errors: ", "Contradictions: 2", "Thin texts: 1"] {
        assert!(run.out.contains(heading), "no {heading} in\n{}", run.out);
    }
    assert!(run.out.contains("  … and "), "{}", run.out);
    let page = desk.text("check.html");
    assert_lists_its_sections(&page);
    for id in ["f0", "f9", "copy", "near", "thin", "wonder"] {
        assert!(page.contains(id), "{id} is not on the page");
    }
    let article =
        page.split("<article").find(|part| part.contains("(f0)") || part.contains(">f0<"));
    let article = article.unwrap();
    for words in ["<blockquote>", "<dt>Labels now</dt><dd>anger</dd>", "<strong>+ joy</strong>"] {
        assert!(article.contains(words), "no {words} in {article}");
    }
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"));
    desk.run(&format!("check-labels faulty.csv {FLAGS} --html check.html"))
        .exits(2)
        .says("exists already");
    // The name of the command before 0.2.0 still works.
    desk.run(&format!("audit faulty.csv {FLAGS} --html check.html --force")).ok();
}

#[test]
fn texts_on_the_page_are_text_and_nothing_else() {
    let text = feelings(["joy", "anger"]).replace("f0,", "<b>f0</b>,").replace(",joy,", ",j<i>,");
    let mut table = Table::parse(&text, b',');
    table.rows[0][2] = "anger".into();
    let desk = Desk::with("odd.csv", csv_text(&table.header, &table.rows));
    desk.run(&format!("check-labels odd.csv {FLAGS} --html check.html")).ok();
    let page = desk.text("check.html");
    assert!(!page.contains("<b>f0") && !page.contains("j<i>"), "markup is escaped");
    assert!(page.contains("&#60;b&#62;f0") || page.contains("&lt;b&gt;f0"));
}

#[test]
fn the_same_findings_for_any_number_of_threads() {
    let desk = faulty();
    let with =
        |jobs: u32| desk.run(&format!("check-labels faulty.csv {FLAGS} --json --jobs {jobs}")).ok();
    assert_eq!(with(1).out, with(3).out);
}

#[test]
fn suspects_are_put_into_the_queue_of_a_review_once() {
    let desk = faulty();
    // A model that knows the same labels.
    let labels = "--text-columns text --trends-column labels --no-search";
    desk.run(&format!("train faulty.csv {labels} -o m.safetensors")).ok();
    let flags = "--trends-column labels --like m.safetensors --to-review r.db";
    let run = desk.run(&format!("check-labels faulty.csv {flags} --json")).ok();
    let found = run.json();
    let mut wanted: Vec<String> = found["suspects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|suspect| suspect["id"].as_str().unwrap().to_owned())
        .collect();
    for contradiction in found["contradictions"].as_array().unwrap() {
        let cases = contradiction["cases"].as_array().unwrap().iter();
        wanted.extend(cases.map(|case| case[0].as_str().unwrap().to_owned()));
    }
    wanted.sort();
    wanted.dedup();
    run.says(&format!("{} cases added to r.db, 0 were there already", wanted.len()));
    desk.run(&format!("check-labels faulty.csv {flags}"))
        .ok()
        .says(&format!("0 cases added to r.db, {} were there already", wanted.len()));
    let status = desk.run("review status --db r.db --json").ok().json();
    assert_eq!(status["progress"]["cases"], wanted.len());
    assert_eq!(status["progress"]["decided"], 0, "their labels are not taken for decisions");

    desk.run(&format!("check-labels faulty.csv {FLAGS} --to-review other.db"))
        .exits(2)
        .says("with the same trends with --like");
    assert!(!desk.path("other.db").exists());
}
