//! Retraining: decisions become a challenger, which replaces the champion only if it is
//! good enough.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::json;

use super::http::Server;
use super::support::{Desk, Table, cases, csv_text, desk_with_versions, feelings};

/// Params that make a comparison quick.
const QUICK: &str = "--no-search --folds 3 --repeats 1";

/// Returns a desk with two thirds of the feelings as labelled cases, the champion trained on them
/// as `mine`, and the other third as `batch.csv`, with its labels in `gold.csv`.
fn desk_with_feelings() -> Desk {
    let all = Table::parse(&feelings(["joy", "anger"]), b',');
    let part = |split: &str| -> Vec<Vec<String>> {
        all.rows.iter().filter(|row| row[3] == split).cloned().collect()
    };
    let header = ["id", "text", "trends", "split"].map(str::to_owned);
    let desk = Desk::with("cases.csv", csv_text(&header, &part("train")));
    desk.write("gold.csv", csv_text(&header, &part("test")));
    let unlabelled: Vec<Vec<String>> =
        part("test").into_iter().map(|row| row[..2].to_vec()).collect();
    desk.write("batch.csv", csv_text(&header[..2], &unlabelled));
    desk.run("train cases.csv --text-columns text --no-search --into mine").ok();
    desk
}

fn champion(desk: &Desk) -> String {
    desk.text("models/mine/champion.txt").trim().to_owned()
}

/// Every file of the versions by name, except the empty lock files.
fn models(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(desk.path("models/mine")).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|kind| kind != "lock"))
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Returns the labels of `gold.csv`, inverted.
fn wrong(desk: &Desk) -> String {
    let swap = |row: &mut Vec<String>| {
        row[2] = if row[2] == "joy" { "anger" } else { "joy" }.into();
    };
    let mut table = Table::parse(&desk.text("gold.csv"), b',');
    table.rows.iter_mut().for_each(swap);
    csv_text(&table.header, &table.rows)
}

#[test]
fn train_tag_review_retrain_tag_again_roll_back_and_tag_as_before() {
    let desk = desk_with_feelings();
    let first = champion(&desk);
    let before = desk.run("tag batch.csv --model mine").ok().out;

    // A reviewer answers the queue correctly.
    let gold = Table::parse(&desk.text("gold.csv"), b',');
    desk.run(
        "review add batch.csv --db r.db --model mine --blind-check 0.25 --allow-missing-columns",
    )
    .ok();
    let answered = review_all(&desk, &gold, "mine");
    assert_eq!(answered, 24);
    desk.run("review export --db r.db -o decisions.csv").ok();

    let run = desk
        .run(&format!("retrain cases.csv --reviews decisions.csv --model mine {QUICK} --by Ann"))
        .ok()
        .says("promoted: ");
    assert!(run.out.contains("verdict: good enough"), "{}", run.out);
    let exported = Table::parse(&desk.text("decisions.csv"), b',');
    let audit = exported.column("review_blind_check").iter().filter(|cell| **cell == "yes").count();
    assert!((1..24).contains(&audit), "{audit} drawn for the audit");
    let learned = format!("learned from {} cases, {} of them decisions", 72 - audit, 24 - audit);
    assert!(run.out.contains(&learned), "{}", run.out);
    assert!(run.out.contains(&format!("compared on {} cases", 48 + audit)), "{}", run.out);
    let second = champion(&desk);
    assert_ne!(second, first);

    let after = desk.run("tag batch.csv --model mine").ok().out;
    assert_ne!(after, before);
    assert!(after.contains(&second), "each row names the model");
    let list = desk.run("models list --model mine").ok().out;
    assert!(list.contains(&format!("{}: +", &first[..6])), "the paired difference: {list}");
    let card = desk.run("models show --model mine").ok().out;
    let counts = format!("(48 gold, {} decision)", 24 - audit);
    assert!(card.contains(&counts), "{card}");
    assert!(card.contains("Good enough to replace the champion."), "{card}");

    desk.run("models rollback --model mine --by Ann").ok();
    assert!(desk.run("tag batch.csv --model mine").ok().out == before, "the same bytes");
    desk.run("models verify --model mine").ok();

    // The database gives the same decisions as its export.
    let from = |reviews: &str| {
        let flags = format!("--reviews {reviews} --model mine {QUICK} --dry-run --json");
        desk.run(&format!("retrain cases.csv {flags}")).ok().out
    };
    assert_eq!(from("r.db"), from("decisions.csv"));
}

/// Answers all cases of both queues through the API with the gold labels. Returns their
/// number.
fn review_all(desk: &Desk, gold: &Table, model: &str) -> usize {
    let flags = format!("--model {}", desk.path(&format!("models/{model}")).display());
    let server = Server::start(cargo_bin!("trendtag"), &desk.path("r.db"), &flags);
    let mut client = server.client();
    let mut count = 0;
    for queue in ["all", "blind-check"] {
        loop {
            let wanted = json!({ "reviewer": "ann", "queue": queue });
            let next = client.json("POST", "/api/next", Some(&wanted)).is(200);
            let Some(id) = next["case"]["id"].as_str() else { break };
            let place = gold.column("id").iter().position(|known| *known == id).unwrap();
            let trends: Vec<&str> =
                gold.column("trends")[place].split(';').filter(|key| *key != "-").collect();
            let answer = json!({
                "request_id": format!("request-{count:05}"), "reviewer": "ann", "queue": queue,
                "case": id, "version": next["case"]["version"], "kind": "answer", "trends": trends,
            });
            client.json("POST", "/api/decisions", Some(&answer)).is(201);
            count += 1;
        }
    }
    assert!(server.stop());
    count
}

#[test]
fn retraining_again_on_what_the_champion_has_learned_gives_the_champion() {
    let desk = desk_with_feelings();
    let command = format!("retrain cases.csv --reviews gold.csv --model mine {QUICK}");
    desk.run(&command).ok().says("promoted: ");
    let second = champion(&desk);
    let before = models(&desk);
    let run = desk.run(&command).ok();
    let identical = format!("verdict: identical to the champion {second}, nothing to promote\n");
    assert_eq!(run.out, identical);
    assert!(models(&desk) == before, "nothing has changed");
    let json = desk.run(&format!("{command} --json")).ok().json();
    assert_eq!((&json["verdict"], &json["champion"]), (&"identical".into(), &second.into()));
    // The only note is the number of labelled cases.
    let notes: Vec<&str> = run.err.lines().filter(|line| line.starts_with("note: ")).collect();
    assert!(notes.iter().all(|note| note.contains("cases with labels")), "{notes:?}");
}

#[test]
fn decisions_that_the_champion_has_learned_do_not_drop_out_unsaid() {
    let desk = desk_with_feelings();
    let command = format!("retrain cases.csv --model mine {QUICK}");
    desk.run(&format!("{command} --reviews gold.csv")).ok().says("promoted: ");
    let run = desk.run(&format!("{command} --dry-run")).ok();
    assert!(run.out.starts_with("verdict: identical to the champion"), "{}", run.out);
    run.says("note: 24 decisions that the champion has learned from are kept");
}

#[test]
fn wrong_decisions_leave_the_champion_and_a_candidate_with_the_reasons() {
    let desk = desk_with_feelings();
    let first = champion(&desk);
    desk.write("wrong.csv", wrong(&desk));
    let command = format!("retrain cases.csv --reviews wrong.csv --model mine {QUICK}");
    let run = desk.run(&command).ok().says("kept as a candidate: ");
    assert!(run.out.contains("verdict: not good enough"), "{}", run.out);
    assert!(run.out.contains("\n- the decisions "), "{}", run.out);
    assert!(run.out.contains("withheld trends that the texts clearly show"), "{}", run.out);
    assert_eq!(champion(&desk), first);
    let journal = desk.text("models/mine/journal.jsonl");
    assert!(journal.lines().last().unwrap().contains("\"what\":\"kept\""), "{journal}");
    let kept: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    let promote = format!("models promote {} --model mine", kept["version"].as_str().unwrap());
    desk.run(&promote).exits(2).says("give a reason for promoting it anyway (--reason");

    desk.run(&format!("{command} --force")).exits(2).says("--reason");
    desk.run(&format!("{command} --force --reason we-know-better --by Ann"))
        .ok()
        .says("promoted: ");
    let last = desk.text("models/mine/journal.jsonl").lines().last().unwrap().to_owned();
    assert!(last.contains("\"reason\":\"we-know-better\",\"forced\":true"), "{last}");
    let card = desk.run("models show --model mine").ok().out;
    assert!(card.contains("- It did not pass the comparison above."), "{card}");
}

#[test]
fn a_dry_run_prints_the_verdict_and_changes_nothing() {
    let desk = desk_with_feelings();
    let before = models(&desk);
    let command = format!("retrain cases.csv --reviews gold.csv --model mine {QUICK} --dry-run");
    let run = desk.run(&command).ok();
    assert!(run.out.contains("verdict: good enough"), "{}", run.out);
    let verdict = desk.run(&format!("{command} --json")).ok().json();
    assert_eq!(verdict["verdict"], "would-promote");
    assert_eq!(verdict["champion"], champion(&desk).as_str());
    assert_eq!(verdict["challenger"].as_str().unwrap().len(), 12);
    assert_eq!(verdict["differences"][0]["level"], 0.9);
    assert_eq!(verdict["cases"], 48, "decisions are no yardstick");
    assert_eq!(verdict["direction"]["groups"][0]["decisions"], 24);
    assert_eq!(verdict["reasons"], json!([]));
    assert!(models(&desk) == before);
}

#[test]
fn a_margin_of_one_lets_pass_what_none_would() {
    let desk = desk_with_versions();
    let slice = Table::parse(&cases(100), b',');
    desk.write("more.csv", csv_text(&slice.header, &slice.rows[60..]));
    let lower = |margin: &str| {
        let flags = format!("{QUICK} --dry-run --json --margin {margin}");
        let run = desk.run(&format!("retrain slice.csv --reviews more.csv --model mine {flags}"));
        let verdict = run.ok().json();
        let reasons = verdict["reasons"].to_string();
        assert_eq!(verdict["params"]["margin"].as_f64().unwrap().to_string(), margin);
        (verdict["differences"][0]["lower"].as_f64().unwrap(), reasons.contains("macro F1 may be"))
    };
    let (found, refused) = lower("0");
    assert_eq!(refused, found < 0.0);
    assert_eq!(lower("1"), (found, false));
    desk.run(&format!("retrain slice.csv --model mine {QUICK} --margin 2")).exits(2).says("margin");
}

#[test]
fn decisions_that_cannot_be_used_are_named_and_nothing_changes() {
    let desk = desk_with_feelings();
    let before = models(&desk);
    let gold = desk.text("gold.csv");
    for (content, words) in [
        (gold.replacen(",joy,", ",gloom,", 1), "column \"trends\": unknown trend \"gloom\""),
        (gold.replacen("text", "words", 1), "the file has none of the text columns \"text\""),
        ("SQLite format 3\0 and more".into(), "decisions.csv"),
        ("SQLite format 2\0".into(), "decisions.csv"),
        (String::new(), "decisions.csv"),
        (gold.replacen("trends", "labels", 1), "there is no column \"trends\" with decisions"),
        (gold.lines().next().unwrap().to_owned() + "\n", "no row of it has a decision in"),
        ("id,text,review_status\nx,One,decided\n".into(), "keep the columns of the export"),
    ] {
        desk.write("decisions.csv", content);
        let command = format!("retrain cases.csv --reviews decisions.csv --model mine {QUICK}");
        desk.run(&command).exits(2).says(words);
        assert!(models(&desk) == before, "{words}");
    }
    desk.run(&format!("retrain cases.csv --reviews none.csv --model mine {QUICK}"))
        .exits(2)
        .says("none.csv");
    desk.pipe(&format!("retrain cases.csv --reviews - --model mine {QUICK}"), gold)
        .exits(2)
        .says("--reviews needs a file");
}

#[test]
fn a_database_without_an_answer_is_refused_and_says_so() {
    let desk = desk_with_feelings();
    desk.run("review add batch.csv --db r.db --model mine --allow-missing-columns").ok();
    desk.run(&format!("retrain cases.csv --reviews r.db --model mine {QUICK}"))
        .exits(2)
        .says("r.db: no case in it is answered yet; let someone review its cases first");
}

#[test]
fn a_database_of_another_program_or_a_newer_version_is_refused_and_nothing_changes() {
    let desk = desk_with_feelings();
    desk.run("review add batch.csv --db newer.db --model mine --allow-missing-columns").ok();
    let connection = |name: &str| rusqlite::Connection::open(desk.path(name)).unwrap();
    connection("newer.db").execute_batch("PRAGMA user_version = 99").unwrap();
    connection("other.db").execute_batch("CREATE TABLE decisions (id TEXT)").unwrap();
    let before = models(&desk);
    for name in ["newer.db", "other.db"] {
        let command = format!("retrain cases.csv --reviews {name} --model mine {QUICK}");
        desk.run(&command).exits(2).says(name);
        assert!(models(&desk) == before, "{name}");
    }
}

#[test]
fn disagreeing_reviewers_are_told_and_the_case_is_left_out() {
    let desk = desk_with_feelings();
    let mut table = Table::parse(&desk.text("gold.csv"), b',');
    let mut other = table.rows[0].clone();
    other[2] = if other[2] == "joy" { "anger" } else { "joy" }.into();
    table.rows.push(other);
    desk.write("decisions.csv", csv_text(&table.header, &table.rows));
    let run = desk
        .run(&format!("retrain cases.csv --reviews decisions.csv --model mine {QUICK} --dry-run"))
        .ok()
        .says(&format!("left out: {}: reviewers disagree", table.rows[0][0]));
    assert!(run.out.contains("learned from 71 cases, 23 of them decisions"), "{}", run.out);
}

#[test]
fn other_trends_than_the_champions_are_refused() {
    let desk = desk_with_feelings();
    desk.write("cases.csv", desk.text("cases.csv").replace(",anger,", ",rage,"));
    desk.run(&format!("retrain cases.csv --model mine {QUICK}"))
        .exits(2)
        .says("unknown trend")
        .says("nothing has changed");
    desk.write("taxonomy.toml", "[[trend]]\nkey = \"calm\"\n[[trend]]\nkey = \"rage\"\n");
    desk.write("cases.csv", desk.text("cases.csv").replace(",joy,", ",calm,"));
    desk.run(&format!("retrain cases.csv --model mine {QUICK}"))
        .exits(2)
        .says("the champion has none of the trends");
}

/// A year later: a label is renamed and another is new, earlier decisions are kept and
/// give no information about the new one, and one of three reviewers adds a label to
/// everything.
#[test]
fn a_year_with_a_renamed_and_a_new_label_and_a_careless_reviewer() {
    let desk = desk_with_feelings();
    let command = format!("retrain cases.csv --model mine {QUICK}");
    desk.run(&format!("{command} --reviews gold.csv")).ok().says("promoted: ");
    let taxonomy = |more: &str| {
        format!(
            "version = 2\n[[trend]]\nkey = \"travel\"\n[[trend]]\nkey = \"joy\"\n\
             [[trend]]\nkey = \"rage\"\naliases = [\"anger\"]\n{more}"
        )
    };
    let before = champion(&desk);
    // Cases without an earlier label are about travel, which is now a label.
    desk.write("taxonomy.toml", taxonomy(""));
    desk.write("cases.csv", desk.text("cases.csv").replace(",-,train", ",travel,train"));
    let run = desk.run(&format!("{command} --dry-run --json")).ok();
    let run = run.says("note: the trend travel is new").says("note: the taxonomy has version 2");
    let verdict = run.json();
    let figures: Vec<&serde_json::Value> =
        verdict["differences"].as_array().unwrap().iter().collect();
    assert_eq!(figures.len(), 3 + 2, "shared trends are compared: {verdict}");
    assert_eq!(verdict["new_trends"][0]["key"], "travel");
    // Earlier decisions do not train the new label as absent.
    assert!(verdict["new_trends"][0]["f1"].as_f64().unwrap() > 0.6, "{}", verdict["new_trends"]);
    desk.run(&format!("{command} --force --reason new-label")).ok().says("promoted: ");
    let card = desk.run("models list --model mine").ok().out;
    assert!(card.contains(" 72 "), "the 24 decisions are kept: {card}");
    let after = champion(&desk);
    let compare = format!("models compare {before} {after} --model mine --on cases.csv");
    let compared = desk.run(&compare).ok().out;
    let of_shared = compared.lines().filter(|line| line.contains(": F1")).count();
    assert_eq!(of_shared, 2, "joy, and anger, which is rage now: {compared}");
    assert!(compared.contains(&format!("only known to {after}")), "{compared}");
    assert!(!compared.contains(&format!("only known to {before}")), "{compared}");
    let travel = compared.lines().find(|line| line.starts_with("travel")).unwrap();
    assert!(!travel.contains(" 0 "), "labels of the new trend are read: {compared}");

    // A decision from before the label existed does not remove it from a case that was
    // labelled again, and a renamed label is read.
    let mut table = Table::parse(&desk.text("cases.csv"), b',');
    table.header.push("review_labels_asked".into());
    for row in &mut table.rows {
        row[2] = row[2].replace("travel", "-").replace("rage", "anger");
        row.push("joy;anger".into());
    }
    desk.write("old.csv", csv_text(&table.header, &table.rows));
    let run = desk.run(&format!("{command} --reviews old.csv --dry-run --json")).ok().json();
    assert_eq!(run["verdict"], "identical", "the cases labelled again keep the new label: {run}");

    // One reviewer in three adds joy to everything.
    let mut table = Table::parse(&feelings(["joy", "rage"]), b',');
    table.header = ["id", "text", "trends", "review_by"].map(str::to_owned).to_vec();
    for (i, row) in table.rows.iter_mut().enumerate() {
        row[0] = format!("new-{i}");
        row[1] = row[1].split(' ').rev().collect::<Vec<_>>().join(" ");
        row[2] = row[2].replace('-', "travel");
        row[3] = format!("r{}", (i / 3) % 3);
        if row[3] == "r1" && row[2] != "joy" {
            row[2] += ";joy";
        }
    }
    desk.write("careless.csv", csv_text(&table.header, &table.rows));
    let run = desk.run(&format!("{command} --reviews careless.csv --to-review look.db")).ok();
    assert!(run.out.contains("reviewer r1 gave joy 24 times; "), "{}", run.out);
    assert!(!run.out.contains("reviewer r0") && !run.out.contains("reviewer r2"), "{}", run.out);
    assert!(run.out.contains("look at these decisions first:\n- new-"), "{}", run.out);
    let run = run.says("kept as a candidate: ").says("10 decisions added to look.db");
    let status = desk.run("review status --db look.db").ok().out;
    assert!(status.contains("10 "), "{status}: {}", run.err);
}

#[test]
fn a_card_has_the_licence_of_the_flag_of_the_configuration_or_of_the_champion() {
    let desk = desk_with_feelings();
    let license = |desk: &Desk| {
        let card = desk.run("models show --model mine").ok().out;
        card.lines().find_map(|line| line.strip_prefix("license: ")).unwrap().to_owned()
    };
    assert_eq!(license(&desk), "\"unknown\"");
    let train = "train cases.csv --text-columns text --no-search --into other";
    desk.write("trendtag.toml", "license = \"CC0-1.0\"\n");
    desk.run(train).ok();
    let card = desk.run("models show --model other --no-config").ok().out;
    assert!(card.contains("license: \"cc0-1.0\"\n"), "{card}");
    std::fs::remove_file(desk.path("trendtag.toml")).unwrap();
    let command = format!("retrain cases.csv --model other {QUICK} --margin 1");
    desk.run(&format!("{command} --reviews gold.csv --license CC-BY-4.0")).ok();
    let card = desk.run("models show --model other").ok().out;
    assert!(card.contains("license: \"cc-by-4.0\"\n"), "{card}");
    desk.write("one.csv", "id,text,trends\nnew,a lovely lantern at the harbour,joy\n");
    desk.run(&format!("{command} --reviews one.csv --force --reason licence")).ok();
    let card = desk.run("models show --model other").ok().out;
    assert!(card.contains("license: \"cc-by-4.0\"\n"), "that of the champion: {card}");
    desk.run("train cases.csv --text-columns text --license X -o m.safetensors")
        .exits(2)
        .says("--into NAME");
}

#[test]
fn without_versions_the_built_in_model_is_the_first_if_the_cases_are_its_own() {
    let desk = desk_with_versions();
    desk.run(&format!("retrain slice.csv --model other {QUICK}"))
        .exits(2)
        .says("make the first version with `trendtag train slice.csv --into other`");
    assert!(!desk.path("models/other").exists(), "the name may be mistyped");
    desk.run(&format!("retrain slice.csv {QUICK}"))
        .exits(2)
        .says("the built-in model did not learn from slice.csv");
}

#[test]
fn a_second_retraining_waits_and_says_so() {
    let desk = desk_with_feelings();
    let registry = trendtag::versions::registry::Registry::at(&desk.path("models/mine"));
    let lock = trendtag::versions::registry::Lock::attempt(
        &registry,
        trendtag::versions::registry::Work::Retrain,
    );
    let lock = lock.unwrap().unwrap();
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.args(["retrain", "cases.csv", "--reviews", "gold.csv", "--model", "mine"]);
    command.args(QUICK.split(' ')).current_dir(desk.path("")).stderr(Stdio::piped());
    let mut waiting = command.spawn().unwrap();
    let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("waiting for it")));
    // It cannot finish while the lock is held, however long that is.
    assert!(waiting.try_wait().unwrap().is_none());
    drop(lock);
    assert!(said.any(|line| line.starts_with("promoted: ")));
    assert!(waiting.wait().unwrap().success());
}

#[test]
fn the_list_of_rows_that_failed_replaces_no_file() {
    let desk = desk_with_versions();
    desk.write("notes.csv", "a user's own");
    desk.run(&format!("retrain slice.csv --model mine {QUICK} --errors notes.csv --dry-run"))
        .exits(2)
        .says("exists already");
    assert_eq!(desk.text("notes.csv"), "a user's own");
}

#[test]
fn a_taxonomy_in_another_order_is_that_of_the_champion() {
    let desk = desk_with_feelings();
    desk.write("turned.toml", "[[trend]]\nkey = \"joy\"\n[[trend]]\nkey = \"anger\"\n");
    let flags = format!("--model mine --text-columns text --dry-run {QUICK}");
    desk.run(&format!("retrain cases.csv --taxonomy turned.toml {flags}")).ok();
    // A trend that the taxonomy lacks is named, and nothing is trained.
    desk.write("other.toml", "[[trend]]\nkey = \"joy\"\n[[trend]]\nkey = \"mauve\"\n");
    desk.run(&format!("retrain cases.csv --taxonomy other.toml {flags}"))
        .exits(2)
        .says("unknown trend \"anger\"")
        .says("nothing has changed");
}
