//! Imported labels: their cases, their reviewers, and the formats of each tool.

use serde_json::{Value, json};

use super::{Review, serve};
use crate::support::{Desk, Run, Table, keys};

/// Two cases in a database, without a blind check.
fn two_cases() -> Desk {
    let desk = Desk::with("cases.csv", "id,title\nx,Citizens vote\ny,Open data\n");
    desk.run("review add cases.csv --db r.db --blind-check 0 --allow-missing-columns").ok();
    desk
}

/// Returns the decisions, by the id of the case.
fn decided(desk: &Desk, db: &str) -> Vec<(String, String, String)> {
    let export = format!("review export --db {db} --with-reviewers");
    let table = desk.run(&export).ok().table();
    let columns = ["id", "trends", "review_by"].map(|name| table.column(name));
    let row = |i: usize| {
        let cell = |k: usize| columns[k][i].to_owned();
        (cell(0), cell(1), cell(2))
    };
    (0..columns[0].len()).map(row).collect()
}

fn rows(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let owned = |(a, b, c): &(&str, &str, &str)| (a.to_string(), b.to_string(), c.to_string());
    expected.iter().map(owned).collect()
}

#[test]
fn a_label_belongs_to_the_case_with_the_same_text_and_never_to_the_id_alone() {
    let desk = two_cases();
    let keys = keys();
    // The ids differ: "x" is another case here, and "1" is one of ours.
    let labels = format!(
        "id,title,trends\nx,Something else,{0}\n1,Open  DATA!,{1}\nz,A third case,{0}\n",
        keys[0], keys[1]
    );
    desk.write("labels.csv", labels);
    let run = desk
        .run("review import labels.csv --db r.db --reviewer ann --allow-missing-columns")
        .exits(1);
    let run = run.says("labels.csv, row 1 (line 2)").says("\"x\" has another text").says("--by-id");
    run.says("2 answers saved").says("1 cases added");
    assert_eq!(decided(&desk, "r.db"), rows(&[("y", &keys[1], "ann"), ("z", &keys[0], "ann")]));
}

#[test]
fn an_id_that_a_spreadsheet_changed_is_said_and_adds_no_second_case() {
    let desk = Desk::with("cases.csv", "id,title\n1,Citizens vote\n2,Open data\n");
    desk.run("review add cases.csv --db r.db --blind-check 0 --allow-missing-columns").ok();
    let keys = keys();
    desk.write(
        "labels.csv",
        format!("id,title,trends\n1.0,Another text,{0}\n 2,Open data,{0}\n", keys[0]),
    );
    let run = desk
        .run("review import labels.csv --db r.db --reviewer ann --allow-missing-columns")
        .exits(1)
        .says(
            "labels.csv, row 1 (line 2): there is no case \"1.0\", but one whose id differs only",
        );
    run.says("1 answers saved");
    assert_eq!(decided(&desk, "r.db"), rows(&[("2", &keys[0], "ann")]));
    desk.write("trusted.csv", format!("id,trends\n1.0,{0}\n2,{0}\n", keys[0]));
    desk.run("review import trusted.csv --db r.db --by-id --reviewer ann --allow-missing-columns")
        .exits(1)
        .says("differs only by blanks or \".0\"");
}

#[test]
fn labels_without_ids_find_their_cases_in_any_order() {
    let desk = two_cases();
    let keys = keys();
    desk.write(
        "labels.csv",
        format!("Title,trends\nOpen data,{}\nCitizens vote,{}\nNew,-\n", keys[1], keys[0]),
    );
    desk.run("review import labels.csv --db r.db --reviewer ann --allow-missing-columns")
        .ok()
        .says("1 cases added");
    let found = decided(&desk, "r.db");
    assert_eq!((found[0].1.as_str(), found[1].1.as_str()), (keys[0].as_str(), keys[1].as_str()));
    assert!(found[2].0.starts_with("text-"), "{found:?}");
    // An empty database takes the same file.
    desk.run("review import labels.csv --db new.db --reviewer ann --allow-missing-columns")
        .ok()
        .says("3 cases added");
}

#[test]
fn ids_and_labels_alone_need_to_be_trusted_and_are_counted() {
    let desk = two_cases();
    let keys = keys();
    desk.write("labels.csv", format!("id,trends\nx,{0}\nz,{0}\n", keys[0]));
    let refused = desk.run("review import labels.csv --db r.db --allow-missing-columns").exits(2);
    refused.says("no texts").says("--by-id").says("--text-columns");
    let run = desk
        .run("review import labels.csv --db r.db --by-id --reviewer ann --allow-missing-columns")
        .exits(1);
    let run = run.says("labels.csv, row 2 (line 3): there is no case \"z\"");
    run.says("1 answers saved").says("1 cases matched by their ids alone");
    // Corrected texts are no reason to lose labels, if the ids are trusted.
    desk.write("texts.csv", format!("id,title,trends\ny,Open dta,{}\n", keys[1]));
    desk.run("review import texts.csv --db r.db --reviewer ann --allow-missing-columns")
        .exits(1)
        .says("another text");
    desk.run("review import texts.csv --db r.db --reviewer ann --by-id --allow-missing-columns")
        .ok();
    assert_eq!(decided(&desk, "r.db"), rows(&[("x", &keys[0], "ann"), ("y", &keys[1], "ann")]));
}

#[test]
fn a_table_that_lacks_a_text_column_is_compared_by_those_it_has() {
    let desk = Desk::with("cases.csv", "id,title,description\nx,Citizens vote,On a budget\n");
    desk.run("review add cases.csv --db r.db --blind-check 0 --allow-missing-columns").ok();
    let key = &keys()[0];
    desk.write("same.csv", format!("id,title,trends\nx,Citizens vote,{key}\n"));
    desk.write("other.csv", format!("id,title,trends\nx,Citizens,{key}\n"));
    desk.run("review import other.csv --db r.db --allow-missing-columns")
        .exits(1)
        .says("another text");
    desk.run("review import same.csv --db r.db --allow-missing-columns")
        .ok()
        .says("1 answers saved");
}

#[test]
fn a_second_annotator_never_overwrites_the_first() {
    let desk = two_cases();
    let keys = keys();
    let file =
        |key: &str| format!("{{\"id\": 7, \"text\": \"Open data\", \"label\": [\"{key}\"]}}\n");
    desk.write("ann.jsonl", file(&keys[0]));
    desk.write("bob.jsonl", file(&keys[1]));
    let import = |name: &str, flags: &str| -> Run {
        desk.run(&format!(
            "review import {name} --from doccano --db r.db {flags} --allow-missing-columns"
        ))
    };
    import("ann.jsonl", "").ok().says("1 answers saved");
    import("bob.jsonl", "").ok().says("1 answers saved");
    let status = desk.run("review status --db r.db --json").ok().json();
    assert_eq!(status["progress"]["conflicts"], 1);
    assert_eq!(decided(&desk, "r.db"), rows(&[("y", "", "ann; bob")]));
    // The same name with another answer can be another person.
    let refused = import("bob.jsonl", "--reviewer ann").exits(1);
    let refused = refused.says("\"ann\" has given the case \"y\" another answer");
    refused.says("--replace").says("--reviewer");
    import("bob.jsonl", "--reviewer ann --replace").ok().says("1 answers saved");
    assert_eq!(decided(&desk, "r.db"), rows(&[("y", &keys[1], "bob; ann")]));
}

#[test]
fn an_export_restores_reviewers_notes_times_blind_checks_and_conflicts() {
    let keys = keys();
    let mut review = Review::of(30, "--blind-check 0.3 --overlap 0.4");
    let ids = review.get("/api/cases?reviewer=Ann&limit=200")["cases"].clone();
    for (k, summary) in ids.as_array().unwrap().iter().enumerate().take(20) {
        let id = summary["id"].as_str().unwrap();
        let names: &[&str] = if k % 3 == 0 { &["Ann", "Bob"] } else { &["Zoë"] };
        for (n, reviewer) in names.iter().enumerate() {
            let case = review.case(id, reviewer);
            let hidden = case["suggestion_hidden"] == true;
            let trends: &[&str] = if (k + n) % 2 == 0 { &[&keys[0], &keys[2]] } else { &[] };
            let mut body = review.answer(reviewer, &case, trends);
            body["queue"] = json!(if hidden { "blind-check" } else { "uncertain" });
            body["note"] = json!(if k % 4 == 0 { "=note; \"é\"\nsecond line" } else { "" });
            review.save(&body).is(201);
        }
        if k == 9 {
            let case = review.case(id, "Cy");
            let mut body = review.answer("Cy", &case, &[&keys[1]]);
            body["kind"] = json!("adjudication");
            body["queue"] = json!("conflict");
            review.save(&body).is(201);
        }
    }
    let figures = |db: &str| -> Value {
        let mut stats = review.desk.run(&format!("review status --db {db} --json")).ok().json();
        // The requesting reviewer has no pace here.
        stats.as_object_mut().unwrap().remove("pace");
        stats
    };
    let export = |db: &str, flags: &str| -> String {
        let flags = format!("review export --db {db} --format jsonl --cases with-open {flags}");
        review.desk.run(&flags).ok().out
    };
    let before = export("r.db", "--with-reviewers");
    for name in ["o.csv", "o.jsonl", "o.xlsx", "o.parquet", "safe.csv"] {
        let safe = if name == "safe.csv" { "--spreadsheet-safe" } else { "" };
        let flags = format!("--cases with-open --with-reviewers {safe} -o {name}");
        review.desk.run(&format!("review export --db r.db {flags}")).ok().says("30 cases");
        let db = format!("{name}.db");
        let run = review
            .desk
            .run(&format!("review import {name} --db {db} --allow-missing-columns"))
            .ok();
        run.says("30 cases added");
        let after = export(&db, "--with-reviewers");
        let lines = before.lines().zip(after.lines());
        lines.enumerate().for_each(|(i, (old, new))| assert_eq!(old, new, "{name}, {i}"));
        assert_eq!(before.lines().count(), after.lines().count(), "{name}");
        assert_eq!(figures("r.db"), figures(&db), "{name}");
        // The second import adds nothing.
        let again = review
            .desk
            .run(&format!("review import {name} --db {db} --allow-missing-columns"))
            .ok();
        again.says("0 answers saved").says("0 cases added");
    }
    // Without names, reviewers are numbered and stay distinct.
    review.desk.run("review export --db r.db -o numbered.csv").ok();
    review.desk.run("review import numbered.csv --db numbered.db --allow-missing-columns").ok();
    let stats = review.desk.run("review status --db numbered.db --json").ok().json();
    assert_eq!(stats["progress"]["conflicts"], figures("r.db")["progress"]["conflicts"]);
    // Importing into its own database adds no reviewer.
    let same = review.desk.run("review import numbered.csv --db r.db --allow-missing-columns").ok();
    same.says("0 answers saved");
}

#[test]
fn the_labels_that_an_answer_was_asked_about_survive_every_import() {
    let keys = keys();
    let (known, all) = (keys[..4].join(";"), keys.join(";"));
    let asked = |desk: &Desk, db: &str| -> Vec<String> {
        let table = desk.run(&format!("review export --db {db} --cases with-open")).ok().table();
        table.column("review_labels_asked").into_iter().map(str::to_owned).collect()
    };
    let import = |name: &str, content: String, flags: &str| {
        let desk = two_cases();
        desk.write(name, content);
        let command = format!("review import {name} --db r.db --reviewer ann {flags}");
        desk.run(&format!("{command} --allow-missing-columns")).ok().says("1 answers saved");
        assert_eq!(asked(&desk, "r.db"), [known.as_str(), all.as_str()], "{name} {flags}");
        desk
    };
    let key = &keys[0];
    let head = "id,title,trends,review_labels_asked\n";
    let desk = import("table.csv", format!("{head}x,Citizens vote,{key},{known}\n"), "");
    let record = json!({ "id": "x", "title": "Citizens vote", "trends": [key],
                         "review_labels_asked": keys[..4] });
    import("table.jsonl", record.to_string(), "");
    let argilla = json!([{ "id": "x", "fields": { "title": "Citizens vote" },
        "metadata": { "review_labels_asked": known }, "responses": { "label": [
            { "value": [key], "user_id": "u1", "status": "submitted" }] } }]);
    // The same reviewer is asked about the rest later.
    let later = import("earlier.csv", format!("{head}x,Citizens vote,{key},{known}\n"), "");
    later.write("later.csv", format!("{head}x,Citizens vote,{key},\n"));
    let command = "review import later.csv --db r.db --reviewer ann --allow-missing-columns";
    later.run(command).ok().says("1 answers saved");
    later.run(command).ok().says("0 answers saved");
    assert_eq!(asked(&later, "r.db")[0], all);
    import("argilla.json", argilla.to_string(), "--from argilla");
    let doccano = json!({ "id": 1, "title": "Citizens vote", "label": [key],
                          "review_labels_asked": known });
    import("doccano.jsonl", doccano.to_string(), "--from doccano");
    let studio = json!([{ "id": 7, "data": { "title": "Citizens vote",
        "review_labels_asked": keys[..4] }, "annotations": [{ "completed_by": 3, "result": [
            { "from_name": "trends", "type": "choices", "value": { "choices": [key] } }] }] }]);
    import("studio.json", studio.to_string(), "--from label-studio");
    // The options are what the annotator could choose from.
    let options: Vec<Value> = keys[..4].iter().map(|key| json!({ "id": key })).collect();
    let prodigy = json!({ "text": "Citizens vote", "options": options, "accept": [key],
                          "answer": "accept" });
    import("prodigy.jsonl", prodigy.to_string(), "--from prodigy");

    // An answer about all trends adds to one about some of them; each keeps its own.
    let export = |db: &str, flags: &str| -> String {
        let command = format!("review export --db {db} --format jsonl --with-reviewers {flags}");
        desk.run(&command).ok().out
    };
    desk.write("more.csv", format!("{head}x,Citizens vote,{key},\n"));
    let more = "review import more.csv --db r.db --allow-missing-columns --reviewer";
    desk.run(&format!("{more} bob")).ok().says("1 answers saved");
    assert_eq!(asked(&desk, "r.db")[0], all);
    for name in ["o.csv", "o.jsonl", "o.xlsx", "o.parquet"] {
        desk.run(&format!("review export --db r.db --with-reviewers -o {name}")).ok();
        desk.run(&format!("review import {name} --db {name}.db --allow-missing-columns")).ok();
        assert_eq!(export("r.db", ""), export(&format!("{name}.db"), ""), "{name}");
        let answers = desk.run(&format!("review export --db {name}.db --with-reviewers")).ok();
        assert!(answers.out.contains("asked"), "{name}: {}", answers.out);
    }
    desk.run(&format!("{more} bob")).ok().says("0 answers saved");
}

#[test]
fn nobody_is_shown_the_labels_that_came_with_a_case() {
    let desk =
        Desk::with("labels.csv", format!("id,title,trends\nx,Citizens vote,{}\n", keys()[0]));
    desk.run("review import labels.csv --db r.db --reviewer ann --allow-missing-columns").ok();
    let server = serve(&desk, "");
    let case = server.client().json("GET", "/api/cases/x?reviewer=bob", None).is(200);
    assert_eq!(case["metadata"], json!([]));
}

#[test]
fn label_studio_without_choices_is_refused_and_controls_are_told_apart() {
    let desk = two_cases();
    let keys = keys();
    let result = |name: &str, kind: &str, value: Value| json!({ "from_name": name, "to_name": "text", "type": kind, "value": { kind: value } });
    let task = |id: u32, title: &str, results: Vec<Value>| {
        json!({ "id": id, "data": { "title": title }, "annotations": [
            { "completed_by": 1, "result": results, "created_at": "2025-03-09T22:16:08.728353Z" },
        ] })
    };
    let trends = |labels: &[&str]| result("trend", "choices", json!(labels));
    let quality = |label: &str| result("quality", "choices", json!([label]));
    let taxonomy = result("trend", "taxonomy", json!([[keys[0]]]));
    let tasks = json!([
        task(1, "Citizens vote", vec![quality("good"), trends(&[&keys[0]])]),
        task(2, "Open data", vec![taxonomy.clone()]),
        task(3, "A third", vec![quality("bad")]),
    ]);
    desk.write("tasks.json", format!("\u{feff}{tasks}"));
    let run = desk
        .run("review import tasks.json --from label-studio --db r.db --allow-missing-columns")
        .exits(1);
    let run = run.says("row 2: an annotation has no choices, but results of the type taxonomy");
    run.says("2 answers saved");
    let found = decided(&desk, "r.db");
    assert_eq!(found, rows(&[("x", &keys[0], "annotator 1"), ("3", "-", "annotator 1")]));
    let table = desk.run("review export --db r.db").ok().table();
    assert_eq!(table.column("review_time")[0], "2025-03-09T22:16:08.728Z");

    // Two controls with labels: the user has to choose one.
    let both = vec![trends(&[&keys[0]]), result("second", "choices", json!([keys[1]]))];
    desk.write("two.json", json!([task(1, "Citizens vote", both)]).to_string());
    let import = "review import two.json --from label-studio --db two.db --allow-missing-columns";
    desk.run(import).exits(2).says("\"second\", \"trend\"").says("--control");
    desk.run(&format!("{import} --control second")).ok();
    assert_eq!(decided(&desk, "two.db"), rows(&[("1", &keys[1], "annotator 1")]));
    desk.run(&format!("{import} --control third")).exits(2).says("\"third\"");
}

#[test]
fn label_studios_flat_exports_are_read_too() {
    let desk = two_cases();
    let keys = keys();
    let flat = json!([
        { "title": "Citizens vote", "id": 11, "trend": { "choices": [keys[0], keys[1]] },
          "annotator": 1, "annotation_id": 5, "updated_at": "2025-01-01T10:00:00.5Z" },
        { "title": "Citizens vote", "id": 11, "trend": keys[0], "annotator": 2 },
    ]);
    desk.write("min.json", flat.to_string());
    desk.run("review import min.json --from label-studio --db r.db --allow-missing-columns")
        .ok()
        .says("2 answers saved");
    assert_eq!(decided(&desk, "r.db"), rows(&[("x", "", "annotator 1; annotator 2")]));
    let choices = json!({ "choices": [keys[0], keys[1]] }).to_string().replace('"', "\"\"");
    desk.write(
        "flat.csv",
        format!(
            "annotation_id,annotator,id,lead_time,title,trend\n5,1,11,2.5,Open data,\"{choices}\"\n"
        ),
    );
    desk.run("review import flat.csv --from label-studio --db r.db --allow-missing-columns").ok();
    let both = format!("{};{}", keys[0], keys[1]);
    assert_eq!(decided(&desk, "r.db")[1], rows(&[("y", &both, "annotator 1")])[0]);
}

#[test]
fn doccanos_one_text_finds_the_case_it_was_made_of() {
    let desk = Desk::with("cases.csv", "id,title,description\n1,Citizens vote,On a budget.\n");
    desk.run("review add cases.csv --db r.db --blind-check 0 --allow-missing-columns").ok();
    let keys = keys();
    desk.write(
        "ann.jsonl",
        format!(
            "{{\"id\": 2, \"text\": \"Citizens vote\\n\\nOn a budget.\", \"label\": [\"{}\"]}}\n",
            keys[4]
        ),
    );
    desk.write(
        "bob.csv",
        format!("id,data,label\n9,Citizens vote. On a budget.,{}#{}\n", keys[0], keys[4]),
    );
    desk.run("review import ann.jsonl --from doccano --db r.db --allow-missing-columns")
        .ok()
        .says("0 cases added");
    desk.run("review import bob.csv --from doccano --db r.db --allow-missing-columns")
        .ok()
        .says("0 cases added");
    assert_eq!(decided(&desk, "r.db"), rows(&[("1", "", "ann; bob")]));
}

#[test]
fn argillas_records_of_three_versions_are_read() {
    let desk = two_cases();
    let keys = keys();
    let two = json!([
        { "id": "x", "fields": { "title": "Citizens vote" }, "metadata": {}, "suggestions": {},
          "responses": { "label": [
              { "value": [keys[0]], "user_id": "u1", "status": "submitted" },
              { "value": [keys[1]], "user_id": "u2", "status": "draft" },
          ], "comment": [{ "value": "fine", "user_id": "u1" }] } },
    ]);
    desk.write("two.json", two.to_string());
    desk.run("review import two.json --from argilla --db r.db --allow-missing-columns")
        .ok()
        .says("1 answers saved");
    let one = json!({ "external_id": "y", "fields": { "title": "Open data" }, "responses": [
        { "user_id": "u3", "status": "submitted", "values": { "label": { "value": [keys[1], keys[2]] } } },
    ] });
    desk.write("one.jsonl", format!("{one}\n"));
    desk.run("review import one.jsonl --from argilla --db r.db --allow-missing-columns")
        .ok()
        .says("1 answers saved");
    let old = json!({ "text": "Open data", "annotation": [keys[1]], "annotation_agent": "ann",
                      "status": "Validated", "id": "abc", "multi_label": true });
    let unchecked = json!({ "text": "Citizens vote", "annotation": null, "status": "Default" });
    desk.write("old.jsonl", format!("{old}\n{unchecked}\n"));
    let run =
        desk.run("review import old.jsonl --from argilla --db r.db --allow-missing-columns").ok();
    run.says("1 answers saved").says("1 cases without a label");
    assert_eq!(
        decided(&desk, "r.db"),
        rows(&[("x", &keys[0], "annotator u1"), ("y", "", "annotator u3; annotator ann")])
    );
}

#[test]
fn prodigys_choices_and_single_labels_are_read() {
    let desk = two_cases();
    let keys = keys();
    let options: Vec<Value> = keys.iter().map(|key| json!({ "id": key, "text": key })).collect();
    let choice = |text: &str, accept: Vec<&str>, answer: &str| {
        json!({ "text": text, "options": options, "accept": accept, "answer": answer,
                "_annotator_id": "db-ann", "_timestamp": 1 })
    };
    let mut lines = vec![
        choice("Citizens vote", vec![&keys[0]], "accept").to_string(),
        choice("Open data", vec![&keys[1]], "ignore").to_string(),
    ];
    // One label at a time: complete for one text, not for the other.
    for (k, key) in keys.iter().enumerate() {
        let answer = if k == 2 { "accept" } else { "reject" };
        let task = |text: &str| json!({ "text": text, "label": key, "answer": answer, "_session_id": "db-bob" });
        lines.push(task("Open data").to_string());
        if k < 2 {
            lines.push(task("Something new").to_string());
        }
    }
    desk.write("tasks.jsonl", lines.join("\n"));
    let run = desk
        .run("review import tasks.jsonl --from prodigy --db r.db --allow-missing-columns")
        .exits(1);
    run.says("only 2 of the 5 trends were judged").says("2 answers saved");
    assert_eq!(
        decided(&desk, "r.db"),
        rows(&[("x", &keys[0], "annotator db-ann"), ("y", &keys[2], "annotator db-bob")])
    );
}

#[test]
fn what_is_no_export_of_the_tool_is_told_by_its_row() {
    let desk = two_cases();
    desk.write("a.jsonl", "{\"text\": \"x\"}\nnonsense\n[1]\n");
    for tool in ["doccano", "argilla", "prodigy", "label-studio"] {
        let run = desk
            .run(&format!("review import a.jsonl --from {tool} --db r.db --allow-missing-columns"));
        assert!([1, 2].contains(&run.code), "{tool}: {}", run.err);
        run.says("a.jsonl");
    }
}

#[test]
fn one_task_with_twenty_thousand_annotations_is_imported_whole() {
    let desk = Desk::new();
    let keys = keys();
    let annotation = |by: usize| {
        let label = &keys[by % keys.len()];
        json!({ "completed_by": by, "result": [
            { "from_name": "t", "type": "choices", "value": { "choices": [label] } },
        ] })
    };
    let annotations: Vec<Value> = (0..20_000).map(annotation).collect();
    let task =
        json!([{ "id": 1, "data": { "title": "Citizens vote" }, "annotations": annotations }]);
    desk.write("tasks.json", task.to_string());
    let run = desk
        .run("review import tasks.json --from label-studio --db r.db --allow-missing-columns")
        .ok();
    run.says("20000 answers saved");
    let status = desk.run("review status --db r.db --json").ok().json();
    assert_eq!(status["progress"]["conflicts"], 1);
    let table: Table = desk.run("review export --db r.db --format csv").ok().table();
    assert_eq!(table.column("trends"), [""]);
}
