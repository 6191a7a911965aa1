//! Small signs for the roles of hosts, told apart by their shape.

use super::palette::{BLUE, FAINT, GREEN, INK, MUTED, ORANGE, PURPLE, Rgb};
use super::scene::{Point, Scene, Stroke};

/// What a host is, as the pictures see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    User,
    Mta,
    NameServer,
    Router,
    Other,
}

impl Role {
    pub(crate) fn of(role: &str) -> Role {
        match role {
            "user" => Role::User,
            "mta" => Role::Mta,
            "name server" => Role::NameServer,
            "router" => Role::Router,
            _ => Role::Other,
        }
    }
    pub(crate) fn color(self) -> Rgb {
        match self {
            Role::User => ORANGE,
            Role::Mta => BLUE,
            Role::NameServer => PURPLE,
            Role::Router => MUTED,
            Role::Other => GREEN,
        }
    }
}

/// Draws the sign of a role, 18 by 18 pixels around `center`.
pub(crate) fn role(scene: &mut Scene, role: Role, center: Point, faint: bool) {
    let (x, y) = center;
    let color = if faint { FAINT } else { INK };
    let pen = Stroke::solid(color, 1.5);
    let arc = |cx: f64, cy: f64, rx: f64, ry: f64, from: f64, to: f64| -> Vec<Point> {
        (0..=12)
            .map(|step| {
                let angle = (from + (to - from) * f64::from(step) / 12.0) * std::f64::consts::PI / 180.0;
                (cx + rx * libm::cos(angle), cy + ry * libm::sin(angle))
            })
            .collect()
    };
    match role {
        Role::User => {
            scene.path(arc(x, y - 4.0, 3.6, 3.6, 0.0, 360.0), pen);
            scene.path(arc(x, y + 8.0, 7.5, 7.0, 180.0, 360.0), pen);
        }
        Role::Mta => {
            let corners =
                [(x - 9.0, y - 6.5), (x + 9.0, y - 6.5), (x + 9.0, y + 6.5), (x - 9.0, y + 6.5), (x - 9.0, y - 6.5)];
            scene.path(corners.to_vec(), pen);
            scene.path(vec![(x - 9.0, y - 6.5), (x, y + 0.8), (x + 9.0, y - 6.5)], pen);
        }
        Role::NameServer => {
            scene.path(arc(x, y - 5.5, 7.5, 2.8, 0.0, 360.0), pen);
            scene.path(arc(x, y, 7.5, 2.8, 0.0, 180.0), pen);
            scene.path(arc(x, y + 5.5, 7.5, 2.8, 0.0, 180.0), pen);
            for side in [-7.5, 7.5] {
                scene.line((x + side, y - 5.5), (x + side, y + 5.5), pen);
            }
        }
        Role::Router => {
            scene.path(arc(x, y, 8.0, 8.0, 0.0, 360.0), pen);
            scene.line((x - 5.0, y), (x + 5.0, y), pen);
            scene.line((x, y - 5.0), (x, y + 5.0), pen);
        }
        Role::Other => {
            let corners =
                [(x - 7.0, y - 7.0), (x + 7.0, y - 7.0), (x + 7.0, y + 7.0), (x - 7.0, y + 7.0), (x - 7.0, y - 7.0)];
            scene.path(corners.to_vec(), pen);
        }
    }
}
