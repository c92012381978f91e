//! Labels as other programs write them: every spelling is read, and errors state what to
//! change.

use super::support::{Desk, Table, csv_text, desk_with_slice, feelings};

const FEELINGS: &str = "--text-columns text --trends-column labels --no-search -o m.safetensors";

/// Returns the slice with another spelling of its labels.
fn slice_with(labels: impl Fn(&str) -> String) -> Desk {
    let desk = desk_with_slice();
    let mut slice = Table::parse(&desk.text("slice.csv"), b',');
    let column = slice.header.iter().position(|name| name == "trends").unwrap();
    for row in &mut slice.rows {
        row[column] = labels(&row[column]);
    }
    desk.write("spelled.csv", csv_text(&slice.header, &slice.rows));
    desk
}

/// Returns the model trained on these labels is the one trained on the plain ones.
#[track_caller]
fn gives_the_same_model(labels: impl Fn(&str) -> String, flags: &str) {
    let desk = slice_with(labels);
    desk.run(&format!("train spelled.csv --no-search -o spelled.safetensors {flags}")).ok();
    assert!(desk.bytes("spelled.safetensors") == desk.bytes("slice.safetensors"));
}

#[test]
fn labels_in_any_spelling_give_the_same_model() {
    gives_the_same_model(|cell| cell.replace(';', ", ").to_uppercase(), "");
    gives_the_same_model(
        |cell| format!("['{}']", cell.replace(';', "', '")).replace("['-']", "[]"),
        "",
    );
    gives_the_same_model(|cell| cell.replace(';', "|"), "--label-separator |");
    gives_the_same_model(
        |cell| format!("\u{a0}{};", cell.replace('-', "\u{2011}")).replace("\u{2011};", "-"),
        "",
    );
}

#[test]
fn one_column_per_label_trains_and_says_what_it_read() {
    let mut table = Table::parse(&feelings(["joy", "anger"]), b',');
    let labels = table.header.iter().position(|name| name == "labels").unwrap();
    table.header.extend(["Joy".to_owned(), "Anger".to_owned()]);
    for row in &mut table.rows {
        let mark = |label: &str| match row[labels].as_str() {
            "" => String::new(),
            cell if cell == label => "1".to_owned(),
            _ => "0".to_owned(),
        };
        let marks = [mark("joy"), mark("anger")];
        row.extend(marks);
        row[labels].clear();
    }
    let desk = Desk::with("marks.csv", csv_text(&table.header, &table.rows));
    let flags = "--text-columns text --no-search -o m.safetensors";
    let run = desk.run(&format!("train marks.csv --label-columns joy,anger {flags}")).ok();
    run.says("note: 48 cases with labels, 24 to which none applies (\"-\"), 0 unlabelled");
    let tagged = desk.run("tag marks.csv --model m.safetensors").ok().table();
    assert!(tagged.header.iter().any(|name| name == "p_Joy"), "{:?}", tagged.header);
    desk.run(&format!("train marks.csv --label-columns joy,rage {flags} --force"))
        .exits(2)
        .says("there is no label column \"rage\"");
}

#[test]
fn joined_labels_without_a_taxonomy_are_refused_before_training() {
    let joined = feelings(["joy|calm", "anger|calm"]).replacen("joy|calm", "joy", 3);
    let desk = Desk::with("feelings.csv", joined.replacen("anger|calm", "anger", 3));
    desk.run(&format!("train feelings.csv {FEELINGS}"))
        .exits(2)
        .says("there are 4 labels, such as \"anger|calm\", but only 3 if \"|\" separates them")
        .says("--label-separator \"|\"");
    desk.run(&format!("train feelings.csv {FEELINGS} --label-separator |")).ok();
}

#[test]
fn gold_that_cannot_be_read_says_so_and_ids_without_a_case_are_counted() {
    let desk = desk_with_slice();
    let gold = Table::parse(&desk.text("slice.csv"), b',');
    let trends = gold.column("trends");
    let ids = gold.column("id");
    let rows = |id: fn(&str) -> String, label: fn(&str) -> String| {
        let row = |(i, l): (&&str, &&str)| [id(i), label(l)];
        let rows: Vec<[String; 2]> = ids.iter().zip(&trends).map(row).collect();
        csv_text(&["id".into(), "trends".into()], &rows)
    };
    let plain = |text: &str| text.to_owned();
    let evaluate = "evaluate slice.csv --model slice.safetensors --gold";
    desk.write("unknown.csv", rows(plain, |_| "mauve".into()));
    desk.run(&format!("{evaluate} unknown.csv"))
        .exits(2)
        .says("unknown.csv: none of its 60 rows of labels can be read")
        .says("unknown trend \"mauve\"");
    desk.write("shifted.csv", rows(|id| format!("{id}.0"), plain));
    desk.run(&format!("{evaluate} shifted.csv"))
        .exits(2)
        .says("60 ids of shifted.csv belong to no case")
        .says("60 of them differ from the id of a case only by blanks, case or \".0\"");
    let more = rows(plain, plain) + "nobody,-\n";
    desk.write("more.csv", more);
    desk.run(&format!("{evaluate} more.csv")).ok().says("1 ids of more.csv belong to no case");
    desk.write("no-id.csv", "number,trends\n1,-\n");
    desk.run(&format!("{evaluate} no-id.csv"))
        .exits(2)
        .says("no-id.csv: there is no id column \"id\"; the file has \"number\", \"trends\"")
        .says("--id-column");
    desk.write("named.csv", desk.text("more.csv").replace("id,trends", "id,answers"));
    desk.run(&format!("{evaluate} named.csv --trends-column answers")).ok();
}

#[test]
fn a_vocabulary_without_a_term_is_refused() {
    let desk = Desk::with("feelings.csv", feelings(["joy", "anger"]));
    desk.run(&format!("train feelings.csv {FEELINGS} --min-df 1000"))
        .exits(2)
        .says("no term occurs in at least 1000 of the 72 cases");
    let numbers = |word: &str| word.to_owned();
    let rows: Vec<[String; 3]> = (0..40)
        .map(|i| {
            [i.to_string(), numbers("the and of it"), if i % 2 == 0 { "a" } else { "b" }.into()]
        })
        .collect();
    desk.write("stop.csv", csv_text(&["id", "text", "labels"].map(String::from), &rows));
    desk.run(&format!("train stop.csv {FEELINGS}")).exits(2).says("all words are stop words");
    let rows: Vec<[String; 3]> =
        rows.into_iter().map(|[id, _, label]| [id, "???".into(), label]).collect();
    desk.write("wordless.csv", csv_text(&["id", "text", "labels"].map(String::from), &rows));
    desk.run(&format!("train wordless.csv {FEELINGS}"))
        .exits(2)
        .says("the texts of the cases contain no words");
}

#[test]
fn the_labels_of_a_list_may_have_separators_in_them() {
    let rows = |row: usize| {
        let (word, labels) = match row % 3 {
            0 => ("hospital", serde_json::json!(["Health; care", "People, places"])),
            1 => ("street", serde_json::json!(["People, places", null])),
            _ => ("nothing", serde_json::json!([])),
        };
        let text = format!("the {word} of town {row} with a {word}");
        serde_json::json!({ "text": text, "labels": labels }).to_string()
    };
    let rows: Vec<String> = (0..30).map(rows).collect();
    let desk = Desk::with("cases.jsonl", rows.join("\n"));
    let flags = "--text-columns text --trends-column labels --no-search -o m.safetensors";
    let error = desk.run(&format!("train cases.jsonl {flags}")).exits(2).err;
    assert!(error.contains("\"Health; care\" cannot be a key"), "{error}");
    let rows = rows.join("\n").replace("Health; care", "Health, care");
    desk.write("cases.jsonl", rows);
    let out = desk.run(&format!("train cases.jsonl {flags}")).ok().out;
    assert!(out.contains("\nHealth, care") && out.contains("\nPeople, places"), "{out}");
}

#[test]
fn nothing_is_beside_standard_input() {
    let desk = Desk::new();
    desk.write("taxonomy.toml", "this is no taxonomy");
    desk.write("examples.csv", "trends,text\nunknown,text\n");
    let row = |row| format!("label-{},about word{} {row}\n", row % 2, row % 2);
    let cases: String = (0..30).map(row).collect();
    let flags = "--text-columns text --no-search -o m.safetensors";
    let train = format!("train - --format csv {flags}");
    let out = desk.pipe(&train, format!("trends,text\n{cases}")).ok().out;
    assert!(out.contains("\nlabel-0"), "{out}");
}

#[test]
fn names_of_columns_may_have_commas_in_them() {
    let row = |row| format!("word{} of {row},{},{}\n", row % 2, row % 2, 1 - row % 2);
    let cases: String = (0..30).map(row).collect();
    let desk =
        Desk::with("cases.csv", format!("\"What, in short\",\"Health, care\",Roads\n{cases}"));
    let flags =
        ["--text-columns", "\"What, in short\"", "--label-columns", "\"Health, care\",Roads"];
    let more = ["train", "cases.csv", "--no-search", "-o", "m.safetensors"];
    let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("trendtag"));
    let output = command.current_dir(desk.path("")).args(more).args(flags).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("\nHealth, care") && out.contains("\nRoads"), "{out}");
    desk.run("train cases.csv --text-columns= -o n.safetensors").exits(2).says("name at least one");
}
