//! Hops held against each other: delays, and what does not fit.

use std::net::IpAddr;

use super::client::{is_full_name, is_private, site};
use super::date::Moment;
use super::doubt::Doubt;
use super::hop::Hop;
use super::resent::Resent;
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
pub(super) fn join(hops: &mut [Hop], date: Option<Moment>, resents: &[Resent]) {
    // When the mail was sent again, by the number of hops below; of several times the last, which stands topmost.
    let mut again = vec![None; hops.len() + 1];
    for resent in resents.iter().rev() {
        again[resent.after_hop] = resent.time.or(again[resent.after_hop]);
    }
    let mut joints = Vec::with_capacity(hops.len());
    let mut last = date.map(|date| date.unix_secs);
    let (mut is_first, mut was_before_date, mut was_public) = (true, false, false);
    for place in 0..hops.len() {
        let (below, rest) = hops.split_at_mut(place);
        let (below, hop) = (below.last(), &mut rest[0]);
        hop.number = place + 1;
        // A Resent-Date that is earlier than the hop below it says nothing of how long somebody kept the mail.
        if let (Some(again), Some(before)) = (again[place], last)
            && again.unix_secs >= before
        {
            hop.kept_secs = Some(again.unix_secs - before);
            (last, is_first) = (Some(again.unix_secs), false);
        }
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

/// Marks the hops that the reader's own side wrote: from the topmost down, as long as nothing is missing between them and the
/// names are of one site. Below the first server of that side begins what strangers say.
fn own(hops: &mut [Hop], joints: &[Joint]) {
    let mut names = hops.iter().rev().filter_map(|hop| hop.by.as_deref());
    let home = names.find(|name| is_full_name(name)).map(site);
    let top = hops.len().saturating_sub(1);
    for place in (0..hops.len()).rev() {
        let (below, rest) = hops.split_at_mut(place);
        let hop = &mut rest[0];
        let is_home = match &hop.by {
            Some(by) if is_full_name(by) => Some(site(by)) == home,
            // A name that only this host knows, as that of a filter on it.
            Some(_) => true,
            None => hop.software == Software::Qmail,
        };
        // On top stands what the reader's server wrote, whatever it looks like.
        if !is_home && place != top {
            // The field above had no reason to doubt its client; what that client wrote does not look like this side.
            if let Some(above) = rest.get_mut(1) {
                above.own_because = Some("the hop below names a server of another domain");
            }
            return;
        }
        hop.is_own = true;
        if place == 0 {
            hop.own_because = Some("no hop is below");
            return;
        }
        let inside = if joints[place] == Joint::Gap {
            Err("its client has another name than the server of the hop below")
        } else {
            inside(hop, below.last(), home.as_deref())
        };
        let (Ok(because) | Err(because)) = inside;
        hop.own_because = Some(because);
        if inside.is_err() {
            return;
        }
    }
}

/// By which rule a server of the site took the mail from another machine of it, or that there is none. What that machine calls
/// itself proves nothing; its address does, or the name that the DNS has for it.
fn inside(hop: &Hop, below: Option<&Hop>, home: Option<&str>) -> Result<&'static str, &'static str> {
    let Some(client) = &hop.from else { return Ok("it names no client") };
    let is_home = |name: &Option<String>| name.as_deref().is_some_and(|name| Some(site(name).as_str()) == home);
    if is_home(&client.reverse) {
        return Ok("the DNS has a name of the same domain for its client");
    }
    let with = hop.with.as_deref().unwrap_or_default().to_ascii_uppercase();
    if with.strip_prefix("UTF8").unwrap_or(&with).starts_with("LMTP") {
        return Ok("LMTP is not for wide area networks (RFC 2033 §1)");
    }
    // Inside of Exchange mail also goes by other ways than SMTP, and between addresses of Microsoft's.
    if ["MAPI", "HTTPS", "LOCAL"].contains(&with.as_str()) {
        return Ok("the mail came by no way that leads outside");
    }
    match client.ip {
        None => return Ok("it names no address of its client"),
        Some(address) if is_private(address) => return Ok("its client has an address of a closed network"),
        Some(address) if is_near(address, hop.by_address) => return Ok("its client has an address of the same block"),
        Some(_) => {}
    }
    // Most of Postroad's servers look no name up, so there is only what the client said: good enough where the hop below agrees.
    let is_named = |name: &Option<String>| below.is_some_and(|below| below.by.is_some() && below.by == *name);
    let is_unknown = hop.written.contains("(unknown [");
    if hop.software == Software::Postroad && !is_unknown && is_home(&client.helo) && is_named(&client.helo) {
        return Ok("its client said a name of the same domain, and the hop below has that name");
    }
    Err("its client has a public address, for which it knows no name of the same domain")
}

/// Whether two IPv6 addresses are of one provider's block.
fn is_near(address: IpAddr, other: Option<IpAddr>) -> bool {
    match (address, other) {
        (IpAddr::V6(one), Some(IpAddr::V6(other))) => one.segments()[..2] == other.segments()[..2],
        _ => false,
    }
}
