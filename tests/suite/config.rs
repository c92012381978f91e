//! `trendtag.toml` in the working folder: defaults for flags.

use super::support::{Desk, Table, csv_text, desk_with_versions, repository};

fn champion(desk: &Desk) -> String {
    desk.text("models/mine/champion.txt").trim().to_owned()
}

#[test]
fn the_model_of_the_configuration_is_used_and_named_and_a_flag_wins() {
    let desk = desk_with_versions();
    let version = champion(&desk);
    let named = desk.run("tag slice.csv --model mine").ok();
    named.says(&format!("Using model {version} (--model mine)."));
    desk.write("trendtag.toml", "model = \"mine\"\n");
    let why = format!("Using model {version} (\"mine\", named in trendtag.toml).");
    let run = desk.run("tag slice.csv").ok().says(&why);
    assert!(run.out == desk.run("tag slice.csv --model mine").ok().out);
    desk.pipe("explain", "Citizens vote on the budget.").ok().says(&why);
    desk.run("models list").ok().says("versions of mine (in trendtag.toml)");
    desk.run("models verify").ok();
    for flag in ["--model built-in", "--no-config"] {
        let run = desk.run(&format!("tag slice.csv {flag}")).ok();
        assert!(!run.out.contains(&version), "{flag}: {}", run.err);
    }
    let built_in = desk.run("tag slice.csv --no-config").ok();
    built_in.says("(built in).");
    desk.write("trendtag.toml", "model = \"nowhere\"\n");
    desk.run("tag slice.csv")
        .exits(2)
        .says("named in trendtag.toml")
        .says("there is no model file");
}

#[test]
fn columns_taxonomy_and_language_of_the_configuration_hold_for_training_and_tagging() {
    let complaints = repository("tests/fixtures/complaints");
    let read = |name: &str| std::fs::read_to_string(complaints.join(name)).unwrap();
    let mut table = Table::parse(&read("complaints.csv"), b',');
    table.rows.truncate(80);
    let desk = Desk::with("labelled.csv", csv_text(&table.header, &table.rows));
    desk.write("labels/taxonomy.toml", read("taxonomy.toml"));
    desk.write("new.csv", read("complaints-2025.csv"));
    desk.write(
        "trendtag.toml",
        "model = \"own.safetensors\"\ntaxonomy = \"labels/taxonomy.toml\"\n\
         text_columns = [\"Subject\", \"Complaint\"]\nid_column = \"Reference\"\n\
         language = \"en\"\n",
    );
    let train = "train labelled.csv --trends-column Categories --no-search -o own.safetensors";
    desk.run(train).ok();
    // An existing file is reported before the work.
    let run = desk.run(train).exits(2).says("own.safetensors").says("--force");
    assert!(!run.err.contains("chosen:"), "{}", run.err);
    let tagged = desk.run("tag new.csv").ok().table();
    assert_eq!(tagged.column("Reference")[0], "C-25-0001");
    assert!(tagged.header.contains(&"p_lighting".to_owned()), "{:?}", tagged.header);
    desk.run("explain new.csv --id C-25-0002").ok();
    desk.run("explain new.csv --id C-25-0002 --no-config").exits(2);
}

#[test]
fn what_the_configuration_cannot_say_is_an_error_before_any_command() {
    let desk = desk_with_versions();
    for (text, words) in [
        ("modle = \"mine\"\n", "trendtag.toml (line 1): unknown field `modle`"),
        ("\n\nlanguage = \"klingon\"\n", "unknown language \"klingon\""),
        ("model = \n", "trendtag.toml (line 1)"),
    ] {
        desk.write("trendtag.toml", text);
        desk.run("tag slice.csv").exits(2).says(words).says("--no-config");
        desk.run("tag slice.csv --no-config").ok();
    }
}
