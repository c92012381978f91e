//! Training: the same cases give the same model, and errors state what to change.

use super::support::{Desk, Table, cases, data, desk_with_slice, feelings};

const FEELINGS: &str = "feelings.csv --text-columns text --trends-column labels";

#[test]
fn training_again_gives_the_same_bytes_for_any_number_of_threads() {
    let desk = desk_with_slice();
    for jobs in [1, 2] {
        desk.run(&format!(
            "train slice.csv --no-search -o again.safetensors --force --jobs {jobs}"
        ))
        .ok();
        assert!(desk.bytes("again.safetensors") == desk.bytes("slice.safetensors"), "{jobs} jobs");
    }
}

#[test]
fn another_seed_gives_another_model() {
    let desk = desk_with_slice();
    desk.run("train slice.csv --no-search -o again.safetensors --seed 2").ok();
    assert!(desk.bytes("again.safetensors") != desk.bytes("slice.safetensors"));
}

#[test]
fn training_tells_the_quality_out_of_fold_and_where_the_model_is() {
    let desk = Desk::with("slice.csv", cases(60));
    let run = desk.run("train slice.csv --no-search -o model.safetensors").ok();
    assert!(run.out.starts_with("Out-of-fold quality on 60 cases:"), "{}", run.out);
    assert!(run.out.contains("written to model.safetensors"), "{}", run.out);
    let quiet = desk.run("train slice.csv --no-search -o model.safetensors --force -q").ok();
    assert_eq!(quiet.out + &quiet.err, "");
}

#[test]
fn a_model_in_the_way_is_replaced_only_by_force() {
    let desk = desk_with_slice();
    let before = desk.bytes("slice.safetensors");
    desk.run("train slice.csv --no-search --seed 2 -o slice.safetensors")
        .exits(2)
        .says("slice.safetensors: exists already");
    assert!(desk.bytes("slice.safetensors") == before);
    assert_eq!(desk.names(), ["slice.csv", "slice.safetensors", "taxonomy.toml"]);
}

#[test]
fn without_a_taxonomy_the_labels_are_read_from_the_file() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]));
    desk.run(&format!("train {FEELINGS} --where split=train --no-search -o m.safetensors")).ok();
    let tagged = desk.run("tag feelings.csv --model m.safetensors").ok().table();
    assert_eq!(tagged.header[4..7], ["suggested_trends", "p_anger", "p_joy"], "sorted");

    let labels = "--trends-column labels --where split=test";
    let figures = desk
        .run(&format!("evaluate feelings.csv --model m.safetensors {labels} --json"))
        .ok()
        .json();
    let count = |split: &str, label: &str| {
        let table = Table::parse(&desk.text("feelings.csv"), b',');
        table.rows.iter().filter(|row| row[2].contains(label) && row[3] == split).count()
    };
    assert_eq!(
        figures["metrics"]["cases"],
        count("test", ""),
        "cases to which none applies count too"
    );
    assert_eq!(figures["metrics"]["per_trend"][1]["support"], count("test", "joy"));
    // The words of the labels do not overlap: any learner must get this right.
    assert!(figures["metrics"]["overall"]["macro"]["f1"].as_f64().unwrap() > 0.9, "{figures:#}");
}

#[test]
fn a_case_to_which_none_applies_is_learned_from_and_an_empty_cell_is_not() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]));
    let run = desk.run(&format!("train {FEELINGS} --no-search -o with.safetensors")).ok();
    assert!(run.out.starts_with("Out-of-fold quality on 72 cases"), "{}", run.out);
    let probability = |model: &str| -> f64 {
        let case = "id,text\n1,timetable platform ticket carriage\n";
        let tagged = desk.pipe(&format!("tag - --model {model}"), case).ok().table();
        tagged.column("p_joy")[0].parse().unwrap()
    };
    let with = probability("with.safetensors");

    desk.write("feelings.csv", feelings(["joy", "anger"]).replace(",-,", ",,"));
    let run = desk.run(&format!("train {FEELINGS} --no-search -o without.safetensors")).ok();
    run.says("24 unlabelled");
    let without = probability("without.safetensors");
    assert!(with < without, "trains as negative: {with} < {without}");
}

#[test]
fn rows_with_bad_labels_are_told_and_the_rest_is_learned_from() {
    let slice = cases(60);
    let mut table = Table::parse(&slice, b',');
    let trends = table.header.iter().position(|name| name == "trends").unwrap();
    let good = table.rows[0][trends].clone();
    table.rows[1][trends] = "unheard-of".into();
    table.rows[2][trends] = format!("-;{good}");
    let desk = Desk::with("slice.csv", super::support::csv_text(&table.header, &table.rows));
    desk.write("taxonomy.toml", data("taxonomy.toml"));
    let run = desk.run("train slice.csv --no-search -o m.safetensors --errors errors.csv").exits(1);
    assert!(run.out.starts_with("Out-of-fold quality on 58 cases"), "{}", run.out);
    run.says("slice.csv, row 2 (line 3), column \"trends\": unknown trend \"unheard-of\"")
        .says(&format!("(the taxonomy has \"{}\"", super::support::keys().join("\", \"")))
        .says("row 3 (line 4), column \"trends\": \"-\" (none applies) is combined with a trend");
    let list = Table::parse(&desk.text("errors.csv"), b',');
    assert_eq!(list.column("row"), ["2", "3"]);
    assert_eq!(list.column("column"), ["trends", "trends"]);
}

#[test]
fn a_file_without_the_trends_column_says_which_columns_it_has() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]));
    desk.run("train feelings.csv --text-columns text -o m.safetensors")
        .exits(2)
        .says("there is no trends column \"trends\"; the file has \"id\", \"text\", \"labels\"")
        .says("--trends-column");
}

#[test]
fn an_id_that_stands_twice_is_refused_by_name() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]).replace("\nf5,", "\nf4,"));
    desk.run(&format!("train {FEELINGS} -o m.safetensors")).exits(2).says(
        "feelings.csv, row 6 (line 7), column \"id\": the id \"f4\" is already in feelings.csv, row 5 (line 6)",
    );
    assert_eq!(desk.names(), ["feelings.csv"]);
}

#[test]
fn what_cannot_be_learned_says_what_to_change() {
    let all = feelings(["joy", "anger"]);
    let few: Vec<&str> = all.lines().take(4).collect();
    let unlabelled = feelings(["", ""]).replace(",-,", ",,");
    let none = feelings(["-", "-"]);
    for (content, flags, words) in [
        (few.join("\n"), "", "cannot be split into 5 folds; use fewer folds, or give more cases"),
        (unlabelled, "", "there are no labels; give every labelled case its labels"),
        (none, "", "there are no labels; give every labelled case its labels"),
        (all.clone(), "--where split=dev", "no usable row has \"dev\" in the column \"split\""),
        (
            all.clone(),
            "--where half=1",
            "there is no column \"half\"; the columns are \"id\", \"text\"",
        ),
        (all.clone(), "--where split", "write it as COLUMN=VALUE"),
        (all.clone(), "--folds 1", "folds = 1: use at least 2 folds"),
        (all.clone(), "--inner-repeats 0", "repeats = 0: use 1 to 1,000 repeats"),
        (all.clone(), "--alpha 0", "alpha = 0: give a finite number above 0"),
        (all.clone(), "--word-ngrams 0", "words.ngrams"),
        (all.clone(), "--language Klingon", "possible values"),
        (all.clone(), "--taxonomy none.toml", "none.toml"),
    ] {
        let desk = Desk::with("feelings.csv", content);
        let run = desk.run(&format!("train {FEELINGS} --no-search -o m.safetensors {flags}"));
        run.exits(2).says(words);
        assert_eq!(desk.names(), ["feelings.csv"], "nothing is left behind");
    }
}

#[test]
fn a_label_that_all_cases_have_is_learned_as_such() {
    let all = feelings(["joy", "anger"]);
    let joy: Vec<&str> =
        all.lines().filter(|l| !l.contains("anger") && !l.contains(",-,")).collect();
    let desk = Desk::with("feelings.csv", joy.join("\n"));
    desk.run(&format!("train {FEELINGS} --no-search -o m.safetensors"))
        .ok()
        .says("note: joy: all cases have the same label");
    let tagged = desk.run("tag feelings.csv --model m.safetensors").ok().table();
    assert!(tagged.column("suggested_trends").iter().all(|cell| *cell == "joy"));
}
