//! Draws a map whose parts have their places.

use crate::trace::{HostId, Roster};

use super::super::icons::{self, Role};
use super::super::palette::{BLUE, CARD, FAINT, FRAME, GREEN, INK, LIFELINE, MUTED, ORANGE, PAPER, Rgb, VERMILLION};
use super::super::scene::{Anchor, Dash, Head, Label, Point, Rect, Scene, Stroke};
use super::super::text_width::{Face, clean, thousands};
use super::hops::{Hop, Way};
use super::place::{BADGE, NAME_SIZE, Placed, SMALL_SIZE, below};
use super::text::{hop_lines, summary};

/// Lines of the list of hops below the picture.
const MOST_LINES: usize = 14;
/// Of these, so many from the beginning where they are too many.
const FIRST_LINES: usize = 7;
const LINE: f64 = 21.0;

pub(super) fn draw(roster: &Roster, way: &Way) -> Scene {
    let placed = Placed::new(roster, way);
    let mut lines = hop_lines(roster, way);
    let hidden = lines.len().saturating_sub(MOST_LINES);
    if hidden > 0 {
        // How it ended is told at the end.
        let fold = (None, format!("… {} more", hidden + 1));
        lines.splice(FIRST_LINES..lines.len() - (MOST_LINES - 1 - FIRST_LINES), [fold]);
    }
    if placed.omitted > 0 {
        let (labels, are) = if placed.omitted == 1 { ("label", "is") } else { ("labels", "are") };
        lines.push((None, format!("{} {labels} {are} left out for want of room.", placed.omitted)));
    }
    let implied = if placed.dots { roster.links.iter().filter(|l| l.implied).count() as u64 } else { 0 };
    if implied > 0 {
        let are = if implied == 1 { "link is" } else { "links are" };
        lines.push((None, format!("{} implied {are} not drawn.", thousands(implied))));
    }
    let legend = legend_entries(roster, way, placed.dots);
    let (places, legend_height) = legend_places(&legend, placed.width);
    let list = lines.len() as f64 * LINE;
    let height = placed.bottom + list + legend_height + 30.0;
    let mut scene = Scene::sheet(placed.width, height, &clean(&roster.title));
    scene.heading(&summary(roster, way));
    scene.description = description(&summary(roster, way), &lines);
    links(&mut scene, roster, &placed);
    for (hop, curve) in way.hops.iter().zip(&placed.curves) {
        let (stroke, head) = look(hop);
        scene.arrow(&curve.points, stroke, head);
    }
    for (i, host) in roster.hosts.iter().enumerate() {
        if placed.dots {
            dot(&mut scene, roster, way, &placed, i);
        } else {
            card(&mut scene, host, placed.cards[i]);
        }
    }
    for label in placed.link_labels.iter().flatten() {
        scene.text_on_paper(label.clone().color(MUTED), PAPER);
    }
    for name in &placed.names {
        scene.text_on_paper(name.clone(), PAPER);
    }
    for (hop, curve) in way.hops.iter().zip(&placed.curves) {
        if let Some((x, y)) = curve.badge {
            let (stroke, _) = look(hop);
            scene.disc((x, y), BADGE + 2.0, PAPER);
            scene.disc((x, y), BADGE, stroke.color);
            let ink = ink(hop);
            scene.text(Label::new((x, y), hop.badge(), Face::Bold, 11.5).anchor(Anchor::Middle).color(ink));
        }
    }
    let mut y = placed.bottom + 12.0;
    for (hop, words) in lines {
        let mut x = 24.0;
        if let Some(hop) = hop.map(|place| &way.hops[place]) {
            let (stroke, _) = look(hop);
            scene.disc((x + 9.0, y), 9.0, stroke.color);
            let ink = ink(hop);
            scene.text(Label::new((x + 9.0, y), hop.badge(), Face::Bold, 10.0).anchor(Anchor::Middle).color(ink));
        }
        x += 28.0;
        scene.text(Label::new((x, y), words, Face::Sans, 13.0).fit(placed.width - x - 24.0));
        y += LINE;
    }
    draw_legend(&mut scene, &legend, &places, y + 8.0);
    scene
}

fn look(hop: &Hop) -> (Stroke, Head) {
    match (hop.accepted, hop.report) {
        (Some(_), _) if hop.fetch.is_some() => (Stroke::solid(GREEN, 3.0), Head::Filled),
        (None, _) => (Stroke::solid(VERMILLION, 2.5).dash(Dash::Dashed), Head::Open),
        (Some(_), false) => (Stroke::solid(BLUE, 3.0), Head::Filled),
        (Some(_), true) => (Stroke::solid(ORANGE, 3.0), Head::Filled),
    }
}

/// What the words on a badge are written in.
fn ink(hop: &Hop) -> Rgb {
    if hop.report && hop.fetch.is_none() { INK } else { PAPER }
}

fn links(scene: &mut Scene, roster: &Roster, placed: &Placed) {
    for link in &roster.links {
        let ends = (placed.centers.get(link.a.0 as usize), placed.centers.get(link.b.0 as usize));
        let (Some(a), Some(b)) = ends else { continue };
        let stroke = match (placed.dots, link.implied) {
            // A fan over the whole picture that says nothing; the list below says that it is not there.
            (true, true) => continue,
            (true, false) => Stroke::solid(LIFELINE, 0.75),
            (false, true) => Stroke::solid(LIFELINE, 1.5).dash(Dash::Dashed),
            (false, false) => Stroke::solid(LIFELINE, 2.5),
        };
        let mut points = vec![*a, *b];
        if link.implied {
            let others = (0..).zip(&placed.cards).filter(|(i, _)| *i != link.a.0 && *i != link.b.0);
            let cards: Vec<Rect> = others.map(|(_, card)| card.grown(CLEAR)).collect();
            let sheet = Rect::new(EDGE, EDGE, placed.width - EDGE, placed.bottom);
            points.splice(1..1, detour(*a, *b, &cards, &sheet));
        }
        scene.path(points, stroke);
    }
}

/// How far a line keeps away from a card that it leads around.
const CLEAR: f64 = 12.0;

/// How far a line keeps away from the edge of the sheet.
const EDGE: f64 = 16.0;

/// Where a line from `a` to `b` bends so that it does not run behind a card; none where it does not, or has to.
fn detour(a: Point, b: Point, cards: &[Rect], sheet: &Rect) -> Option<Point> {
    let is_free = |a, b| !cards.iter().any(|card| card.is_crossed(a, b));
    let way = |corner: Point| (corner.0 - a.0).hypot(corner.1 - a.1) + (b.0 - corner.0).hypot(b.1 - corner.1);
    let crossed = cards.iter().filter(|card| card.is_crossed(a, b)).map(|card| card.grown(1.0));
    let beside = crossed.flat_map(|r| {
        let (x, y) = ((r.x0 + r.x1) / 2.0, (r.y0 + r.y1) / 2.0);
        let out = (0..6).map(|n| 24.0 * f64::from(n));
        out.flat_map(move |by| [(x, r.y0 - by), (x, r.y1 + by), (r.x0 - by, y), (r.x1 + by, y)])
    });
    let on_sheet = |c: &Point| Rect::around(*c, 0.0, 0.0).within(sheet);
    beside.filter(|c| on_sheet(c) && is_free(a, *c) && is_free(*c, b)).min_by(|c, d| way(*c).total_cmp(&way(*d)))
}

fn card(scene: &mut Scene, host: &crate::trace::HostEntry, rect: Rect) {
    let role = Role::of(&host.role);
    let outline = Stroke::solid(if host.implied { FAINT } else { role.color() }, 2.0);
    let outline = if host.implied { outline.dash(Dash::Dashed) } else { outline };
    scene.card(rect, 10.0, CARD, Some(outline));
    let middle = (rect.y0 + rect.y1) / 2.0;
    icons::role(scene, role, (rect.x0 + 22.0, middle), host.implied);
    let (left, room) = (rect.x0 + 40.0, rect.x1 - rect.x0 - 50.0);
    let ink = if host.implied { MUTED } else { INK };
    let below = below(host);
    let name_at = if below.is_empty() { middle } else { middle - 8.0 };
    scene.text(Label::new((left, name_at), clean(&host.name), Face::Bold, NAME_SIZE).color(ink).fit(room));
    scene.text(Label::new((left, middle + 10.5), below, Face::Sans, SMALL_SIZE).color(MUTED).fit(room));
}

fn dot(scene: &mut Scene, roster: &Roster, way: &Way, placed: &Placed, i: usize) {
    let (center, role) = (placed.centers[i], Role::of(&roster.hosts[i].role));
    if way.touches(HostId(i as u32)) {
        scene.disc(center, 8.0, INK);
        scene.disc(center, 6.0, role.color());
    } else {
        dot_sign(scene, role, center);
    }
}

/// A dot by role: round, square, diamond or triangle.
fn dot_sign(scene: &mut Scene, role: Role, (x, y): (f64, f64)) {
    let (r, color): (f64, Rgb) = (3.5, role.color());
    match role {
        Role::Mta | Role::Other => {
            scene.fill(vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], color)
        }
        Role::User => scene.disc((x, y), r, color),
        Role::NameServer => scene.fill(vec![(x, y - 5.0), (x + 5.0, y), (x, y + 5.0), (x - 5.0, y)], color),
        Role::Router => scene.fill(vec![(x, y - 4.5), (x + 4.5, y + 3.5), (x - 4.5, y + 3.5)], color),
    }
}

/// What a screen reader says of the map.
fn description(summary: &str, lines: &[(Option<usize>, String)]) -> String {
    let mut said = format!("A map of hosts and links: {summary}.");
    for (_, line) in lines {
        said.push_str(&format!(" {line}."));
    }
    said
}

enum Entry {
    Role(Role, &'static str),
    Hop(Hop, &'static str),
    Implied,
}

fn legend_entries(roster: &Roster, way: &Way, dots: bool) -> Vec<(Entry, bool)> {
    let roles = [
        (Role::User, "user agent"),
        (Role::Mta, "mail server"),
        (Role::NameServer, "name server"),
        (Role::Router, "router"),
    ];
    let mut entries = Vec::new();
    for (role, words) in roles {
        if roster.hosts.iter().any(|h| Role::of(&h.role) == role) {
            entries.push((Entry::Role(role, words), dots));
        }
    }
    type Is = fn(&Hop) -> bool;
    let kinds: [(Is, &str); 4] = [
        (|h| h.accepted.is_some() && !h.report && h.fetch.is_none(), "hop of the mail"),
        (|h| h.accepted.is_some() && h.report && h.fetch.is_none(), "hop of its report"),
        (|h| h.accepted.is_some() && h.fetch.is_some(), "fetched"),
        (|h| h.accepted.is_none(), "tried in vain"),
    ];
    for (is, words) in kinds {
        if let Some(hop) = way.hops.iter().find(|h| is(h)) {
            entries.push((Entry::Hop(hop.clone(), words), dots));
        }
    }
    if !dots && (roster.hosts.iter().any(|h| h.implied) || roster.links.iter().any(|l| l.implied)) {
        entries.push((Entry::Implied, dots));
    }
    entries
}

fn entry_words(entry: &Entry) -> &'static str {
    match entry {
        Entry::Role(_, words) | Entry::Hop(_, words) => words,
        Entry::Implied => "not in the scenario: added by itself",
    }
}

fn legend_places(entries: &[(Entry, bool)], width: f64) -> (Vec<(f64, f64)>, f64) {
    let (mut x, mut y, mut places) = (24.0, 18.0, Vec::new());
    for (entry, _) in entries {
        let wide = Label::new((0.0, 0.0), entry_words(entry), Face::Sans, SMALL_SIZE).width() + 72.0;
        if x + wide > width - 16.0 && x > 24.0 {
            (x, y) = (24.0, y + 24.0);
        }
        places.push((x, y));
        x += wide;
    }
    (places, y + 12.0)
}

fn draw_legend(scene: &mut Scene, entries: &[(Entry, bool)], places: &[(f64, f64)], top: f64) {
    scene.line((24.0, top), (scene.width - 24.0, top), Stroke::solid(FRAME, 1.0));
    for ((entry, dots), (x, below)) in entries.iter().zip(places) {
        let (x, y) = (*x, top + below);
        match entry {
            Entry::Role(role, _) if *dots => dot_sign(scene, *role, (x + 28.0, y)),
            Entry::Role(role, _) => icons::role(scene, *role, (x + 28.0, y), false),
            Entry::Hop(hop, _) => {
                let (stroke, head) = look(hop);
                scene.arrow(&[(x, y), (x + 40.0, y)], stroke, head);
            }
            Entry::Implied => scene.line((x, y), (x + 40.0, y), Stroke::solid(LIFELINE, 1.5).dash(Dash::Dashed)),
        }
        scene.text(Label::new((x + 48.0, y), entry_words(entry), Face::Sans, SMALL_SIZE).color(MUTED));
    }
}
