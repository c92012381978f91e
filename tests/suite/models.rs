//! Versions of a model: listing, showing, comparing, promoting, rolling back, verifying
//! and removing them, and damaged files.

use super::support::{Desk, desk_with_versions, native};

/// Returns the version that this one replaced, and the champion.
fn two_versions(desk: &Desk) -> [String; 2] {
    let first = champion(desk);
    desk.run("train slice.csv --no-search --seed 2 --into mine").ok();
    let versions = desk.run("models list --model mine --json").ok().json();
    let versions = versions.as_array().unwrap().iter();
    let mut others = versions.map(|v| v["version"].as_str().unwrap().to_owned());
    let second = others.find(|v| *v != first).unwrap();
    desk.run(&format!("models promote {second} --model mine --by Ann --reason better")).ok();
    [first, second]
}

fn champion(desk: &Desk) -> String {
    desk.text("models/mine/champion.txt").trim().to_owned()
}

#[test]
fn the_first_version_is_the_champion_and_tags_as_the_lone_file_does() {
    let desk = desk_with_versions();
    let lone = desk.run("tag slice.csv --model slice.safetensors -q").ok().out;
    for name in ["mine", "models/mine", &format!("models/mine/{}.safetensors", champion(&desk))] {
        assert!(desk.run(&format!("tag slice.csv --model {name} -q")).ok().out == lone, "{name}");
    }
    let built_in = desk.run("tag slice.csv -q").ok().out;
    assert_ne!(built_in, lone, "the model built in still works");
}

#[test]
fn the_list_tells_champion_cases_and_who_did_what() {
    let desk = desk_with_versions();
    let [first, second] = two_versions(&desk);
    let list = desk.run("models list --model mine").ok().out;
    let line = |version: &str| list.lines().find(|line| line.contains(version)).unwrap().to_owned();
    assert!(line(&second).starts_with("* ") && line(&second).ends_with("Ann"), "{list}");
    assert!(line(&first).starts_with("  ") && line(&first).contains(" 60 "), "{list}");
    let journal = desk.text("models/mine/journal.jsonl");
    let last: serde_json::Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    assert_eq!(last["what"], "promoted");
    assert_eq!(last["who"], "Ann");
    assert_eq!(last["reason"], "better");
    assert_eq!(last["version"], second.as_str());
    assert_eq!(last["previous"], first.as_str());
    assert_eq!(last["cases"], 60);
    assert!(last["macro_f1"].as_f64().unwrap() > 0.1, "{last}");
    assert_eq!(last["data"].as_str().unwrap().len(), 64, "the fingerprint of the data");
}

#[test]
fn the_card_of_a_version_tells_all_that_its_reader_needs() {
    let desk = desk_with_versions();
    let card = desk.run("models show --model mine").ok().out;
    for words in [
        &format!("# Model card: mine, version {}", champion(&desk)),
        "60 labelled cases (60 gold), fingerprint `",
        "language: \"en\"\n",
        "author: ",
        "date: \"20",
        "words in the middle",
        "normal texts (60 to 349 words)",
        "entirely right: ",
        "By country: ",
        "By year: ",
        "one logistic regression per trend",
        "Cross-validation within training",
        "95 % bootstrap intervals",
        "The human line: two annotators, mutually, macro F1 ",
        "Calibration error ",
        "## Most informative terms",
        "## Known limits",
        "--like",
    ] {
        assert!(card.contains(words), "no \"{words}\" in\n{card}");
    }
}

#[test]
fn what_the_card_says_makes_the_same_bytes_again() {
    let desk = desk_with_versions();
    let card = desk.run("models show --model mine").ok().out;
    let command = card.lines().find_map(|line| line.strip_prefix("trendtag ")).unwrap();
    let version = champion(&desk);
    let in_folder = command.replace(&version, &format!("models/mine/{version}"));
    desk.run(&in_folder).ok();
    let original = desk.bytes(&format!("models/mine/{version}.safetensors"));
    assert!(desk.bytes("again.safetensors") == original, "{command}");
}

#[test]
fn two_versions_are_compared_by_record_and_on_cases() {
    let desk = desk_with_versions();
    let [first, second] = two_versions(&desk);
    let recorded = desk.run(&format!("models compare {first} {second} --model mine")).ok().out;
    let seed = recorded.lines().find(|line| line.starts_with("seed ")).unwrap();
    assert_eq!(seed.split_whitespace().collect::<Vec<_>>(), ["seed", "1", "2"]);
    let measured =
        desk.run(&format!("models compare {first} {second} --model mine --on slice.csv")).ok().out;
    assert!(measured.contains("macro F1"), "{measured}");
    desk.write("other.csv", desk.text("slice.csv").replacen(",trends", ",labels", 1));
    let other = format!("models compare {first} {second} --model mine --on other.csv");
    let unlabelled = desk.run(&other).ok().out;
    assert!(
        unlabelled.contains(" of 60 cases of other.csv get other trends from "),
        "{unlabelled}"
    );
    assert!(unlabelled.contains("largest changes") && unlabelled.contains("only by the second"));
    let named = desk.run(&format!("{other} --trends-column labels")).ok().out;
    assert_eq!(named.replace("other.csv", "slice.csv"), measured);
    desk.write("torn.csv", desk.text("slice.csv") + "\"broken\n");
    let command = format!("models compare {first} {second} --model mine --on torn.csv");
    let torn = desk.run(&command).exits(1).says("row failed: torn.csv");
    assert_eq!(torn.err.matches("row failed").count(), 1, "{}", torn.err);
    desk.run(&format!("models compare {first} zz --model mine")).exits(2).says("no version zz");
}

#[test]
fn a_rollback_brings_the_champion_before_and_its_bytes() {
    let desk = desk_with_versions();
    let before = desk.run("tag slice.csv --model mine -q").ok().out;
    let [first, second] = two_versions(&desk);
    assert_ne!(desk.run("tag slice.csv --model mine -q").ok().out, before);
    let run = desk.run("models rollback --model mine --by Ben").ok();
    assert_eq!(run.out, format!("back from {second} to {first}\n"));
    assert!(desk.run("tag slice.csv --model mine -q").ok().out == before);
    desk.run("models rollback --model mine").exits(2).says("no earlier champion to restore");
}

#[test]
fn verify_tells_whole_versions_from_broken_ones() {
    let desk = desk_with_versions();
    let [first, second] = two_versions(&desk);
    let run = desk.run("models verify --model mine").ok();
    assert_eq!(run.out.lines().filter(|line| line.contains("answers unchanged")).count(), 2);
    let name = format!("models/mine/{first}.safetensors");
    let mut bytes = desk.bytes(&name);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    desk.write(&name, bytes);
    let run = desk.run("models verify --model mine").exits(1).says("broken: ");
    let intact = format!("{second}: verified (files intact, answers unchanged)\n");
    assert!(run.out.starts_with(&intact) && run.out.contains("journal: verified"), "{}", run.out);
    desk.run(&format!("models verify {second} --model mine")).ok();
    desk.run("models rollback --model mine").exits(2).says("checksum");
    assert_eq!(champion(&desk), second, "the champion stays");
    std::fs::remove_file(desk.path(&format!("models/mine/{second}.safetensors"))).unwrap();
    desk.run("models verify --model mine").exits(1).says("the champion is missing");
}

#[test]
fn files_that_are_no_usable_model_are_refused_by_every_command_and_change_nothing() {
    let desk = desk_with_versions();
    let whole = desk.bytes("slice.safetensors");
    let name = b"\\\"format\\\":";
    let digit = whole.windows(name.len()).position(|bytes| bytes == name).unwrap() + name.len();
    let mut newer = whole.clone();
    newer[digit] = b'9';
    let empty_tensors = b"\x02\0\0\0\0\0\0\0{}";
    for (bytes, words) in [
        (&whole[..whole.len() - 10], "not a usable model"),
        (b"id,title\n1,A table\n", "not a usable model"),
        (b"", "not a usable model"),
        (empty_tensors, "not a usable model"),
        (newer.as_slice(), "format"),
    ] {
        desk.write("odd.safetensors", bytes);
        for command in ["tag slice.csv", "drift slice.csv", "train slice.csv --into new"] {
            let flag = if command.starts_with("train") { "--like" } else { "--model" };
            let run = desk.run(&format!("{command} {flag} odd.safetensors"));
            run.exits(2).says("odd.safetensors").says(words);
        }
    }
    assert!(!desk.path("models/new").exists());
    desk.run("tag slice.csv --model none")
        .exits(2)
        .says("there is no model file, folder of versions");
}

#[test]
fn a_model_without_versions_is_not_said_to_be_whole_and_no_folder_is_made_for_it() {
    let desk = desk_with_versions();
    for command in ["list", "show", "verify", "rollback", "prune", "promote 1a2b"] {
        let run = desk.run(&format!("models {command} --model mistyped"));
        run.exits(2).says(&native("models/mistyped"));
    }
    assert!(!desk.path("models/mistyped").exists());
}

#[test]
fn pruning_removes_what_is_no_longer_needed_and_says_so() {
    let desk = desk_with_versions();
    let [first, second] = two_versions(&desk);
    let cut = format!("{first}.md.trendtag-part");
    desk.write(&format!("models/mine/{cut}"), "half a file");
    let planned = desk.run("models prune --model mine --keep 0 --dry-run").ok().out;
    assert!(planned.contains(&format!("would remove {first}")), "{planned}");
    assert!(planned.contains(&cut), "{planned}");
    desk.run("models prune --model mine --keep 0").ok();
    assert!(!desk.path(&format!("models/mine/{cut}")).exists());
    assert!(!desk.path(&format!("models/mine/{first}.safetensors")).exists());
    // The version, the journal and the champion.
    assert_eq!(desk.run("models verify --model mine").ok().out.lines().count(), 3);
    assert_eq!(champion(&desk), second);
}

#[test]
fn a_broken_record_and_a_stray_file_keep_nothing_from_the_list() {
    let desk = desk_with_versions();
    let [first, second] = two_versions(&desk);
    desk.write("models/mine/notes.safetensors", "somebody else's");
    let record = desk.text(&format!("models/mine/{second}.evaluation.json"));
    desk.write(&format!("models/mine/{first}.evaluation.json"), record);
    let run = desk.run("models list --model mine").exits(1).says("it is the record of version");
    assert!(run.out.contains(&format!("  {first}  broken\n")), "{}", run.out);
    assert!(run.out.contains(&format!("* {second}")), "{}", run.out);
    desk.run("models prune --model mine --keep 0").ok();
    assert!(desk.path("models/mine/notes.safetensors").exists());
    desk.write("models/mine/champion.txt", "");
    desk.run("models list --model mine")
        .exits(1)
        .says(&format!("models promote VERSION --model \"{}\"", native("models/mine")));
    desk.run(&format!("models promote {second} --model mine")).ok();
    assert_eq!(champion(&desk), second);
}

#[test]
fn a_dry_run_of_pruning_leaves_no_file_behind() {
    let desk = desk_with_versions();
    let locks = [".retrain.lock", ".change.lock"].map(|name| desk.path("models/mine").join(name));
    locks.iter().for_each(|lock| _ = std::fs::remove_file(lock));
    desk.run("models prune --model mine --dry-run").ok();
    assert!(locks.iter().all(|lock| !lock.exists()));
}

#[test]
fn a_version_that_was_never_compared_needs_a_reason_and_the_list_says_so() {
    let desk = desk_with_versions();
    let first = champion(&desk);
    desk.run("train slice.csv --no-search --seed 2 --into mine").ok();
    let list = desk.run("models list --model mine").ok().out;
    assert_eq!(list.matches("not compared").count(), 2, "{list}");
    let second = list.lines().find(|line| !line.contains(&first) && line.contains(" 60 "));
    let second = second.unwrap().split_whitespace().next().unwrap().to_owned();
    let promote = format!("models promote {second} --model mine");
    desk.run(&promote).exits(2).says("never compared with the champion").says("--reason");
    assert_eq!(champion(&desk), first);
    let run = desk.run(&format!("{promote} --reason trial")).ok();
    assert!(run.out.contains("although it was never compared"), "{}", run.out);
    let journal = desk.text("models/mine/journal.jsonl");
    assert!(journal.lines().last().unwrap().contains("\"forced\":true"), "{journal}");
}

#[test]
fn the_built_in_model_can_be_listed_shown_compared_and_verified() {
    let desk = desk_with_versions();
    let version = trendtag::tagger::Model::built_in().unwrap().version;
    let list = desk.run("models list").ok().out;
    assert!(list.starts_with(&format!("* {version}  built in, ")), "{list}");
    for command in ["models show", "models show built-in --model mine"] {
        let card = desk.run(command).ok().out;
        assert!(card.starts_with("---\nmodel_name: \"built-in\"\n"), "{card}");
        assert!(card.contains("license: \"cc-by-4.0\"\n"), "as data/README.md says: {card}");
        assert!(card.contains(&format!("# Model card: built-in, version {version}")), "{card}");
    }
    let verified = format!("built-in: verified (version {version}, checksum right)\n");
    assert_eq!(desk.run("models verify").ok().out, verified);
    let compare = "models compare built-in slice.safetensors";
    assert!(desk.run(compare).ok().out.contains(&version));
    let measured = desk.run(&format!("{compare} --on slice.csv")).ok().out;
    assert!(measured.starts_with("CAUTION: the model "), "{measured}");
    let lone = desk.run("models show slice.safetensors").ok().out;
    assert!(!lone.contains("cases.csv"), "a lone model has no cases beside it: {lone}");
    desk.run("tag slice.csv --model built-in").ok().says(&format!("Using model {version}"));
}
