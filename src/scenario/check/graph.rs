//! Whether every host can reach every other.

use super::Checker;
use super::names::some;

fn root(of: &mut [u32], mut i: u32) -> u32 {
    while of[i as usize] != i {
        of[i as usize] = of[of[i as usize] as usize];
        i = of[i as usize];
    }
    i
}

impl Checker {
    /// Tells which hosts are cut off from the largest part of the network.
    pub(super) fn connected(&mut self) {
        let count = self.names.hosts.len();
        if count < 2 {
            return;
        }
        let mut of: Vec<u32> = (0..count as u32).collect();
        for link in &self.plan.links {
            let (a, b) = (root(&mut of, link.a.0), root(&mut of, link.b.0));
            of[a as usize] = b;
        }
        let mut size = vec![0_u32; count];
        for i in 0..count as u32 {
            size[root(&mut of, i) as usize] += 1;
        }
        // The largest part; the first of several that are equally large.
        let main = (0..count as u32).map(|i| root(&mut of, i)).max_by_key(|r| (size[*r as usize], u32::MAX - r));
        let Some(main) = main.filter(|r| (size[*r as usize] as usize) < count) else { return };
        let mut told = Vec::new();
        for i in 0..count as u32 {
            let part = root(&mut of, i);
            if part == main || told.contains(&part) || told.len() > 8 {
                continue;
            }
            told.push(part);
            let inside: Vec<u32> = (0..count as u32).filter(|j| root(&mut of, *j) == part).collect();
            let names = some(inside.iter().map(|j| &*self.names.hosts[*j as usize].name));
            let others = (0..count as u32).filter(|j| root(&mut of, *j) == main);
            let others = some(others.map(|j| &*self.names.hosts[j as usize].name).collect::<Vec<_>>().into_iter());
            let host = &self.names.hosts[i as usize];
            let what = if inside.len() == 1 { "is" } else { "are" };
            let message = format!("{names} {what} cut off from the rest of the network");
            let d = self.r.at(&host.span, "disconnected", message).label("no way leads from here to the others");
            let d = d.note(format!("the others are {others}"));
            self.r.push(d.help(format!("add a link, such as (\"{}\", \"..\", Lan)", host.name)));
        }
    }
}
