//! Killed at any moment: the champion is always one complete model, old or new.

#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trendtag::versions::registry::Registry;

use super::support::{Desk, Table, cases, csv_text, desk_with_versions};

const ROUNDS: usize = 200;

/// Some twenty decisions on further cases, a few of them different each round, so that
/// each round creates a new version.
fn decisions(round: usize) -> String {
    let all = Table::parse(&cases(120), b',');
    let mut rows = all.rows[60 + round % 30..].to_vec();
    rows.truncate(20 + round % 10);
    csv_text(&all.header, &rows)
}

/// Starts the program and kills it after `moment`, unless it has ended by then.
fn killed(desk: &Desk, arguments: &str, moment: Duration) {
    let mut command = Command::new(cargo_bin!("trendtag"));
    command.current_dir(desk.path("")).args(arguments.split_whitespace());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn timed(desk: &Desk, arguments: &str) -> Duration {
    let started = Instant::now();
    desk.run(arguments).ok();
    started.elapsed()
}

#[test]
#[ignore = "two minutes; run by .ci/run"]
fn promote_rollback_and_retrain_killed_at_random_moments_leave_a_whole_champion() {
    let desk = desk_with_versions();
    let registry = Registry::at(&desk.path("models/mine"));
    let retrain = "retrain slice.csv --reviews decisions.csv --model mine --no-search --folds 2 \
                   --repeats 1 --force --reason trying";
    desk.write("decisions.csv", decisions(0));
    let (mut long, mut short) = (Duration::ZERO, Duration::ZERO);

    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut changed, mut made) = (0, 0);
    for round in 0..ROUNDS {
        if round % 30 == 0 {
            // Their duration, measured again because the machine may be busier.
            long = timed(&desk, retrain);
            short = timed(&desk, "models rollback --model mine");
        }
        let before = registry.champion().unwrap().unwrap();
        let versions = registry.versions().unwrap();
        let (arguments, whole) = match round % 3 {
            0 => {
                desk.write("decisions.csv", decisions(round));
                (retrain.to_owned(), long)
            }
            1 => {
                let version = &versions[random.random_range(0..versions.len())];
                (format!("models promote {version} --model mine --reason tried"), short)
            }
            _ => ("models rollback --model mine".to_owned(), short),
        };
        killed(&desk, &arguments, whole.mul_f64(1.2 * random.random::<f64>()));

        let after = registry.champion().unwrap().expect("there is a champion");
        registry.verify(&after).expect("the champion is whole");
        let now = registry.versions().unwrap();
        assert!(versions.iter().all(|v| now.contains(v)), "no version is lost");
        now.iter().for_each(|v| registry.verify(v).expect("every version is whole"));
        registry.journal().expect("the journal can be read");
        changed += usize::from(after != before);
        made += now.len() - versions.len();
    }
    // Some must succeed and some fail, or the moments were not random.
    assert!(changed > 10 && changed < ROUNDS - 10, "{changed} of {ROUNDS} changed the champion");
    assert!(made > 3, "{made} versions were made");

    desk.run("models prune --model mine --keep 1").ok();
    desk.run("models verify --model mine").ok();
    let left = std::fs::read_dir(desk.path("models/mine")).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.ends_with(".trendtag-part")), "leftovers are swept");
    desk.run("tag slice.csv --model mine").ok();
}
