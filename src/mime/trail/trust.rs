//! Who wrote the results of authentication, and whether the reader can believe that (RFC 8601 §1.2, §1.6).

use super::client::{is_full_name, site};
use super::hop::Hop;
use super::mark::{Mark, MarkKind, Trust};

/// Says of each mark which hop's server wrote it, and of results whether they can be believed.
pub(super) fn judge(marks: &mut [Mark], hops: &[Hop]) {
    let border = hops.iter().find(|hop| hop.is_own).map(|hop| hop.number);
    let servers: Vec<Server<'_>> = hops.iter().map(Server::of).collect();
    for mark in marks {
        let (name, is_claim) = match &mark.what {
            MarkKind::AuthenticationResults { server, .. }
            | MarkKind::ArcAuthenticationResults { server, .. }
            | MarkKind::ReceivedSpf { server, .. } => (server.as_deref(), true),
            MarkKind::ArcSeal { domain, .. } => (domain.as_deref(), false),
            _ => continue,
        };
        let above = mark.after_hop;
        let is_above = border.is_some_and(|border| above >= border);
        let is_at_border = border.is_some_and(|border| above + 1 >= border);
        // Who has seen the field below can have written it, and on the reader's side also who took the mail from there.
        let last = if is_at_border { hops.len() } else { hops.len().min(above + 1) };
        mark.by_hop =
            name.and_then(|name| nearest(name, &servers[above.saturating_sub(1)..last])).map(|hop| hop.number);
        let is_own = mark.by_hop.is_some_and(|number| hops[number - 1].is_own);
        mark.trust = is_claim.then_some(match (is_above, is_own) {
            (true, _) if is_own || name.is_none() => Trust::OwnSide,
            (false, true) => Trust::OwnName,
            _ => Trust::Stranger,
        });
    }
}

/// A hop, with its server's name read once.
struct Server<'a> {
    hop: &'a Hop,
    site: Option<String>,
}

impl<'a> Server<'a> {
    fn of(hop: &'a Hop) -> Server<'a> {
        Server { hop, site: hop.by.as_deref().filter(|by| is_full_name(by)).map(site) }
    }
}

/// The first of the hops whose server has this name, or else one of the same domain: many servers give the name of their
/// domain instead of their own (RFC 8601 §2.5).
fn nearest<'a>(name: &str, servers: &[Server<'a>]) -> Option<&'a Hop> {
    let is_same = |server: &&Server<'_>| server.hop.by.as_deref().is_some_and(|by| by.eq_ignore_ascii_case(name));
    let site = is_full_name(name).then(|| site(name));
    let is_near = |server: &&Server<'_>| site.is_some() && server.site == site;
    servers.iter().find(is_same).or_else(|| servers.iter().find(is_near)).map(|server| server.hop)
}
