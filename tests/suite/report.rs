//! `trendtag report`: a summary of the cases of a batch.

use std::collections::BTreeSet;

use calamine::{Data, Reader, Xlsx};
use serde_json::Value;

use super::support::{
    Desk, Table, assert_lists_its_sections, data, desk_with_slice, keys, taxonomy,
};

/// Returns the demo batch, tagged by the small model.
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
    assert!(told.contains("The estimated shares are means of the probabilities"), "{told}");
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
    let typical = book.worksheet_range("Typical and unusual cases").unwrap();
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
        "Summary",
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
        "Typical and unusual cases",
        "Cases without a clear trend",
        "Groups of similar cases",
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
    assert!(told.contains("The batch is empty"), "{told}");
    assert!(desk.text("empty.html").contains("There are no cases to count"));
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

/// Variants of the figures in the tagged file, as people or programs rewrite them.
fn figures_of(desk: &Desk, rewrite: impl Fn(&str, &str) -> (String, String)) -> Value {
    let table = Table::parse(&desk.text("tagged.csv"), b',');
    let names = table.header.iter();
    let header: Vec<String> = names.map(|name| rewrite(name, "").0).collect();
    let rows = table.rows.iter().map(|row| -> Vec<String> {
        row.iter().zip(&table.header).map(|(cell, name)| rewrite(name, cell).1).collect()
    });
    desk.write("saved.csv", super::support::csv_text(&header, &rows.collect::<Vec<_>>()));
    let run = desk.run("report saved.csv -m slice.safetensors --json");
    let mut figures = run.ok().json();
    figures["files"] = Value::Null;
    figures
}

#[test]
fn a_tagged_file_that_a_spreadsheet_saved_gives_the_same_figures() {
    let desk = tagged();
    let same = |name: &str, cell: &str| (name.to_owned(), cell.to_owned());
    let expected = figures_of(&desk, same);
    let is_probability = |name: &str| name.starts_with("p_");
    let comma = figures_of(&desk, |name, cell| match is_probability(name) {
        true => (name.to_owned(), cell.replace('.', ",")),
        false => same(name, cell),
    });
    assert!(comma == expected, "decimal commas");
    let percent =
        figures_of(&desk, |name, cell| match (is_probability(name), cell.parse::<f64>()) {
            (true, Ok(p)) => (name.to_owned(), format!("{:.2} %", 100.0 * p).replace('.', ",")),
            _ => same(name, cell),
        });
    assert!(percent == expected, "percent");
    let renamed = figures_of(&desk, |name, cell| {
        let is_ours = is_probability(name) || ["suggested_trends", "needs_review"].contains(&name);
        let name = if is_ours { name.replace('_', " ").to_uppercase() } else { name.to_owned() };
        (name, cell.to_owned())
    });
    assert!(renamed == expected, "headers in other letters");
    desk.write("semicolons.csv", desk.text("saved.csv").replace("\r\n", "\n"));
    desk.run("tag tagged.csv -m slice.safetensors -o twice.csv -q").ok();
    let run = desk.run("report twice.csv -m slice.safetensors --json").ok();
    let mut twice = run.says("twice.csv: it was tagged 2 times; the last suggestions count").json();
    twice["files"] = Value::Null;
    assert_eq!(twice["trends"], expected["trends"]);
    assert_eq!(twice["models"], expected["models"]);
}

#[test]
fn a_tagged_file_whose_columns_cannot_be_told_is_refused_with_the_reason() {
    let desk = tagged();
    let text = desk.text("tagged.csv");
    let refused = |from: &str, to: &str| {
        desk.write("saved.csv", text.replacen(from, to, 1));
        desk.run("report saved.csv -m slice.safetensors").exits(2)
    };
    refused("suggested_trends", "Vorgeschlagene Trends")
        .says("it has neither suggestions (a column \"suggested_trends\")")
        .says("\"Vorgeschlagene Trends\" looks like one of them");
    let first = &keys()[0];
    refused(&format!("p_{first}"), "Wahrscheinlichkeit")
        .says("the columns \"Wahrscheinlichkeit\" are in the place of the probabilities");
    // Decimal points that were read as thousands separators.
    let table = Table::parse(&text, b',');
    let at = table.header.iter().position(|name| *name == format!("p_{first}")).unwrap();
    let mut rows = table.rows;
    rows[0][at] = "9976".into();
    desk.write("saved.csv", super::support::csv_text(&table.header, &rows));
    let run = desk.run("report saved.csv -m slice.safetensors").exits(1);
    run.says(&format!("row 1 (line 2), column \"p_{first}\": \"9976\" is not a probability"));
}

#[test]
fn labels_are_read_as_in_a_labelled_file() {
    let desk = desk_with_slice();
    let figures = |run: super::support::Run| run.ok().json()["trends"].clone();
    let expected = figures(desk.run("report slice.csv --json"));
    let mut slice = Table::parse(&desk.text("slice.csv"), b',');
    let at = slice.header.iter().position(|name| name == "trends").unwrap();
    for row in &mut slice.rows {
        row[at] = row[at].to_uppercase().replace(';', "|");
    }
    slice.header[at] = "Labels".into();
    desk.write("piped.csv", super::support::csv_text(&slice.header, &slice.rows));
    let run = desk.run("report piped.csv --trends-column labels --label-separator | --json");
    assert_eq!(figures(run), expected);
    let keys = keys();
    for row in &mut slice.rows {
        let labels = row[at].to_lowercase();
        let marks = keys.iter().map(|key| match labels.split('|').any(|label| label == key) {
            true => "x",
            false => "0",
        });
        let marks: Vec<String> = marks.map(str::to_owned).collect();
        row.extend(marks);
    }
    slice.header.extend(keys.iter().cloned());
    desk.write("marks.csv", super::support::csv_text(&slice.header, &slice.rows));
    let columns = keys.join(",");
    let run = desk.run(&format!("report marks.csv --label-columns {columns} --json"));
    assert_eq!(figures(run), expected);
    desk.run("report slice.csv --year-column yaer").exits(2).says("no column \"yaer\"");
}

/// A finished batch: of 60 cases a reviewer read 30, two reviewers 6, and nobody the others.
fn finished() -> Desk {
    let desk = tagged();
    let table = Table::parse(&desk.text("tagged.csv"), b',');
    let mut header: Vec<String> = table.header.clone();
    let trends = header.iter().position(|name| name == "suggested_trends").unwrap();
    header[trends] = "trends".into();
    header.push("decided_by".into());
    let rows = table.rows.into_iter().take(60).enumerate().map(|(i, mut row)| {
        let by = match i {
            0..30 => "reviewer",
            30..36 => "two reviewers",
            36..40 => "model, promised",
            40..42 => "bulk",
            _ => "model, unread",
        };
        row.push(by.into());
        row
    });
    desk.write("finished.csv", super::support::csv_text(&header, &rows.collect::<Vec<_>>()));
    desk
}

#[test]
fn a_finished_batch_is_counted_where_it_was_read_and_estimated_elsewhere() {
    let desk = finished();
    let figures = desk.run("report finished.csv -m slice.safetensors --json").ok().json();
    assert_eq!((&figures["labels"], &figures["read"]), (&"finished".into(), &36.into()));
    assert_eq!(figures["decided_by"]["model, promised"], 4);
    let table = Table::parse(&desk.text("finished.csv"), b',');
    let (trends, by) = (table.column("trends"), table.column("decided_by"));
    for trend in figures["trends"].as_array().unwrap() {
        let key = trend["key"].as_str().unwrap();
        let probabilities = table.column(&format!("p_{key}"));
        let counts = (0..60).map(|i| match by[i] {
            "reviewer" | "two reviewers" => f64::from(trends[i].split(';').any(|k| k == key)),
            _ => probabilities[i].parse::<f64>().unwrap(),
        });
        let expected = counts.sum::<f64>() / 60.0;
        let share = &trend["corrected"];
        assert!((share["value"].as_f64().unwrap() - expected).abs() < 1e-9, "{trend}");
        assert!(share["lower"].as_f64() < share["value"].as_f64());
        assert_eq!(trend["correction"], "partly-read");
    }
    let told = desk.run("report finished.csv -m slice.safetensors -o page.html").ok().out;
    let told = told.replace('\u{a0}', " ");
    for words in [
        "The batch has 60 cases, of which people have read 36 (60 %)",
        "6 cases were decided by two reviewers.",
        "2 cases were accepted in bulk and not read.",
        "estimated from both parts",
    ] {
        assert!(told.contains(words), "no \"{words}\" in:\n{told}");
    }
    assert!(desk.text("page.html").contains("<dt>Read by people</dt><dd>36 (60"));
}

#[test]
fn a_finished_batch_that_was_edited_by_hand_is_read_or_its_rows_are_named() {
    let desk = finished();
    let mut table = Table::parse(&desk.text("finished.csv"), b',');
    let at = |name: &str| table.header.iter().position(|column| column == name).unwrap();
    let (by, trends) = (at("decided_by"), at("trends"));
    table.rows[0][by] = String::new();
    table.rows[1][by] = "Ann".into();
    let names: Vec<String> = taxonomy().trends.into_iter().map(|trend| trend.name).collect();
    table.rows[2][trends] = format!("{}; {}", names[0], names[1]);
    table.rows[3][trends] = "no-such-trend".into();
    table.header[by] = "Decided by".into();
    desk.write("edited.csv", super::support::csv_text(&table.header, &table.rows));
    let run = desk.run("report edited.csv -m slice.safetensors --json").exits(1);
    assert!(run.err.contains("row 4") && run.err.contains("no-such-trend"), "{}", run.err);
    let figures = run.json();
    // Of the 36 read cases, one lost its entry, one names somebody, and one failed.
    assert_eq!((&figures["labels"], &figures["cases"]), (&"finished".into(), &59.into()));
    assert_eq!(figures["read"], 33);
    assert_eq!((&figures["decided_by"][""], &figures["decided_by"]["ann"]), (&1.into(), &1.into()));
    assert_eq!(figures["trends"].as_array().unwrap().len(), names.len(), "no trend was made up");
    let told = desk.run("report edited.csv -m slice.safetensors").exits(1).out;
    assert!(told.contains("1 case without an entry that says who decided counts as not read"));
    // Beside a file without such a column, unread trends would pass for labels.
    let run = desk.run("report finished.csv slice.csv -m slice.safetensors").ok();
    run.says("finished.csv: trends that nobody has read count as labelled");
}

#[test]
fn files_of_different_models_and_trends_are_told_at_the_top() {
    let desk = tagged();
    let text = desk.text("tagged.csv");
    let table = Table::parse(&text, b',');
    let model = table.column("model")[0].to_owned();
    let first = format!("p_{}", keys()[0]);
    desk.write("other.csv", text.replace(&model, "another").replace(&first, "p_mauve"));
    desk.run("report tagged.csv other.csv -m slice.safetensors -o page.html").ok();
    let page = desk.text("page.html");
    let (top, _) = page.split_once("<main").unwrap();
    for words in ["tagged by different models", "other.csv: another", "different sets of trends"] {
        assert!(top.contains(words), "no \"{words}\" at the top");
    }
    desk.run("report tagged.csv -m slice.safetensors -o one.html").ok();
    assert!(!desk.text("one.html").contains("Please note"));
}

#[test]
fn the_page_names_trends_has_title_and_date_and_gives_its_charts_away() {
    let desk = tagged();
    let command = "report tagged.csv -m slice.safetensors -o page.html --xlsx book.xlsx";
    let flags = "--title Call --date 2025-06-01 --figures charts";
    desk.run(&format!("{command} {flags}")).ok();
    let page = desk.text("page.html");
    assert_lists_its_sections(&page);
    assert!(page.contains("<h1>Call</h1>") && page.contains("<dt>Date</dt><dd>2025-06-01</dd>"));
    let (_, main) = page.split_once("<main").unwrap();
    let drawn = main.matches("<svg").count();
    assert_eq!(main.matches("href=\"data:image/svg+xml").count(), drawn, "a link for each chart");
    assert_eq!(main.matches("href=\"data:text/csv").count(), main.matches("<table>").count());
    // A key has its place in one column for programs, and in no chart.
    for svg in main.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()) {
        let is_key = |key: &String| key.contains('-') && svg.contains(&format!(">{key}<"));
        assert!(!keys().iter().any(is_key), "{svg}");
    }
    let files: Vec<_> = std::fs::read_dir(desk.path("charts")).unwrap().collect();
    let named = |end: &str| {
        let names = files.iter().map(|file| file.as_ref().unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().ends_with(end)).count()
    };
    assert_eq!((named(".svg"), named(".png")), (drawn, drawn));
    let mut book: Xlsx<_> = calamine::open_workbook(desk.path("book.xlsx")).unwrap();
    let summary = book.worksheet_range("Summary").unwrap();
    let said: Vec<String> = summary.rows().map(|row| row[1].to_string()).collect();
    let html = page.replace("&#60;", "<").replace("&#39;", "'").replace("&#38;", "&");
    for sentence in said.iter().take_while(|sentence| !sentence.starts_with("How frequent")) {
        assert!(html.contains(sentence.as_str()), "not on the page: {sentence}");
    }
    // Some systems do not replace a file that is open.
    drop(book);
    desk.run(&format!("{command} --figures charts"))
        .exits(2)
        .says("page.html")
        .says("exists already");
    desk.run("report tagged.csv --figures charts").exits(2).says("the folder is not empty");
    desk.run(&format!("{command} --force {flags}")).ok();
    assert_eq!(desk.text("page.html"), page, "the same input, the same bytes");
}
