//! Where hosts stand: as far apart in the picture as they are on the graph.
//!
//! Stress majorisation (Gansner, Koren and North 2004): every host is moved, again and again, to the mean of the places
//! that its distances to all others ask for. The number of rounds is fixed and only `+ - * /` and square roots are used,
//! so the same graph gives the same places on every machine.

use std::collections::VecDeque;

use crate::trace::Roster;

use super::super::icons::Role;
use super::super::scene::Point;

/// Larger nets are laid out in a spiral: all distances would be too many.
const MOST_EXACT: usize = 800;

/// A place for every host, in lengths of a link, centred on the origin.
pub(super) fn places(roster: &Roster) -> Vec<Point> {
    let n = roster.hosts.len();
    if !(2..=MOST_EXACT).contains(&n) {
        return spiral(n);
    }
    let distances = distances(roster);
    let is_aside = |i: &usize| Role::of(&roster.hosts[*i].role) == Role::NameServer;
    let (mut aside, mut kept): (Vec<usize>, Vec<usize>) = (0..n).partition(is_aside);
    if kept.len() < 2 {
        (aside, kept) = (Vec::new(), (0..n).collect());
    }
    let between = |i: usize, j: usize| distances[i * n + j];
    let sub: Vec<f64> = kept.iter().flat_map(|i| kept.iter().map(|j| between(*i, *j))).collect();
    let mut places = spiral(n);
    for (i, place) in kept.iter().zip(scaled(&sub, kept.len())) {
        places[*i] = place;
    }
    let rounds = if n <= 60 { 300 } else { 80 };
    majorise(&mut places, &kept, &kept, between, rounds);
    // Name servers then find their place beside the way of mail; they do not bend it.
    for (turn, i) in aside.iter().enumerate() {
        let nearest = kept.iter().copied().min_by(|a, b| between(*i, *a).total_cmp(&between(*i, *b)));
        let (x, y) = nearest.map_or((0.0, 0.0), |at| places[at]);
        places[*i] = (x + 0.1 * turn as f64, y - 1.0);
    }
    let all: Vec<usize> = (0..n).collect();
    majorise(&mut places, &aside, &all, between, 100);
    lie_down(&mut places, roster);
    places
}

/// Moves `movers` to where their distances to `others` ask them to be.
fn majorise(
    places: &mut [Point],
    movers: &[usize],
    others: &[usize],
    between: impl Fn(usize, usize) -> f64,
    rounds: usize,
) {
    for _ in 0..rounds {
        for &i in movers {
            let (mut x, mut y, mut weights) = (0.0, 0.0, 0.0);
            for &j in others.iter().filter(|j| **j != i) {
                let wanted = between(i, j);
                let weight = 1.0 / (wanted * wanted);
                let (dx, dy) = (places[i].0 - places[j].0, places[i].1 - places[j].1);
                let pull = wanted / (dx * dx + dy * dy).sqrt().max(1e-6);
                x += weight * (places[j].0 + dx * pull);
                y += weight * (places[j].1 + dy * pull);
                weights += weight;
            }
            if weights > 0.0 {
                places[i] = (x / weights, y / weights);
            }
        }
    }
}

/// Classical scaling: the two main axes of the distances, found by power iteration. It starts the majorisation near the
/// right shape; a trace of the spiral keeps hosts with equal distances apart.
fn scaled(distances: &[f64], n: usize) -> Vec<Point> {
    let squares: Vec<f64> = distances.iter().map(|d| d * d).collect();
    let size = n as f64;
    let rows: Vec<f64> = squares.chunks(n).map(|row| row.iter().sum::<f64>() / size).collect();
    let all = rows.iter().sum::<f64>() / size;
    let product = |i: usize, j: usize| -0.5 * (squares[i * n + j] - rows[i] - rows[j] + all);
    let seed = spiral(n);
    let mut axes: Vec<Vec<f64>> = Vec::new();
    for axis in 0..2 {
        let mut v: Vec<f64> = seed.iter().map(|p| if axis == 0 { p.0 } else { p.1 }).collect();
        let mut value = 0.0;
        for _ in 0..60 {
            for known in &axes {
                let norm: f64 = known.iter().map(|k| k * k).sum::<f64>().max(1e-12);
                let along: f64 = v.iter().zip(known).map(|(a, b)| a * b).sum::<f64>() / norm;
                v.iter_mut().zip(known).for_each(|(a, b)| *a -= along * b);
            }
            let next: Vec<f64> = (0..n).map(|i| (0..n).map(|j| product(i, j) * v[j]).sum()).collect();
            value = next.iter().map(|x| x * x).sum::<f64>().sqrt();
            if value < 1e-9 {
                break;
            }
            v = next.into_iter().map(|x| x / value).collect();
        }
        v.iter_mut().for_each(|x| *x *= value.sqrt());
        axes.push(v);
    }
    (0..n).map(|i| (axes[0][i] + seed[i].0 * 0.005, axes[1][i] + seed[i].1 * 0.005)).collect()
}

/// A start without symmetry that could hold hosts on one line: the golden angle.
fn spiral(n: usize) -> Vec<Point> {
    (0..n)
        .map(|i| {
            let radius = (i as f64 + 0.5).sqrt() * 0.6;
            let angle = i as f64 * 2.399_963_229_728_653;
            (radius * libm::cos(angle), radius * libm::sin(angle))
        })
        .collect()
}

/// Distances in links between all hosts; hosts that no link joins stand a little farther away than the farthest.
fn distances(roster: &Roster) -> Vec<f64> {
    let n = roster.hosts.len();
    let mut neighbours = vec![Vec::new(); n];
    for link in &roster.links {
        let (a, b) = (link.a.0 as usize, link.b.0 as usize);
        if a < n && b < n && a != b {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
    }
    let mut steps = vec![u32::MAX; n * n];
    for start in 0..n {
        let row = &mut steps[start * n..(start + 1) * n];
        row[start] = 0;
        let mut next = VecDeque::from([start]);
        while let Some(at) = next.pop_front() {
            for to in &neighbours[at] {
                if row[*to] == u32::MAX {
                    row[*to] = row[at] + 1;
                    next.push_back(*to);
                }
            }
        }
    }
    let farthest = steps.iter().copied().filter(|s| *s != u32::MAX).max().unwrap_or(1);
    let apart = f64::from(farthest.min(6)) + 1.0;
    steps.into_iter().map(|s| if s == u32::MAX { apart } else { f64::from(s) }).collect()
}

/// Turns the picture so that its longer axis lies flat, and authors stand on the left.
fn lie_down(places: &mut [Point], roster: &Roster) {
    let n = places.len() as f64;
    let (mx, my) = places.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (p, host) in places.iter_mut().zip(&roster.hosts) {
        *p = (p.0 - mx, p.1 - my);
        if Role::of(&host.role) == Role::NameServer {
            continue;
        }
        xx += p.0 * p.0;
        xy += p.0 * p.1;
        yy += p.1 * p.1;
    }
    // The eigenvector of the larger eigenvalue of the covariance.
    let half = (xx - yy) / 2.0;
    let root = (half * half + xy * xy).sqrt();
    let (mut ux, mut uy) = if half >= 0.0 { (half + root, xy) } else { (xy, root - half) };
    let length = (ux * ux + uy * uy).sqrt();
    if length < 1e-9 {
        (ux, uy) = (1.0, 0.0);
    } else {
        (ux, uy) = (ux / length, uy / length);
    }
    for p in places.iter_mut() {
        *p = (p.0 * ux + p.1 * uy, p.1 * ux - p.0 * uy);
    }
    let first_right = places.first().is_some_and(|p| p.0 > 0.0);
    let author = mean(places, roster, Role::User).0;
    if author > 1e-6 || (author.abs() <= 1e-6 && first_right) {
        places.iter_mut().for_each(|p| p.0 = -p.0);
    }
    // Name servers above, out of the way of mail.
    if mean(places, roster, Role::NameServer).1 > 1e-6 {
        places.iter_mut().for_each(|p| p.1 = -p.1);
    }
}

/// Where the hosts of a role stand on average.
fn mean(places: &[Point], roster: &Roster, role: Role) -> Point {
    let of_role = roster.hosts.iter().zip(places).filter(|(h, _)| Role::of(&h.role) == role);
    let (mut sum, mut count) = ((0.0, 0.0), 0.0);
    for (_, p) in of_role {
        sum = (sum.0 + p.0, sum.1 + p.1);
        count += 1.0;
    }
    if count == 0.0 { (0.0, 0.0) } else { (sum.0 / count, sum.1 / count) }
}
