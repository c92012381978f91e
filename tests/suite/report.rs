//! `trendtag report`: what the cases of a batch show, taken together.

use std::collections::BTreeSet;

use calamine::{Data, Reader, Xlsx};
use serde_json::Value;

use super::support::{Desk, Table, data, desk_with_slice, keys};

/// The demo batch, tagged by the small model.
fn tagged() -> Desk {
    let desk = desk_with_slice();
    desk.write("submissions.csv", data("submissions.csv"));
    desk.run("tag submissions.csv -m slice.safetensors -o tagged.csv -q").ok();
    desk
}

#[test]
fn counts_are_those_of_the_tagged_file_and_shares_are_corrected() {
    let desk = tagged();
    let figures = desk.run("report tagged.csv -m slice.safetensors --json").ok().json();
    let rows = Table::parse(&desk.text("tagged.csv"), b',');
    let cells = rows.column("suggested_trends");
    assert_eq!(figures["cases"], cells.len());
    let trends = figures["trends"].as_array().unwrap();
    assert_eq!(trends.len(), keys().len());
    for (trend, key) in trends.iter().zip(keys()) {
        let count = cells.iter().filter(|cell| cell.split(';').any(|k| k == key)).count();
        assert_eq!((&trend["key"], &trend["count"]), (&Value::from(key), &Value::from(count)));
        assert_eq!(trend["raw"]["value"], count as f64 / cells.len() as f64);
        assert!(trend["correction"].is_string(), "{trend}");
    }
    let levels = rows.column("level");
    let by_level = figures["breakdowns"].as_array().unwrap().iter().find(|b| b["name"] == "level");
    let groups = by_level.unwrap()["groups"].as_array().unwrap();
    let named: BTreeSet<&str> = levels.iter().copied().filter(|level| !level.is_empty()).collect();
    assert_eq!(groups.len(), named.len());
    for group in groups {
        let count = levels.iter().filter(|level| group["name"] == **level).count();
        assert_eq!(group["cases"], count);
    }
}

#[test]
fn a_batch_of_another_model_is_corrected_by_its_probabilities_and_that_is_said() {
    let desk = tagged();
    let run = desk
        .run("report tagged.csv --json")
        .ok()
        .says("name the model that tagged them with --model");
    assert_eq!(run.json()["trends"][0]["correction"], "mean-probability");
    let told = desk.run("report tagged.csv").ok().out;
    assert!(told.contains("The corrected shares are means of the probabilities"), "{told}");
}

#[test]
fn errors_of_the_tagger_are_used_beside_a_trend_that_it_does_not_know() {
    let desk = tagged();
    let more =
        "\n[[trend]]\nkey = \"mauve\"\nname = \"Mauve\"\ndefinition = \"Things in mauve.\"\n";
    desk.write("more.toml", data("taxonomy.toml") + more);
    let run = desk.run("report tagged.csv -m slice.safetensors --taxonomy more.toml --json").ok();
    assert!(!run.err.contains("note:"), "{}", run.err);
    let figures = run.json();
    let trends = figures["trends"].as_array().unwrap();
    assert_eq!(trends.len(), keys().len() + 1);
    assert!(trends.iter().any(|trend| trend["correction"] == "adjusted-count"), "{figures}");
}

#[test]
fn gold_needs_no_correction() {
    let desk = desk_with_slice();
    let figures = desk.run("report slice.csv --json").ok().json();
    assert_eq!((&figures["labels"], &figures["cases"]), (&"gold".into(), &60.into()));
    assert!(figures["trends"].as_array().unwrap().iter().all(|t| t["corrected"].is_null()));
    assert!(desk.run("report slice.csv").ok().out.contains("need no correction"));
}

#[test]
fn every_format_and_number_of_threads_gives_the_same_figures() {
    let desk = tagged();
    let figures = |run: super::support::Run| {
        let mut figures = run.ok().json();
        figures["files"] = Value::Null;
        figures
    };
    let expected = figures(desk.run("report tagged.csv -m slice.safetensors --json"));
    for name in ["tagged.jsonl", "tagged.parquet", "tagged.xlsx"] {
        desk.run(&format!("tag submissions.csv -m slice.safetensors -o {name} -q")).ok();
        let figures = figures(desk.run(&format!("report {name} -m slice.safetensors --json")));
        assert!(figures == expected, "{name} has other figures");
    }
    let piped =
        desk.pipe("report - -m slice.safetensors --json --jobs 3", desk.bytes("tagged.csv"));
    assert!(figures(piped) == expected);
    for jobs in [1, 4] {
        desk.run(&format!("report tagged.csv -o {jobs}.html --xlsx {jobs}.xlsx --jobs {jobs}"))
            .ok();
    }
    assert!(desk.bytes("1.html") == desk.bytes("4.html"));
    assert!(desk.bytes("1.xlsx") == desk.bytes("4.xlsx"));
}

#[test]
fn text_is_text_on_the_page_and_in_the_workbook() {
    let mut rows = String::from("id,title,trends,country,year,level\n");
    for i in 0..8 {
        let formula = "=HYPERLINK(\"\"http://x\"\")";
        rows.push_str(&format!(
            "i{i},\"{formula}<script>alert(1)</script> &{i}\",red,\"=1+1\",2020,<b>\n"
        ));
    }
    let desk = Desk::with("hostile.csv", rows);
    desk.run("report hostile.csv -o page.html --xlsx book.xlsx").ok();
    let page = desk.text("page.html");
    assert!(!page.contains("<script") && !page.contains("<b>") && page.contains("&#60;script"));
    let mut book: Xlsx<_> = calamine::open_workbook(desk.path("book.xlsx")).unwrap();
    let names = book.sheet_names();
    for name in &names {
        let formulas = book.worksheet_formula(name).unwrap();
        assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()), "{name}");
    }
    let typical = book.worksheet_range("Typical and unusual").unwrap();
    let titles: Vec<&Data> = typical.rows().skip(1).map(|row| &row[3]).collect();
    assert_eq!(titles.len(), 8, "all cases are of one trend, typical or unusual");
    assert!(titles.iter().all(|t| t.to_string().starts_with("=HYPERLINK")), "{titles:?}");
}

#[test]
fn the_workbook_has_one_sheet_a_table_and_numbers_as_numbers() {
    let desk = tagged();
    desk.run("report tagged.csv -m slice.safetensors --xlsx book.xlsx").ok();
    let mut book: Xlsx<_> = calamine::open_workbook(desk.path("book.xlsx")).unwrap();
    let names = book.sheet_names();
    let expected = [
        "About",
        "Trends",
        "Change",
        "By year",
        "By country",
        "By region",
        "By level",
        "Pairs",
        "Combinations",
        "Terms",
        "Rising terms",
        "Typical and unusual",
        "No trend",
        "No trend, groups",
    ];
    assert_eq!(names, expected);
    let trends = book.worksheet_range("Trends").unwrap();
    assert_eq!(trends.height(), keys().len() + 1);
    for row in trends.rows().skip(1) {
        let [Data::Float(count), Data::Float(share)] = [&row[2], &row[3]] else {
            panic!("no numbers: {row:?}");
        };
        assert!((count / 140.0 - share).abs() < 1e-12, "140 cases: {row:?}");
    }
}

#[test]
fn what_is_missing_is_said_in_words() {
    let desk = Desk::with("bare.csv", "id,title,trends\n1,a bus,red\n2,a tram,blue\n");
    desk.run("report bare.csv -o bare.html --xlsx bare.xlsx").ok();
    let page = desk.text("bare.html");
    for words in ["There is no year column", "There is no country column", "no column with years"] {
        assert!(page.contains(words), "no \"{words}\"");
    }
    desk.write("empty.csv", "id,title,trends,year,country,level\n");
    let told = desk.run("report empty.csv -o empty.html --xlsx empty.xlsx").ok().out;
    assert!(told.contains("the batch is empty"), "{told}");
    assert!(desk.text("empty.html").contains("There is no case to count"));
    assert!(!desk.text("empty.html").contains("<svg"));
}

#[test]
fn groups_can_be_chosen_and_rows_too() {
    let desk = tagged();
    let figures = desk
        .run("report tagged.csv --by level --by subregion --where level=local --json -q")
        .ok()
        .json();
    let names: Vec<&Value> =
        figures["breakdowns"].as_array().unwrap().iter().map(|b| &b["name"]).collect();
    assert_eq!(names, ["level", "subregion"]);
    assert_eq!(figures["cases"], 34);
    desk.run("report tagged.csv --by budget").exits(2).says("no column \"budget\"").says("level");
    desk.run("report submissions.csv").exits(2).says("tag it first");
}

#[test]
fn files_are_added_up_and_nothing_is_overwritten() {
    let desk = desk_with_slice();
    let figures = desk.run("report slice.csv slice.csv --json").ok().json();
    assert_eq!((&figures["cases"], &figures["repeated_ids"]), (&120.into(), &60.into()));
    desk.write("page.html", "mine");
    desk.run("report slice.csv -o page.html").exits(2).says("--force");
    assert_eq!(desk.text("page.html"), "mine");
    desk.run("report slice.csv -o page.html --force").ok();
    desk.write("bad.csv", "id,title,trends\n1,a,co-mauve\n2,b,red,c\n");
    let run = desk.run("report bad.csv --taxonomy taxonomy.toml").exits(1);
    assert!(run.err.contains("row 1") && run.err.contains("row 2"), "{}", run.err);
}
