//! Similarity of cases: cosines of their tf-idf vectors, and groups of similar cases.

use crate::features::SparseRows;

/// Returns the cosine of two rows of length one (or empty).
pub(crate) fn cosine(rows: &SparseRows, first: usize, second: usize) -> f64 {
    let ((columns, values), (others, weights)) = (rows.row(first), rows.row(second));
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < columns.len() && j < others.len() {
        match columns[i].cmp(&others[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += values[i] * weights[j];
                i += 1;
                j += 1;
            }
        }
    }
    sum
}

/// Returns the mean cosine of a row with the other rows of a group, given the sum of all
/// rows of the group; `None` if it is alone.
pub(crate) fn with_others(
    rows: &SparseRows,
    row: usize,
    sum: &[f64],
    members: usize,
) -> Option<f64> {
    let own: f64 = rows.row(row).1.iter().map(|value| value * value).sum();
    (members > 1).then(|| (rows.dot(row, sum) - own) / (members - 1) as f64)
}

/// Groups of similar rows: agglomerative clustering with average linkage on cosine
/// distances (Sokal and Michener 1958), cut at the number of groups with the best mean
/// silhouette (Rousseeuw 1987). Returns the members of each group, the largest first; one
/// group if there are fewer than three rows or no cut is better than none.
pub(crate) fn groups(rows: &SparseRows, members: &[usize]) -> Vec<Vec<usize>> {
    let n = members.len();
    if n < 3 {
        return if n == 0 { Vec::new() } else { vec![members.to_vec()] };
    }
    let distances = distances(rows, members);
    let merges = merges(&distances);
    let mut best = (0.0, vec![0; n]);
    for count in 2..n {
        let labels = cut(&merges, n, count);
        let silhouette = silhouette(&distances, &labels, count);
        if silhouette > best.0 {
            best = (silhouette, labels);
        }
    }
    let count = best.1.iter().max().map_or(0, |label| label + 1);
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); count];
    best.1.iter().zip(members).for_each(|(&label, &member)| groups[label].push(member));
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    groups
}

fn distances(rows: &SparseRows, members: &[usize]) -> Vec<Vec<f64>> {
    let n = members.len();
    let mut distances = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..i {
            let distance = 1.0 - cosine(rows, members[i], members[j]);
            (distances[i][j], distances[j][i]) = (distance, distance);
        }
    }
    distances
}

/// Returns the pairs of clusters that are joined, nearest first; a cluster is known by
/// its first row. Of equal distances the first pair is joined.
fn merges(distances: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let n = distances.len();
    let mut between = distances.to_vec();
    let mut sizes = vec![1.0; n];
    let mut alive: Vec<usize> = (0..n).collect();
    let mut merges = Vec::with_capacity(n.saturating_sub(1));
    while alive.len() > 1 {
        let mut nearest = (f64::INFINITY, 0, 0);
        for (at, &i) in alive.iter().enumerate() {
            for &j in &alive[at + 1..] {
                if between[i][j] < nearest.0 {
                    nearest = (between[i][j], i, j);
                }
            }
        }
        let (_, i, j) = nearest;
        if i == j {
            break;
        }
        for &k in alive.iter().filter(|&&k| k != i && k != j) {
            let mean =
                (sizes[i] * between[i][k] + sizes[j] * between[j][k]) / (sizes[i] + sizes[j]);
            (between[i][k], between[k][i]) = (mean, mean);
        }
        sizes[i] += sizes[j];
        alive.retain(|&k| k != j);
        merges.push((i, j));
    }
    merges
}

/// Returns the cluster of each row when `count` clusters are left, numbered in the order
/// of their first rows.
fn cut(merges: &[(usize, usize)], n: usize, count: usize) -> Vec<usize> {
    let mut first: Vec<usize> = (0..n).collect();
    for &(i, j) in &merges[..n - count] {
        first.iter_mut().filter(|row| **row == j).for_each(|row| *row = i);
    }
    let mut known: Vec<usize> = Vec::new();
    let mut number = |row: usize| match known.iter().position(|&k| k == row) {
        Some(number) => number,
        None => {
            known.push(row);
            known.len() - 1
        }
    };
    first.into_iter().map(&mut number).collect()
}

/// Returns the mean silhouette of a clustering; a row alone in its cluster counts 0.
fn silhouette(distances: &[Vec<f64>], labels: &[usize], count: usize) -> f64 {
    let mut sizes = vec![0_usize; count];
    labels.iter().for_each(|&label| sizes[label] += 1);
    let width = |row: usize| {
        let mut sums = vec![0.0; count];
        labels.iter().zip(&distances[row]).for_each(|(&label, distance)| sums[label] += distance);
        let own = labels[row];
        if sizes[own] == 1 {
            return 0.0;
        }
        let within = sums[own] / (sizes[own] - 1) as f64;
        let others = (0..count).filter(|&label| label != own);
        let nearest =
            others.map(|label| sums[label] / sizes[label] as f64).fold(f64::INFINITY, f64::min);
        let most = within.max(nearest);
        if most > 0.0 { (nearest - within) / most } else { 0.0 }
    };
    (0..labels.len()).map(width).sum::<f64>() / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use serde_json::Value;

    use super::*;

    /// Made by `tests/fixtures/landscape/make_fixture.py` with scipy's average
    /// linkage and scikit-learn's silhouette.
    fn reference() -> Value {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/landscape/landscape.json"
        ));
        serde_json::from_str::<Value>(text).unwrap()["clustering"].clone()
    }

    fn rows() -> SparseRows {
        let reference = reference();
        let vectors = reference["vectors"].as_array().unwrap();
        let mut rows = SparseRows::new(vectors[0].as_array().unwrap().len());
        for vector in vectors {
            let values = vector.as_array().unwrap().iter().map(|value| value.as_f64().unwrap());
            rows.push_row((0..).zip(values).filter(|(_, value)| *value > 0.0));
        }
        rows
    }

    #[test]
    fn groups_and_silhouettes_are_those_of_scipy_and_scikit_learn() {
        let (rows, reference) = (rows(), reference());
        let members: Vec<usize> = (0..rows.len()).collect();
        let distances = distances(&rows, &members);
        let merges = merges(&distances);
        for expected in reference["cuts"].as_array().unwrap() {
            let labels: Vec<u64> = expected["labels"]
                .as_array()
                .unwrap()
                .iter()
                .map(|l| l.as_u64().unwrap())
                .collect();
            let count = expected["count"].as_u64().unwrap() as usize;
            let ours = cut(&merges, rows.len(), count);
            assert!(ours.iter().zip(&labels).all(|(a, b)| *a as u64 == *b), "{count}: {ours:?}");
            let width = silhouette(&distances, &ours, count);
            assert_relative_eq!(width, expected["silhouette"].as_f64().unwrap(), epsilon = 1e-9);
        }
        let best = reference["best"].as_u64().unwrap() as usize;
        assert_eq!(groups(&rows, &members).len(), best);
    }

    #[test]
    fn few_rows_are_one_group_and_none_is_none() {
        let rows = rows();
        assert_eq!(groups(&rows, &[]), Vec::<Vec<usize>>::new());
        assert_eq!(groups(&rows, &[3, 5]), [vec![3, 5]]);
    }

    /// By hand: unit vectors at right angles and one between.
    #[test]
    fn likeness_to_the_others_leaves_the_row_itself_out() {
        let mut rows = SparseRows::new(2);
        rows.push_row([(0, 1.0)]);
        rows.push_row([(1, 1.0)]);
        rows.push_row([(0, 0.6), (1, 0.8)]);
        let all = rows.sum(&[0, 1, 2]);
        assert_relative_eq!(with_others(&rows, 0, &all, 3).unwrap(), (0.0 + 0.6) / 2.0);
        assert_relative_eq!(cosine(&rows, 1, 2), 0.8);
        assert_eq!(with_others(&rows, 0, &rows.sum(&[0]), 1), None);
    }
}
