//! From places on the graph to places on the sheet: cards or dots, curves, and the words beside them.

use crate::trace::{HostEntry, HostId, Roster};

use super::super::icons::Role;
use super::super::scene::{Anchor, Label, Point, Rect};
use super::super::text_width::{Face, clean, pixels};
use super::hops::{Hop, Way};
use super::layout;

/// Nets with more hosts are drawn as dots.
pub const MOST_CARDS: usize = 40;
pub(super) const CARD_HEIGHT: f64 = 48.0;
pub(super) const NAME_SIZE: f64 = 13.5;
pub(super) const LINK_SIZE: f64 = 12.0;
pub(super) const SMALL_SIZE: f64 = 12.0;
pub(super) const BADGE: f64 = 11.0;
/// Room above the picture for title and subtitle.
const TOP: f64 = 84.0;
const MARGIN: f64 = 40.0;

/// A hop with its curve.
pub(super) struct Curve {
    pub(super) points: Vec<Point>,
    /// Where its number stands; none where there is no room.
    pub(super) badge: Option<Point>,
}

/// Everything of the map in its place.
pub(super) struct Placed {
    pub(super) dots: bool,
    /// The middle of every host.
    pub(super) centers: Vec<Point>,
    /// The card (or the dot's surroundings) of every host.
    pub(super) cards: Vec<Rect>,
    /// By the index of the hop.
    pub(super) curves: Vec<Curve>,
    /// By the index of the link.
    pub(super) link_labels: Vec<Option<Label>>,
    /// Names of dots.
    pub(super) names: Vec<Label>,
    /// How many labels found no room.
    pub(super) omitted: usize,
    pub(super) width: f64,
    /// The lower edge of the picture proper.
    pub(super) bottom: f64,
}

impl Placed {
    pub(super) fn new(roster: &Roster, way: &Way) -> Placed {
        let dots = roster.hosts.len() > MOST_CARDS;
        let places = layout::places(roster);
        let (mut centers, sizes) = if dots { spread_dots(&places, roster, way) } else { spread_cards(&places, roster) };
        let around = |centers: &[Point]| -> Vec<Rect> {
            centers.iter().zip(&sizes).map(|(c, (w, h))| Rect::around(*c, *w, *h)).collect()
        };
        let cards = around(&centers);
        let curves: Vec<Vec<Point>> = bows(&way.hops, &centers, &cards);
        // Move everything into the sheet.
        let mut all = Rect::new(0.0, 0.0, 0.0, 0.0);
        let corners = cards.iter().flat_map(|r| [(r.x0, r.y0), (r.x1, r.y1)]);
        for (place, p) in corners.chain(curves.iter().flatten().copied()).enumerate() {
            if place == 0 {
                all = Rect::new(p.0, p.1, p.0, p.1);
            }
            all = Rect::new(all.x0.min(p.0), all.y0.min(p.1), all.x1.max(p.0), all.y1.max(p.1));
        }
        let side = if dots { 150.0 } else { MARGIN };
        let width = (all.x1 - all.x0 + 2.0 * side).max(640.0).ceil();
        let by = ((width - (all.x1 - all.x0)) / 2.0 - all.x0, TOP + 24.0 - all.y0);
        let moved = |p: &mut Point| *p = (p.0 + by.0, p.1 + by.1);
        centers.iter_mut().for_each(moved);
        let mut curves = curves;
        curves.iter_mut().flatten().for_each(moved);
        let cards = around(&centers);
        let mut placed = Placed {
            dots,
            centers,
            cards,
            curves: Vec::new(),
            link_labels: Vec::new(),
            names: Vec::new(),
            omitted: 0,
            width,
            bottom: (all.y1 + by.1 + 28.0).ceil(),
        };
        let mut taken: Vec<Rect> = if dots {
            (0..roster.hosts.len()).filter(|i| way.touches(HostId(*i as u32))).map(|i| placed.cards[i]).collect()
        } else {
            placed.cards.iter().map(|c| c.grown(4.0)).collect()
        };
        placed.badges(curves, &mut taken);
        if dots {
            placed.dot_names(roster, way, &mut taken);
        } else {
            placed.labels_of_links(roster, &mut taken);
        }
        placed
    }

    fn badges(&mut self, curves: Vec<Vec<Point>>, taken: &mut Vec<Rect>) {
        for points in curves {
            let last = points.len().saturating_sub(1);
            let spots = [50, 44, 56, 38, 62, 32, 68, 26, 74].map(|percent| last * percent / 100);
            let free = |p: &Point| {
                let rect = Rect::around(*p, BADGE + 2.0, BADGE + 2.0);
                !taken.iter().any(|t| t.meets(&rect))
            };
            let badge = spots.into_iter().filter_map(|s| points.get(s).copied()).find(free);
            match badge {
                Some(at) => taken.push(Rect::around(at, BADGE + 2.0, BADGE + 2.0)),
                None => self.omitted += 1,
            }
            self.curves.push(Curve { points, badge });
        }
    }

    fn labels_of_links(&mut self, roster: &Roster, taken: &mut Vec<Rect>) {
        for link in &roster.links {
            let ends = (self.centers.get(link.a.0 as usize), self.centers.get(link.b.0 as usize));
            // An implied link is known by its dashes; many equal labels would only stand in each other's way.
            let named = !link.label.is_empty() && !link.implied;
            let (Some(a), Some(b), true) = (ends.0, ends.1, named) else {
                self.link_labels.push(None);
                continue;
            };
            let label =
                Label::new((0.0, 0.0), clean(&link.label), Face::Sans, LINK_SIZE).anchor(Anchor::Middle).fit(190.0);
            let half = label.width() / 2.0 + 4.0;
            // The middle of what can be seen of the link, then places further along and beside it.
            let mut spots = Vec::new();
            for aside in [0.0, -14.0, 14.0, -28.0, 28.0] {
                for percent in [50.0, 45.0, 55.0, 40.0, 60.0, 33.0, 67.0, 26.0, 74.0] {
                    let t = percent / 100.0;
                    spots.push((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t + aside));
                }
            }
            let rect = |p: &Point| Rect::around(*p, half, 0.6 * LINK_SIZE + 3.0);
            let inside = |p: &&Point| {
                let r = rect(p);
                r.x0 > 12.0 && r.x1 < self.width - 12.0 && r.y0 > TOP && r.y1 < self.bottom
            };
            let free = |p: &&Point| !taken.iter().any(|t| t.meets(&rect(p)));
            let clear = |p: &&Point| {
                let crossed = |c: &Curve| c.points.windows(2).any(|w| rect(p).is_crossed(w[0], w[1]));
                !self.curves.iter().any(crossed)
            };
            let spot = spots.iter().filter(inside).filter(free).find(clear);
            let spot = spot.or_else(|| spots.iter().filter(inside).find(free)).copied();
            match spot {
                Some(at) => {
                    taken.push(rect(&at));
                    self.link_labels.push(Some(Label { at, ..label }));
                }
                None => {
                    self.omitted += 1;
                    self.link_labels.push(None);
                }
            }
        }
    }

    fn dot_names(&mut self, roster: &Roster, way: &Way, taken: &mut Vec<Rect>) {
        for (i, host) in roster.hosts.iter().enumerate() {
            if !way.touches(HostId(i as u32)) {
                continue;
            }
            let (x, y) = self.centers[i];
            let label = Label::new((0.0, 0.0), clean(&host.name), Face::Bold, 12.0).anchor(Anchor::Middle).fit(220.0);
            let half = label.width() / 2.0 + 5.0;
            let mut spots = Vec::new();
            for ring in [1.0, 1.8, 2.8, 4.0] {
                let (over, beside) = (20.0 * ring, half + 6.0 + 8.0 * ring);
                spots.extend([(x, y - over), (x, y + over), (x + beside, y), (x - beside, y)]);
                for (sx, sy) in [(1.0, -1.0), (-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                    spots.push((x + sx * beside * 0.8, y + sy * over));
                }
            }
            let rect = |p: &Point| Rect::around(*p, half, 10.0);
            let free = |p: &Point| {
                let r = rect(p);
                let sheet = Rect::new(12.0, TOP, self.width - 12.0, self.bottom);
                r.within(&sheet) && !taken.iter().any(|t| t.meets(&r))
            };
            let clear = |p: &&Point| {
                let crossed = |c: &Curve| c.points.windows(2).any(|w| rect(p).is_crossed(w[0], w[1]));
                !self.curves.iter().any(crossed)
            };
            let spots: Vec<Point> = spots.into_iter().filter(free).collect();
            match spots.iter().find(clear).or(spots.first()).copied() {
                Some(at) => {
                    taken.push(rect(&at));
                    self.names.push(Label { at, ..label });
                }
                None => self.omitted += 1,
            }
        }
    }
}

/// What stands below the name of a host: what it is for, or its address.
pub(super) fn below(host: &HostEntry) -> String {
    host.notes.first().or(host.addresses.first()).map(|a| clean(a)).unwrap_or_default()
}

type Sizes = Vec<(f64, f64)>;

/// Far enough apart for cards and the labels of links between them.
fn spread_cards(places: &[Point], roster: &Roster) -> (Vec<Point>, Sizes) {
    let sizes: Sizes = (roster.hosts.iter())
        .map(|h| {
            let name = pixels(&clean(&h.name), Face::Bold, NAME_SIZE);
            let below = pixels(&below(h), Face::Sans, SMALL_SIZE);
            ((name.max(below) + 58.0).clamp(110.0, 240.0) / 2.0, CARD_HEIGHT / 2.0)
        })
        .collect();
    let card = sizes.iter().map(|s| 2.0 * s.0).fold(110.0, f64::max);
    let label =
        (roster.links.iter()).map(|l| pixels(&clean(&l.label), Face::Sans, LINK_SIZE).min(190.0)).fold(60.0, f64::max);
    let few = roster.hosts.len() <= 12;
    let (ux, uy) =
        if few { (card + label + 44.0, 150.0 + 0.25 * card) } else { (card * 0.8 + label * 0.6 + 30.0, 150.0) };
    let mut centers: Vec<Point> = places.iter().map(|p| (p.0 * ux, p.1 * uy)).collect();
    push_apart(&mut centers, &sizes);
    align(&mut centers);
    off_the_links(&mut centers, &sizes, roster);
    (centers, sizes)
}

/// Cards that stand almost at the same height are given the same height.
fn align(centers: &mut [Point]) {
    const ALMOST: f64 = 16.0;
    let mut order: Vec<usize> = (0..centers.len()).collect();
    order.sort_by(|a, b| centers[*a].1.total_cmp(&centers[*b].1));
    let mut rest = &order[..];
    while let Some(first) = rest.first() {
        let top = centers[*first].1;
        let row = rest.partition_point(|i| centers[*i].1 < top + ALMOST).max(1);
        let mean = rest[..row].iter().map(|i| centers[*i].1).sum::<f64>() / row as f64;
        rest[..row].iter().for_each(|i| centers[*i].1 = mean);
        rest = &rest[row..];
    }
}

/// A fixed number of rounds in which cards that meet step aside.
fn push_apart(centers: &mut [Point], sizes: &[(f64, f64)]) {
    for _ in 0..400 {
        let mut moved = false;
        for i in 0..centers.len() {
            for j in i + 1..centers.len() {
                let (dx, dy) = (centers[j].0 - centers[i].0, centers[j].1 - centers[i].1);
                let x = sizes[i].0 + sizes[j].0 + 30.0 - dx.abs();
                let y = sizes[i].1 + sizes[j].1 + 44.0 - dy.abs();
                if x <= 0.0 || y <= 0.0 {
                    continue;
                }
                moved = true;
                let by = (x.min(y) + 1.0) / 2.0;
                if y <= x {
                    let sign = if dy >= 0.0 { 1.0 } else { -1.0 };
                    centers[i].1 -= sign * by;
                    centers[j].1 += sign * by;
                } else {
                    let sign = if dx >= 0.0 { 1.0 } else { -1.0 };
                    centers[i].0 -= sign * by;
                    centers[j].0 += sign * by;
                }
            }
        }
        if !moved {
            break;
        }
    }
}

/// A name server whose card lies on a link of others moves to the nearest place where it covers nothing. There are few, and mail
/// does not pass them: no other host has to move for one.
fn off_the_links(centers: &mut [Point], sizes: &[(f64, f64)], roster: &Roster) {
    /// From one place to the next that is tried.
    const STEP: f64 = 24.0;
    const STEPS: i32 = 16;
    for i in 0..centers.len() {
        if Role::of(&roster.hosts[i].role) != Role::NameServer {
            continue;
        }
        let card = |at: Point, gap: f64| Rect::around(at, sizes[i].0 + gap, sizes[i].1 + gap);
        let ends = roster.links.iter().map(|link| (link.a.0 as usize, link.b.0 as usize));
        let links: Vec<(Point, Point)> = ends
            .filter(|(a, b)| *a != i && *b != i && *a < centers.len() && *b < centers.len())
            .map(|(a, b)| (centers[a], centers[b]))
            .collect();
        let crossed = |at: Point| links.iter().any(|(a, b)| card(at, 8.0).is_crossed(*a, *b));
        let others: Vec<Rect> = (0..centers.len())
            .filter(|j| *j != i)
            .map(|j| Rect::around(centers[j], sizes[j].0 + 30.0, sizes[j].1 + 30.0))
            .collect();
        let free = |at: Point| !crossed(at) && !others.iter().any(|other| other.meets(&card(at, 0.0)));
        if !crossed(centers[i]) {
            continue;
        }
        let (x, y) = centers[i];
        let mut spots: Vec<(i32, i32)> = (-STEPS..=STEPS).flat_map(|a| (-STEPS..=STEPS).map(move |b| (a, b))).collect();
        spots.sort_by_key(|(a, b)| a * a + b * b);
        let at = |(a, b): &(i32, i32)| (x + STEP * f64::from(*a), y + STEP * f64::from(*b));
        if let Some(spot) = spots.iter().map(at).find(|spot| free(*spot)) {
            centers[i] = spot;
        }
    }
}

/// As large as a slide.
fn spread_dots(places: &[Point], roster: &Roster, way: &Way) -> (Vec<Point>, Sizes) {
    let extent = |of: fn(&Point) -> f64| {
        let low = places.iter().map(of).fold(f64::MAX, f64::min);
        let high = places.iter().map(of).fold(f64::MIN, f64::max);
        (high - low).max(1e-6)
    };
    let scale = (1_150.0 / extent(|p| p.0), 820.0 / extent(|p| p.1));
    let scale = (scale.0.min(scale.1 * 1.4), scale.1.min(scale.0 * 1.4));
    let centers = places.iter().map(|p| (p.0 * scale.0, p.1 * scale.1)).collect();
    let size = |i: usize| {
        let half = match (way.touches(HostId(i as u32)), Role::of(&roster.hosts[i].role)) {
            (true, _) => 8.0,
            (false, Role::Router) => 4.5,
            (false, _) => 3.5,
        };
        (half, half)
    };
    (centers, (0..roster.hosts.len()).map(size).collect())
}

/// The curves of the hops, from card to card, bent away from the link and from cards in between.
fn bows(hops: &[Hop], centers: &[Point], cards: &[Rect]) -> Vec<Vec<Point>> {
    let mut curves: Vec<Vec<Point>> = Vec::with_capacity(hops.len());
    for (place, hop) in hops.iter().enumerate() {
        let (from, to) = (hop.from.0 as usize, hop.to.0 as usize);
        let before = hops[..place].iter().filter(|h| h.from == hop.from && h.to == hop.to).count();
        let (a, b) = (centers[from], centers[to]);
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
        let bend = (length * 0.3).clamp(56.0, 150.0) + 34.0 * before as f64;
        let passes = |points: &Vec<Point>| {
            let other = |i: usize| i != from && i != to;
            (0..cards.len()).filter(|i| other(*i) && points.iter().any(|p| within(p, &cards[*i], 6.0))).count()
        };
        // A left-to-right hop bends upwards, its way back downwards, unless cards stand there.
        let best = [1.0, -1.0, 1.7, -1.7].map(|factor| {
            let control =
                ((a.0 + b.0) / 2.0 + dy / length * bend * factor, (a.1 + b.1) / 2.0 - dx / length * bend * factor);
            let points: Vec<Point> = (0..=64).map(|step| quadratic(a, control, b, f64::from(step) / 64.0)).collect();
            (passes(&points), points)
        });
        let points =
            best.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a }).map_or(Vec::new(), |(_, points)| points);
        let outside = |p: &Point| !within(p, &cards[from], 3.0) && !within(p, &cards[to], 4.0);
        curves.push(points.into_iter().filter(outside).collect());
    }
    curves
}

fn within(p: &Point, rect: &Rect, margin: f64) -> bool {
    let r = rect.grown(margin);
    p.0 > r.x0 && p.0 < r.x1 && p.1 > r.y0 && p.1 < r.y1
}

fn quadratic(a: Point, control: Point, b: Point, t: f64) -> Point {
    let s = 1.0 - t;
    let mix = |a: f64, c: f64, b: f64| s * s * a + 2.0 * s * t * c + t * t * b;
    (mix(a.0, control.0, b.0), mix(a.1, control.1, b.1))
}
