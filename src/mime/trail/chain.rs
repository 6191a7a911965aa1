//! Hops held against each other: delays, and what does not fit.

use std::net::IpAddr;

use super::client::{bare, ip, is_private, site};
use super::date::Moment;
use super::doubt::Doubt;
use super::hop::Hop;
use super::software::Software;

/// How a hop joins the one below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    /// The client here is the server below, or may well be.
    Fits,
    /// There is nothing to hold against each other.
    Silent,
    /// They have different names.
    Gap,
}

/// Numbers the hops, first to last, and says of each how it follows from those below.
pub(super) fn join(hops: &mut [Hop], date: Option<Moment>) {
    let mut joints = Vec::with_capacity(hops.len());
    let mut last = date.map(|date| date.unix_secs);
    let (mut is_first, mut was_before_date, mut was_public) = (true, false, false);
    for place in 0..hops.len() {
        let (below, rest) = hops.split_at_mut(place);
        let (below, hop) = (below.last(), &mut rest[0]);
        hop.number = place + 1;
        if let Some(time) = hop.time {
            hop.delay_secs = last.map(|last| time.unix_secs - last);
            let early = date.map_or(0, |date| date.unix_secs - time.unix_secs);
            if early > 0 && !was_before_date {
                hop.doubts.push(Doubt::BeforeDate { secs: early });
            }
            was_before_date = early > 0;
            if let Some(delay) = hop.delay_secs.filter(|delay| *delay < 0 && !is_first) {
                hop.doubts.push(Doubt::Backwards { secs: -delay });
            }
            (last, is_first) = (Some(time.unix_secs), false);
        }
        let joint = below.map_or(Joint::Silent, |below| joint(below, hop));
        joints.push(joint);
        let names = below.and_then(|below| below.by.as_ref()).zip(hop.from.as_ref().and_then(|client| client.name()));
        if let (Joint::Gap, Some((by, from))) = (joint, names) {
            let gap = Doubt::Gap { below: by.clone(), from: from.to_owned() };
            hop.doubts.push(gap);
        }
        if let Some(client) = &hop.from
            && let Some(address) = client.ip
        {
            // The host itself is no place that a mail comes back to.
            if was_public && is_private(address) && !address.is_loopback() {
                let address = client.address.clone().unwrap_or_else(|| address.to_string());
                hop.doubts.push(Doubt::PrivateAfterPublic { address });
            }
            was_public |= !is_private(address);
        }
    }
    own(hops, &joints);
}

/// Whether the client of a hop is the server of the one below.
fn joint(below: &Hop, hop: &Hop) -> Joint {
    let (Some(by), Some(client)) = (&below.by, &hop.from) else { return Joint::Silent };
    let is_same = |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(by));
    if is_same(&client.helo) || is_same(&client.reverse) {
        return Joint::Fits;
    }
    if client.ip.is_some_and(|address| address.is_loopback() || below.by_address == Some(address)) {
        return Joint::Fits;
    }
    let names = [&client.helo, &client.reverse];
    let mut names = names.into_iter().flatten().filter(|name| is_full_name(name)).peekable();
    if !is_full_name(by) || names.peek().is_none() {
        return Joint::Silent;
    }
    // A site's machines have many names; what they share is its domain.
    if names.any(|name| site(name) == site(by)) { Joint::Fits } else { Joint::Gap }
}

/// Whether this is a name that others could know: no address, and not of one label.
fn is_full_name(name: &str) -> bool {
    let name = bare(name);
    ip(name).is_none() && name.contains('.') && !name.ends_with(".localdomain") && !name.ends_with(".local")
}

/// Marks the hops that the reader's own side wrote: from the topmost down, as long as nothing is missing between them and the
/// names are of one site. Below the first server of that side begins what strangers say.
fn own(hops: &mut [Hop], joints: &[Joint]) {
    let mut names = hops.iter().rev().filter_map(|hop| hop.by.as_deref());
    let home = names.find(|name| is_full_name(name)).map(site);
    let top = hops.len().saturating_sub(1);
    for place in (0..hops.len()).rev() {
        let hop = &mut hops[place];
        let is_home = match &hop.by {
            Some(by) if is_full_name(by) => Some(site(by)) == home,
            // A name that only this host knows, as that of a filter on it.
            Some(_) => true,
            None => hop.software == Software::Qmail,
        };
        // On top stands what the reader's server wrote, whatever it looks like.
        if !is_home && place != top {
            return;
        }
        hop.is_own = true;
        if joints[place] == Joint::Gap || !is_inside(hop, home.as_deref()) {
            return;
        }
    }
}

/// Whether a server of the site took the mail from another machine of it. What that machine calls itself proves nothing; its
/// address does, or the name that the DNS has for it.
fn is_inside(hop: &Hop, home: Option<&str>) -> bool {
    let Some(client) = &hop.from else { return true };
    let is_named = client.reverse.as_deref().is_some_and(|name| Some(site(name).as_str()) == home);
    // Inside of Exchange mail also goes by other ways than SMTP, and between addresses of Microsoft's.
    let with = hop.with.as_deref().unwrap_or_default();
    let is_other_way = ["mapi", "https", "local"].iter().any(|way| way.eq_ignore_ascii_case(with));
    is_named || is_other_way || client.ip.is_none_or(|address| is_private(address) || is_near(address, hop.by_address))
}

/// Whether two IPv6 addresses are of one provider's block.
fn is_near(address: IpAddr, other: Option<IpAddr>) -> bool {
    match (address, other) {
        (IpAddr::V6(one), Some(IpAddr::V6(other))) => one.segments()[..2] == other.segments()[..2],
        _ => false,
    }
}
