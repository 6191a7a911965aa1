//! How far apart lifelines stand: as close as their heads allow, as far as their words ask, and together no wider than a
//! page. What does not fit is broken or cut later on.

use super::super::icons::Role;
use super::super::text_width::{Face, pixels, wrap};
use super::model::{Column, Model};
use super::sizes::{BESIDE, NAME_SIZE, NOTE_SIZE, TIME_SIZE, face, size};

/// Up to this many lifelines stand side by side on a page.
const FEW: usize = 4;
/// A page; text in it is as large as in the picture.
const PAGE: f64 = 750.0;
/// What each lifeline beyond a few adds.
const EACH: f64 = 160.0;
/// No picture is narrower: the heading needs its room.
const NARROWEST: f64 = 620.0;
const LEAST_GAP: f64 = 96.0;
/// Words never push lifelines further apart than this.
const MOST_GAP: f64 = 330.0;
/// Names longer than this are broken behind a dot.
const LONG_NAME: f64 = 118.0;
/// From the left edge of a head to its words, for the icon.
pub(super) const ICON_ROOM: f64 = 34.0;

/// Lifelines with their heads.
pub(super) struct Spacing {
    /// The lifelines, from left to right.
    pub(super) xs: Vec<f64>,
    /// Half the width of each head.
    pub(super) halves: Vec<f64>,
    /// Each name, in one line or two.
    pub(super) names: Vec<Vec<String>>,
    /// The width of the picture.
    pub(super) width: f64,
    /// Where times end.
    pub(super) times: f64,
}

impl Spacing {
    pub(super) fn new(model: &Model) -> Spacing {
        let arrows = model.arrows.iter().flat_map(|a| [a.sent.0, a.end().0]);
        let instants = arrows.chain(model.notes.iter().map(|n| n.at.0));
        let times = instants.map(|at| pixels(&model.axis.relative(at), Face::Mono, TIME_SIZE)).fold(0.0, f64::max);
        let times = 14.0 + times;
        let page = PAGE + EACH * model.columns.len().saturating_sub(FEW) as f64;
        let spacing = |broken: bool| {
            let names: Vec<Vec<String>> = model.columns.iter().map(|c| name(c, broken)).collect();
            let halves: Vec<f64> = model.columns.iter().zip(&names).map(|(c, name)| half(c, name)).collect();
            let first = halves.first().copied().unwrap_or(0.0);
            let x = (times + 14.0).max(first + 12.0);
            // The last host's notes stand on its left; a lone host has no left.
            let last = if halves.len() == 1 { 340.0 } else { halves.last().map_or(0.0, |half| half + 14.0) };
            (names, halves, x, last)
        };
        let (mut names, mut halves, mut x, mut last) = spacing(false);
        let whole: f64 = wishes(model, &halves).iter().map(|(least, _)| least).sum();
        if x + whole + last > page {
            (names, halves, x, last) = spacing(true);
        }
        let wishes = wishes(model, &halves);
        let gaps = share(&wishes, page - x - last);
        let mut xs = vec![x];
        for gap in &gaps {
            xs.push(xs[xs.len() - 1] + gap);
        }
        xs.truncate(halves.len());
        let width = (xs.last().copied().unwrap_or(x) + last).max(NARROWEST).ceil();
        Spacing { xs, halves, names, width, times }
    }
}

/// The lines of a name.
fn name(column: &Column, broken: bool) -> Vec<String> {
    let long = pixels(&column.name, Face::Bold, NAME_SIZE) > LONG_NAME;
    match column.name.split_once('.').filter(|_| broken && long) {
        // A host and its domain, if that is short enough.
        Some((host, domain)) if pixels(domain, Face::Bold, NAME_SIZE) <= 1.2 * LONG_NAME && host.len() < 20 => {
            vec![format!("{host}."), domain.to_owned()]
        }
        _ if broken => wrap(&column.name, Face::Bold, NAME_SIZE, LONG_NAME, 2).0,
        _ => vec![column.name.clone()],
    }
}

fn half(column: &Column, name: &[String]) -> f64 {
    let name = name.iter().map(|line| pixels(line, Face::Bold, NAME_SIZE)).fold(0.0, f64::max);
    (name.max(pixels(&column.address, Face::Sans, 11.0)) + ICON_ROOM + 12.0).clamp(80.0, 240.0) / 2.0
}

/// For each gap between lifelines, the least and what its words wish.
fn wishes(model: &Model, halves: &[f64]) -> Vec<(f64, f64)> {
    let mut wishes: Vec<(f64, f64)> = halves
        .windows(2)
        .map(|two| {
            let least = (two[0] + two[1] + 10.0).max(LEAST_GAP);
            (least, least)
        })
        .collect();
    let mut wish = |gap: usize, room: f64| {
        if let Some((_, wished)) = wishes.get_mut(gap) {
            *wished = wished.max(room.min(MOST_GAP));
        }
    };
    for arrow in &model.arrows {
        let (Some(from), Some(to)) = (model.column(arrow.from), model.column(arrow.to)) else { continue };
        // Words of an arrow that passes other lifelines may pass them too.
        if to.abs_diff(from) == 1 {
            wish(from.min(to), pixels(&arrow.words, face(arrow.kind), size(arrow.kind)) + 2.0 * BESIDE + 12.0);
        }
    }
    for note in &model.notes {
        let Some(column) = model.column(note.host) else { continue };
        // Where the layout puts it: on the left of the last one that handles mail.
        let next = model.columns.get(column + 1);
        let ends = next.is_none_or(|next| next.role == Role::NameServer);
        let gap = if ends { column.saturating_sub(1) } else { column };
        wish(gap, pixels(&note.words, Face::Sans, NOTE_SIZE) + 2.0 * BESIDE + 24.0);
    }
    wishes
}

/// Shares the room: everybody's least first, then the same for all until their wishes are met.
fn share(wishes: &[(f64, f64)], room: f64) -> Vec<f64> {
    let at = |level: f64| wishes.iter().map(|(least, wished)| level.clamp(*least, *wished)).collect::<Vec<f64>>();
    let (mut low, mut high) = (0.0, MOST_GAP.max(room));
    if at(high).iter().sum::<f64>() <= room {
        return at(high);
    }
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if at(middle).iter().sum::<f64>() <= room { low = middle } else { high = middle }
    }
    at(low).into_iter().map(f64::floor).collect()
}
