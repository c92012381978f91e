//! Tests of the logistic regression as a whole.

use super::*;
use std::time::Instant;

/// A corpus-like matrix: column frequencies fall as in natural text.
fn synthetic(n: usize, columns: usize, entries: usize, prevalence: f64) -> (SparseRows, Vec<bool>) {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut rows = SparseRows::new(columns);
    let mut targets = Vec::new();
    for _ in 0..n {
        let t = rng.random::<f64>() < prevalence;
        let mut row = std::collections::BTreeMap::new();
        while row.len() < entries {
            let u: f64 = rng.random();
            let mut c = ((columns as f64).powf(u) - 1.0) as u32;
            if t && rng.random::<f64>() < 0.15 {
                c = c / 8 * 8 + 3;
            }
            let c = c.min(columns as u32 - 1);
            let idf = 1.0 + (1.0 + f64::from(c)).ln() * 0.7;
            row.insert(c, idf * (0.5 + rng.random::<f64>()));
        }
        let norm = row.values().map(|v| v * v).sum::<f64>().sqrt();
        rows.push_row(row.into_iter().map(|(c, v)| (c, v / norm)));
        targets.push(t);
    }
    (rows, targets)
}

#[test]
fn bench() {
    let (rows, targets) = synthetic(557, 30000, 700, 0.15);
    for alpha in [1.0, 0.1, 0.01] {
        for tol in [1e-3, 1e-4, 1e-8] {
            let p = LogisticParams {
                alpha,
                tolerance: tol,
                solver: Solver::Newton,
                ..Default::default()
            };
            let f = Fitter::new(&rows, p.clone()).unwrap();
            let t = Instant::now();
            let a = f.fit(&targets).unwrap();
            eprintln!("newton alpha {alpha} {tol}: {:?} b={}", t.elapsed(), a.model.intercept);
            if tol < 1e-5 {
                let t = Instant::now();
                let f =
                    Fitter::new(&rows, LogisticParams { solver: Solver::Reduction, ..p }).unwrap();
                eprintln!("prepare {:?}", t.elapsed());
                let t = Instant::now();
                let b = f.fit(&targets).unwrap();
                let diff = a
                    .model
                    .weights
                    .iter()
                    .zip(&b.model.weights)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f64::max);
                let big = a.model.weights.iter().map(|a| a.abs()).fold(0.0, f64::max);
                eprintln!(
                    "reduction {:?} {:?} {:?} diff {} of {}",
                    t.elapsed(),
                    b.solved_by,
                    b.note,
                    diff,
                    big
                );
            }
        }
    }
    let (rows, targets) = synthetic(43410, 30000, 15, 0.05);
    for alpha in [1.0, 0.1] {
        for tol in [1e-3, 1e-4, 1e-8] {
            let p = LogisticParams {
                alpha,
                tolerance: tol,
                solver: Solver::Newton,
                ..Default::default()
            };
            let f = Fitter::new(&rows, p.clone()).unwrap();
            let t = Instant::now();
            let a = f.fit(&targets).unwrap();
            eprintln!("big newton alpha {alpha} {tol}: {:?} b={}", t.elapsed(), a.model.intercept);
        }
    }
}
#[test]
fn explore() {
    let (rows, targets) = synthetic(120, 400, 20, 0.3);
    for scale in [1e-3, 1.0, 1e2, 1e4, 1e6, 1e160] {
        for alpha in [1e-8, 1e-4, 0.1, 100.0] {
            let mut scaled = SparseRows::new(rows.columns());
            for i in 0..rows.len() {
                let (c, v) = rows.row(i);
                scaled.push_row(c.iter().zip(v).map(|(&c, &v)| (c, v * scale)));
            }
            let obj = Objective::new(
                &scaled,
                &targets,
                None,
                &LogisticParams { alpha, ..Default::default() },
            );
            let red = Reduction::new(&scaled);
            let g = red.as_ref().map(|r| {
                r.fit(&obj, &targets, &LogisticParams { alpha, ..Default::default() }).map(|x| x.1)
            });
            let f = Fitter::new(&scaled, LogisticParams { alpha, ..Default::default() })
                .unwrap()
                .fit(&targets);
            eprintln!("scale {scale} alpha {alpha}: {g:?} {:?}", f.map(|f| (f.solved_by, f.note)));
        }
    }
    let (rows, targets) = synthetic(2000, 30000, 300, 0.1);
    let t = Instant::now();
    let f = Fitter::new(&rows, LogisticParams { solver: Solver::Reduction, ..Default::default() })
        .unwrap();
    eprintln!("prepare {:?}", t.elapsed());
    let t = Instant::now();
    let a = f.fit(&targets).unwrap();
    eprintln!("fit {:?} {:?} {:?}", t.elapsed(), a.note, a.solved_by);
}
