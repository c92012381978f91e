//! From a taxonomy and examples to a model that learns from decisions: the first days
//! with your own labels, here complaints to a municipality.

use super::support::{Desk, Table, csv_text, repository};

const COLUMNS: &str = "--text-columns Subject,Complaint";

/// Returns a desk with the taxonomy, the examples and 200 of the complaints.
fn desk() -> Desk {
    let fixture = |name: &str| {
        std::fs::read_to_string(repository("tests/fixtures/complaints").join(name)).unwrap()
    };
    let desk = Desk::with("taxonomy.toml", fixture("taxonomy.toml"));
    desk.write("examples.csv", fixture("examples.csv"));
    let all = Table::parse(&fixture("complaints.csv"), b',');
    desk.write("complaints.csv", csv_text(&all.header, &all.rows[..200]));
    desk
}

/// The first `count` complaints as decisions; every second one of the first `blind`
/// belongs to the blind check.
fn decisions(desk: &Desk, count: usize, blind: usize) {
    let mut table = Table::parse(&desk.text("complaints.csv"), b',');
    table.header.push("review_blind_check".into());
    for (i, row) in table.rows.iter_mut().enumerate() {
        row.push(if i < blind && i % 2 == 0 { "yes" } else { "no" }.into());
    }
    desk.write("decisions.csv", csv_text(&table.header, &table.rows[..count]));
}

/// Share of the cases with a suggested trend among their gold trends.
fn hits(desk: &Desk, tagged: &Table) -> f64 {
    let gold = Table::parse(&desk.text("complaints.csv"), b',');
    let pairs = tagged.column("suggested_trends").into_iter().zip(gold.column("Categories"));
    let hit = pairs.filter(|(suggested, gold)| {
        suggested.split(';').any(|key| gold.split(';').any(|trend| trend == key))
    });
    hit.count() as f64 / gold.rows.len() as f64
}

#[test]
fn a_model_without_a_labelled_case_says_so_ranks_well_and_sends_everything_to_review() {
    let desk = desk();
    let train = format!("train --taxonomy taxonomy.toml --examples examples.csv {COLUMNS}");
    let run = desk.run(&format!("{train} -o mine.safetensors")).ok();
    for words in ["8 trends and 80 examples", "no labelled case", "not calibrated"] {
        assert!(run.out.contains(words), "no \"{words}\" in:\n{}", run.out);
    }
    let tagged = desk.run("tag complaints.csv --id-column Reference --model mine.safetensors");
    let tagged = tagged.ok().table();
    assert!(tagged.column("needs_review").iter().all(|cell| *cell == "yes"));
    // One in eight would be right by chance, and one in five by the most frequent label.
    let hits = hits(&desk, &tagged);
    assert!(hits > 0.7, "{hits}");

    // Training again gives the same bytes, and no default file of cases is searched.
    desk.run(&format!("{train} -o again.safetensors --jobs 1")).ok();
    assert!(desk.bytes("again.safetensors") == desk.bytes("mine.safetensors"));
    desk.run(&format!("train --taxonomy taxonomy.toml {COLUMNS} -o other.safetensors"))
        .exits(2)
        .says("data/cases.csv");
    desk.write("empty.csv", "Subject,Complaint,trends\n");
    desk.run(&format!("train empty.csv --taxonomy taxonomy.toml {COLUMNS} -o other.safetensors"))
        .exits(2)
        .says("there are no cases to learn from");
}

#[test]
fn without_definitions_and_examples_nothing_can_be_learned() {
    let desk = Desk::with("taxonomy.toml", "[[trend]]\nkey = \"a\"\n[[trend]]\nkey = \"b\"\n");
    desk.write("examples.csv", "trends,text\na,\n");
    desk.run("train --taxonomy taxonomy.toml --examples examples.csv -o mine.safetensors")
        .exits(2)
        .says("there are no labelled cases, definitions or examples");
    desk.write("other.csv", "trends,text\na,Potholes in the road\nb,Lamps are dark\n");
    desk.run("train --examples other.csv --no-taxonomy -o mine.safetensors")
        .exits(2)
        .says("--taxonomy FILE");
}

#[test]
fn decisions_take_over_once_the_blind_check_has_enough_answers() {
    let desk = desk();
    desk.run(&format!(
        "train --taxonomy taxonomy.toml --examples examples.csv {COLUMNS} --into mine"
    ))
    .ok();
    desk.run("models verify --model mine").ok();
    let first = desk.text("models/mine/champion.txt");
    let card = desk.run("models show --model mine").ok().out;
    assert!(card.contains("it was trained without labelled cases"), "{card}");
    assert!(card.contains("80 examples of the trends"), "{card}");

    let retrain = "retrain --reviews decisions.csv --model mine --trends-column Categories \
                   --id-column Reference --no-search --repeats 1";
    decisions(&desk, 60, 20);
    let run = desk.run(retrain).ok().says("kept as a candidate: ");
    assert!(
        run.out.contains("only 10 answers of the blind check: 20 more are needed"),
        "{}",
        run.out
    );
    assert_eq!(desk.text("models/mine/champion.txt"), first);
    let json = desk.run(&format!("{retrain} --dry-run --json")).ok().json();
    assert_eq!(json["answers_needed"], 20);

    decisions(&desk, 200, 160);
    let run = desk.run(retrain).ok().says("promoted: ");
    assert!(run.out.contains("compared on 80 cases"), "{}", run.out);
    assert!(run.out.contains("learned from 120 cases, 120 of them decisions"), "{}", run.out);
    desk.run("models verify --model mine").ok();
    let tagged = desk.run("tag complaints.csv --id-column Reference --model mine").ok().table();
    assert!(hits(&desk, &tagged) > 0.8);

    // The training data of the champion are stored with it, including the examples.
    decisions(&desk, 100, 100);
    let run = desk.run(&format!("{retrain} --dry-run")).ok();
    assert!(run.out.contains("identical to the champion"), "{}", run.out);
}
