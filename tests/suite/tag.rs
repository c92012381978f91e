//! Tagging files: the output has all input rows and their suggestions.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use trendtag::tables::spreadsheet;

use super::support::{
    Desk, Table, csv_text, data, desk_with_slice, feelings, keys, no_such_file, repository,
};

/// Two submissions; the second has an empty cell and a quoted one.
const TWO: &str = "id,title,summary,country\n\
    s1,Participatory budget,Citizens vote on the city budget.,France\n\
    s2,Registry,\"A shared platform, \"\"cloud\"\" and registries.\",\n";

#[test]
fn every_input_column_comes_out_with_its_value_and_the_suggestions_after_it() {
    let input = Table::parse(&data("submissions.csv"), b',');
    let desk = Desk::with("submissions.csv", data("submissions.csv"));
    let tagged = desk.run("tag submissions.csv").ok().table();

    let mut expected = input.header.clone();
    expected.push("suggested_trends".into());
    expected.extend(keys().iter().map(|key| format!("p_{key}")));
    let others = ["needs_review", "review_reasons", "expected_errors", "unsure_trends"];
    expected.extend(others.into_iter().chain(["evidence", "model"]).map(String::from));
    assert_eq!(tagged.header, expected);
    assert_eq!(tagged.rows.len(), input.rows.len());
    for (row, out) in input.rows.iter().zip(&tagged.rows) {
        assert_eq!(row[..], out[..row.len()], "every row once, in order, unchanged");
    }
}

#[test]
fn probabilities_lie_between_0_and_1_and_suggestions_have_evidence() {
    let tagged = Desk::new().pipe("tag -", data("submissions.csv")).ok().table();
    let keys = keys();
    for key in &keys {
        let probabilities = tagged.column(&format!("p_{key}"));
        assert!(probabilities.iter().all(|p| (0.0..=1.0).contains(&p.parse::<f64>().unwrap())));
    }
    let model = tagged.column("model");
    assert!(model.iter().all(|id| *id == model[0] && id.len() == 12));
    let suggested = tagged.column("suggested_trends").into_iter();
    for (suggested, evidence) in suggested.zip(tagged.column("evidence")) {
        for key in suggested.split(';') {
            assert!(keys.iter().any(|known| known == key), "{suggested}");
            assert!(evidence.contains(&format!("{key}: ")), "{suggested} because {evidence}");
        }
    }
}

#[test]
fn a_case_that_a_person_must_look_at_says_why() {
    let desk = Desk::with(
        "odd.csv",
        "id,title,description\nshort,Citizens vote on the budget,\nempty,,\n\
         french,,\"La ville permet aux habitants de proposer des projets et de voter pour ceux \
         qui seront financés par la mairie ; les écoles et les associations y participent chaque \
         année, et les résultats sont publiés dans le journal municipal avec leur calendrier.\"\n",
    );
    let tagged = desk.run("tag odd.csv --allow-missing-columns").ok().table();
    assert_eq!(tagged.column("needs_review"), ["yes"; 3]);
    let reasons = tagged.column("review_reasons");
    let has = |row: usize, code| reasons[row].split(';').any(|reason: &str| reason == code);
    assert!(has(0, "short") && has(1, "no-text") && has(2, "other-language"), "{reasons:?}");

    let run = Desk::new().pipe("tag - --allow-missing-columns", data("submissions.csv")).ok();
    let tagged = run.table();
    let review = tagged.column("needs_review");
    let reasons = tagged.column("review_reasons");
    assert!(review.contains(&"no"));
    let some = review.iter().filter(|cell| **cell == "yes").count();
    assert_eq!(some, reasons.iter().filter(|cell| !cell.is_empty()).count());
    run.says(&format!("Read the {some} rows marked yes"));
}

#[test]
fn evidence_is_as_long_as_asked_for() {
    let desk = Desk::with("two.csv", TWO);
    let pieces = |flags: &str| {
        let evidence =
            desk.run(&format!("tag two.csv {flags} --allow-missing-columns")).ok().table();
        evidence.column("evidence")[0].matches('+').count()
    };
    assert_eq!((pieces("--explain 0"), pieces("--explain 1"), pieces("")), (0, 1, 3));
}

#[test]
fn an_output_file_is_written_and_standard_output_stays_empty() {
    let desk = Desk::with("two.csv", TWO);
    let run = desk
        .run("tag two.csv -o tagged.csv --allow-missing-columns")
        .ok()
        .says("2 rows read, 2 tagged, 0 failed");
    assert_eq!(run.out, "");
    assert_eq!(desk.text("tagged.csv"), desk.run("tag two.csv --allow-missing-columns").ok().out);
}

#[test]
fn a_dash_is_standard_input_and_standard_output() {
    let desk = Desk::with("two.csv", TWO);
    let piped = desk.pipe("tag - -o - --allow-missing-columns", TWO).ok();
    assert_eq!(piped.out, desk.run("tag two.csv --allow-missing-columns").ok().out);
    assert_eq!(desk.names(), ["two.csv"]);
}

#[test]
fn a_file_in_the_way_is_replaced_only_by_force() {
    let desk = Desk::with("two.csv", TWO);
    for name in ["tagged.csv", "errors.csv"] {
        desk.write(name, "precious\n");
    }
    desk.run("tag two.csv -o tagged.csv --allow-missing-columns")
        .exits(2)
        .says("tagged.csv: exists already")
        .says("--force");
    let run = desk.run("tag two.csv --errors errors.csv --allow-missing-columns").exits(2);
    assert!(run.says("errors.csv: exists already").out.is_empty(), "reported before the work");
    assert_eq!(desk.text("tagged.csv") + &desk.text("errors.csv"), "precious\nprecious\n");

    desk.run("tag two.csv -o tagged.csv --errors errors.csv --force --allow-missing-columns").ok();
    assert_eq!(Table::parse(&desk.text("tagged.csv"), b',').rows.len(), 2);
    assert_eq!(desk.text("errors.csv"), "file,row,line,column,error\n");
}

#[test]
fn a_run_that_fails_leaves_no_file_and_no_output() {
    let desk = Desk::with("two.csv", TWO);
    desk.write("other.csv", "name,words\na,b\n");
    let run = desk.run("tag two.csv other.csv -o tagged.csv --allow-missing-columns").exits(2);
    run.says(
        "other.csv: the file has none of the text columns \"title\", \"summary\", \"description\"",
    )
    .says("the file has \"name\", \"words\"")
    .says("--text-columns");
    assert_eq!(desk.names(), ["other.csv", "two.csv"]);
    assert_eq!(desk.run("tag other.csv").exits(2).out, "", "not even a header");
}

#[test]
fn a_killed_run_leaves_the_old_file() {
    let desk = Desk::with("tagged.csv", "old\n");
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.current_dir(desk.path("")).args(["tag", "-", "-o", "tagged.csv", "--force"]);
    let mut run = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = run.stdin.take().unwrap();
    // More than the pipe and the reader's window can hold, so that tagging has started.
    stdin.write_all(data("cases.csv").as_bytes()).unwrap();
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(desk.text("tagged.csv"), "old\n");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.arg("tag").arg(repository("data/cases.csv"));
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(run.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let ended = run.wait_with_output().unwrap();
    assert!(first.starts_with("id,title"), "{first}");
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.starts_with("Using model ") && said.lines().count() == 1, "{said}");
}

#[test]
fn several_files_become_one_output() {
    let desk = Desk::with("a.csv", "id,title\n1,Citizens vote\n");
    desk.write("b.csv", "id,title\n2,Cloud registry\n");
    let tagged = desk.run("tag a.csv b.csv --allow-missing-columns").ok().table();
    assert_eq!(tagged.column("id"), ["1", "2"]);
}

#[test]
fn a_pattern_stands_for_its_files_in_the_order_of_the_alphabet() {
    // No shell is involved: the program gets the pattern itself.
    let desk = Desk::with("batch/b.csv", "id,title\n2,Cloud registry\n");
    desk.write("batch/a.csv", "id,title\n1,Citizens vote\n");
    desk.write("batch/c.jsonl", "{\"id\":3,\"title\":\"Sensors in the harbour\"}\n");
    desk.write("last.csv", "id,title\n0,Open data\n");
    let tagged = desk.run("tag batch/*.csv last.csv --allow-missing-columns").ok().table();
    assert_eq!(tagged.column("id"), ["1", "2", "0"]);
    let tagged =
        desk.run("tag batch/[bc].* --output-format csv --allow-missing-columns").ok().table();
    assert_eq!(tagged.column("id"), ["2", "3"]);
    desk.run("tag batch/*.tsv --allow-missing-columns")
        .exits(2)
        .says("batch/*.tsv: no file matches this pattern");
    // A file with the name of a pattern is read as that file.
    desk.write("odd[1].csv", "id,title\n4,Citizens vote\n");
    assert_eq!(desk.run("tag odd[1].csv --allow-missing-columns").ok().table().column("id"), ["4"]);
}

#[test]
fn the_columns_of_all_files_are_in_the_output_and_those_that_came_later_are_told() {
    let desk = Desk::with("a.csv", "id,title\n1,Citizens vote\n");
    desk.write("b.csv", "Title,ID,country\nCloud registry,2,Peru\n");
    for output in ["o.csv", "o.xlsx", "o.parquet", "o.jsonl"] {
        let run = desk.run(&format!("tag a.csv b.csv -o {output} --allow-missing-columns")).ok();
        run.says("note: b.csv: 1 more column than in the files before it: country");
        let read = desk.run(&format!("tag {output} --output-format csv --allow-missing-columns"));
        let table = read.ok().table();
        if output != "o.jsonl" {
            assert_eq!(table.header[..3], ["id", "title", "country"], "{output}");
            assert_eq!(table.rows[1][..3], ["2", "Cloud registry", "Peru"], "{output}");
        }
        assert_eq!(table.column("country"), ["", "Peru"], "{output}");
    }
    // A later file that spells a column in another case.
    let run = desk.run("tag a.csv b.csv --columns ID,title --allow-missing-columns").ok();
    assert_eq!(run.table().rows[1][..2], ["2", "Cloud registry"]);
    assert_eq!(run.table().header[..2], ["id", "title"]);
}

#[test]
fn a_file_that_was_tagged_can_be_tagged_again() {
    let desk = Desk::with("two.csv", TWO);
    desk.run("tag two.csv -o once.csv --allow-missing-columns").ok();
    let twice = desk.run("tag once.csv --allow-missing-columns").ok().table();
    assert_eq!(twice.column("suggested_trends"), twice.column("suggested_trends_2"));
    assert_eq!(twice.column("evidence"), twice.column("evidence_2"));
}

#[test]
fn other_columns_can_be_named_as_text_and_id() {
    let desk = Desk::with("named.csv", "key,words\nk1,Citizens vote on the budget\nk1,Cloud\n");
    let run = desk.run("tag named.csv --text-columns words --id-column key").ok();
    run.says("named.csv, row 2 (line 3): duplicate id \"k1\"");
    desk.write("usual.csv", "id,description\nk1,Citizens vote on the budget\nk2,Cloud\n");
    let named = desk.run("tag named.csv --text-columns words --quiet").ok().table();
    let usual = desk.run("tag usual.csv --quiet --allow-missing-columns").ok().table();
    assert_eq!(named.rows[0][2..], usual.rows[0][2..], "one column is the main text");

    let run = desk.run("tag named.csv --text-columns a,b,c,words").exits(2);
    run.says("--text-columns names 4 text columns, but the model reads 3");
}

#[test]
fn without_an_id_column_rows_go_by_their_number() {
    let desk = Desk::with("no-id.csv", "title\nCitizens vote\nCloud registry\n");
    let run = desk.run("tag no-id.csv --allow-missing-columns").ok();
    assert_eq!(run.table().column("title"), ["Citizens vote", "Cloud registry"]);
    assert!(!run.err.contains("duplicate id"), "{}", run.err);
}

#[test]
fn quiet_is_quiet_but_for_errors() {
    let desk = Desk::with("twice.csv", "id,title\n1,Citizens\n1,Cloud\n");
    assert_eq!(desk.run("tag twice.csv --quiet --allow-missing-columns").ok().err, "");
    desk.run("tag twice.csv --allow-missing-columns")
        .ok()
        .says("row 2 (line 3): duplicate id \"1\"");
    desk.write("bad.csv", "id,title\n1,a,b\n");
    desk.run("tag bad.csv --quiet --allow-missing-columns")
        .exits(1)
        .says("bad.csv, row 1 (line 2)");
}

#[test]
fn a_missing_file_or_model_is_named_once_and_nothing_is_done() {
    let desk = Desk::new();
    let run = desk.run("tag nowhere.csv -o tagged.csv").exits(2);
    let error = format!("error: nowhere.csv: {}\n", no_such_file());
    assert!(
        run.err.ends_with(&error) && run.err.matches("nowhere.csv").count() == 1,
        "{}",
        run.err
    );
    desk.run("tag nowhere.csv --model none.safetensors").exits(2).says("none.safetensors");
    desk.write("two.csv", TWO);
    desk.run("tag two.csv --model two.csv").exits(2).says("two.csv: not a usable model");
    assert_eq!(desk.names(), ["two.csv"]);
}

#[test]
fn a_trained_model_tags_with_its_own_id() {
    let desk = desk_with_slice();
    desk.write("two.csv", TWO);
    let built_in = desk.run("tag two.csv --allow-missing-columns").ok().table();
    let trained =
        desk.run("tag two.csv --model slice.safetensors --allow-missing-columns").ok().table();
    assert_eq!(built_in.header, trained.header);
    assert_ne!(built_in.column("model"), trained.column("model"));
}

#[test]
fn a_label_that_looks_like_a_formula_is_harmless_in_a_spreadsheet() {
    // Written with an apostrophe, as for a spreadsheet; the label itself has none.
    let desk = Desk::with("feelings.csv", feelings(["'=joy()", "'@anger"]));
    let train = "train feelings.csv --text-columns text --trends-column labels --no-search";
    desk.run(&format!("{train} -o model.safetensors")).ok();
    let tagged = desk.run("tag feelings.csv --model model.safetensors").ok().table();
    assert!(tagged.header.contains(&"p_=joy()".to_owned()), "{:?}", tagged.header);
    for column in ["suggested_trends", "evidence"] {
        let cells = tagged.column(column);
        assert!(cells.iter().any(|cell| cell.starts_with("'=joy()")), "{cells:?}");
        assert!(!cells.iter().any(|cell| cell.starts_with(['=', '@'])), "{cells:?}");
    }
}

#[test]
fn the_inputs_own_formulas_are_kept_or_made_safe_and_back() {
    let cells = ["=1+1", "'=1+1", "-", "-5", "@x", "+tax", "plain"].map(String::from);
    let rows = cells.each_ref().map(|cell| ["Citizens vote".to_owned(), cell.clone()]);
    let desk = Desk::with("f.csv", csv_text(&["title".into(), "note".into()], &rows));
    assert_eq!(desk.run("tag f.csv --allow-missing-columns").ok().table().column("note"), cells);

    let tagged = desk.run("tag f.csv --spreadsheet-safe --allow-missing-columns").ok().table();
    let safe = tagged.column("note");
    assert_eq!(safe, ["'=1+1", "''=1+1", "-", "-5", "'@x", "'+tax", "plain"]);
    let back: Vec<&str> = safe.into_iter().map(spreadsheet::unescape).collect();
    assert_eq!(back, cells);
}

#[test]
fn expected_errors_are_the_chances_that_the_tags_are_wrong() {
    let tagged = Desk::new().pipe("tag -", data("submissions.csv")).ok().table();
    let keys = keys();
    let suggested = tagged.column("suggested_trends");
    let errors = tagged.column("expected_errors");
    let unsure = tagged.column("unsure_trends");
    for row in 0..tagged.rows.len() {
        let doubt = |key: &String| {
            let p: f64 = tagged.column(&format!("p_{key}"))[row].parse().unwrap();
            if suggested[row].split(';').any(|trend| trend == key) { 1.0 - p } else { p }
        };
        let sum: f64 = keys.iter().map(doubt).sum();
        let found: f64 = errors[row].parse().unwrap();
        assert!((sum - found).abs() < 0.0004, "row {row}: {found} is not {sum}");
        for key in &keys {
            let is_unsure = unsure[row].split(';').any(|trend| trend == key);
            // Numbers in files are rounded.
            assert!(is_unsure == (doubt(key) >= 0.2) || (doubt(key) - 0.2).abs() < 1e-4);
        }
    }
    assert!(unsure.contains(&"") && unsure.iter().any(|cell| !cell.is_empty()));
}
