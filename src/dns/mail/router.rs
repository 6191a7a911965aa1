//! [`MailRouter`]: asks for routes, and remembers them.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::literal_address;
use super::route::{Exchanger, Note, Route, RouteFailure};
use crate::dns::cache::Cache;
use crate::dns::{Lookup, Name, Outcome, QueryId, RecordData, RecordType, Resolver};
use crate::identity::Domain;
use crate::sim::{Duration, Instant};

/// Which kinds of addresses a mail server connects to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressFamilies {
    /// Only IPv4: only A records are asked for.
    #[default]
    Ipv4,
    /// Only IPv6: only AAAA records.
    Ipv6,
    /// Both; of one host the IPv6 addresses come first (RFC 6724 §10.3).
    Both,
}

impl AddressFamilies {
    fn types(self) -> &'static [RecordType] {
        match self {
            AddressFamilies::Ipv4 => &[RecordType::A],
            AddressFamilies::Ipv6 => &[RecordType::Aaaa],
            AddressFamilies::Both => &[RecordType::Aaaa, RecordType::A],
        }
    }
}

/// How a mail server routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    /// Which addresses to ask for.
    pub families: AddressFamilies,
    /// The names of this host: an exchange of such a name is this host itself.
    pub own_names: Vec<Domain>,
    /// The addresses of this host: an exchange with such an address is this host itself.
    pub own_addresses: Vec<IpAddr>,
    /// How many routes to remember.
    pub cache_capacity: usize,
    /// How many MX records of a domain to look at, the best first.
    pub max_exchanges: usize,
}

impl Default for RouterConfig {
    fn default() -> RouterConfig {
        RouterConfig {
            families: AddressFamilies::Ipv4,
            own_names: Vec::new(),
            own_addresses: Vec::new(),
            cache_capacity: 100_000,
            max_exchanges: 32,
        }
    }
}

/// Names a look-up of a route that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(u64);

/// What [`MailRouter::lookup`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouterPoll {
    /// The route is known.
    Ready(Arc<Route>),
    /// It is being asked for; it comes as [`Routed`] with this id. All who ask for one domain meanwhile get the same
    /// id.
    Pending(RouteId),
}

/// A look-up has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    /// Which.
    pub id: RouteId,
    /// What came of it.
    pub route: Arc<Route>,
}

/// A route to which an address could temporarily not be found is not kept for longer than this.
const INCOMPLETE_KEEP: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
struct Candidate {
    preference: u16,
    exchange: Name,
    /// One per address family, in the order of the families.
    lookups: Vec<Option<Arc<Lookup>>>,
}

#[derive(Clone, Debug)]
struct Pending {
    domain: Domain,
    notes: Vec<Note>,
    expires: Instant,
    implicit: bool,
    candidates: Vec<Candidate>,
    missing: usize,
}

/// What a query is for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Mx,
    Address { candidate: usize, family: usize },
}

/// Routes mail: asks the name system, and remembers routes. The resolver is lent to it with each call, so that an
/// agent can ask it other things too.
#[derive(Clone, Debug)]
pub struct MailRouter {
    config: RouterConfig,
    routes: Cache<Arc<Route>>,
    pending: BTreeMap<u64, Pending>,
    by_domain: BTreeMap<Domain, u64>,
    queries: BTreeMap<QueryId, (u64, Purpose)>,
    outputs: VecDeque<Routed>,
    next: u64,
}

impl MailRouter {
    /// A router that remembers nothing yet.
    #[must_use]
    pub fn new(config: RouterConfig) -> MailRouter {
        MailRouter {
            routes: Cache::new(config.cache_capacity),
            config,
            pending: BTreeMap::new(),
            by_domain: BTreeMap::new(),
            queries: BTreeMap::new(),
            outputs: VecDeque::new(),
            next: 0,
        }
    }

    /// The route for a domain, if it is remembered. Does not allocate.
    #[inline]
    #[must_use]
    pub fn cached(&self, now: Instant, domain: &Domain) -> Option<&Arc<Route>> {
        self.routes.get(now, domain.as_str(), None).map(|(route, _)| route)
    }

    /// The route for a domain: at once where everything is remembered, otherwise later. After this call drain the
    /// resolver, and hand its answers to [`MailRouter::handle_answer`].
    pub fn lookup(&mut self, resolver: &mut Resolver, now: Instant, domain: &Domain) -> RouterPoll {
        if let Some(route) = self.cached(now, domain) {
            return RouterPoll::Ready(Arc::clone(route));
        }
        if let Some(id) = self.by_domain.get(domain) {
            return RouterPoll::Pending(RouteId(*id));
        }
        if domain.is_literal() {
            return RouterPoll::Ready(Arc::new(self.literal(domain)));
        }
        let name = Name::from(domain);
        if name.is_root() {
            // RFC 1035 §2.3.4: a domain of 254 characters has no room on the wire, so no such name can exist.
            let result = Err(RouteFailure::NoSuchDomain(domain.clone()));
            let route = Route { domain: domain.clone(), result, notes: Vec::new(), expires: Instant::MAX };
            return RouterPoll::Ready(Arc::new(route));
        }
        let id = self.next;
        self.next += 1;
        let pending = Pending {
            domain: domain.clone(),
            notes: Vec::new(),
            expires: Instant::MAX,
            implicit: false,
            candidates: Vec::new(),
            missing: 0,
        };
        self.pending.insert(id, pending);
        let done = match self.query(resolver, now, id, &name, RecordType::Mx, Purpose::Mx) {
            Some(lookup) => self.take_mx(resolver, now, id, &lookup),
            None => None,
        };
        match done {
            Some(route) => RouterPoll::Ready(route),
            None => {
                self.by_domain.insert(domain.clone(), id);
                RouterPoll::Pending(RouteId(id))
            }
        }
    }

    /// Takes an answer of the resolver; false when the question was not this router's.
    pub fn handle_answer(
        &mut self,
        resolver: &mut Resolver,
        now: Instant,
        query: QueryId,
        lookup: &Arc<Lookup>,
    ) -> bool {
        let Some((id, purpose)) = self.queries.remove(&query) else { return false };
        let done = match purpose {
            Purpose::Mx => self.take_mx(resolver, now, id, lookup),
            Purpose::Address { candidate, family } => {
                if let Some(pending) = self.pending.get_mut(&id) {
                    pending.candidates[candidate].lookups[family] = Some(Arc::clone(lookup));
                    pending.missing -= 1;
                }
                self.complete(now, id)
            }
        };
        if let Some(route) = done {
            self.by_domain.remove(&route.domain);
            self.outputs.push_back(Routed { id: RouteId(id), route });
        }
        true
    }

    /// A look-up that has ended; call until `None`.
    pub fn poll_output(&mut self) -> Option<Routed> {
        self.outputs.pop_front()
    }

    /// Forgets everything, as a restart does: routes, and look-ups that are under way.
    pub fn restart(&mut self) {
        *self = MailRouter { next: self.next, ..MailRouter::new(self.config.clone()) };
    }

    /// The answer where it is remembered; otherwise the question is asked.
    fn query(
        &mut self,
        resolver: &mut Resolver,
        now: Instant,
        id: u64,
        name: &Name,
        rtype: RecordType,
        purpose: Purpose,
    ) -> Option<Arc<Lookup>> {
        let cached = resolver.cached(now, name.as_str(), rtype);
        if cached.is_none() {
            self.queries.insert(resolver.ask(now, name, rtype), (id, purpose));
        }
        cached
    }

    /// RFC 5321 §4.1.3, §5: an address literal is the host, and no name server is asked.
    fn literal(&self, domain: &Domain) -> Route {
        let result = match literal_address(domain) {
            Some(address) if self.config.own_addresses.contains(&address) => {
                Err(RouteFailure::LoopsBack(domain.clone()))
            }
            Some(address) => Ok(vec![Exchanger { preference: 0, name: domain.clone(), addresses: vec![address] }]),
            None => Err(RouteFailure::NoAddress(domain.clone())),
        };
        Route { domain: domain.clone(), result, notes: Vec::new(), expires: Instant::MAX }
    }

    fn take_mx(&mut self, resolver: &mut Resolver, now: Instant, id: u64, lookup: &Arc<Lookup>) -> Option<Arc<Route>> {
        let pending = self.pending.get_mut(&id)?;
        pending.expires = pending.expires.min(lookup.expires);
        let domain = pending.domain.clone();
        let mut exchanges: Vec<(u16, Name)> = Vec::new();
        match lookup.outcome {
            Outcome::NxDomain => return self.end(now, id, Err(RouteFailure::NoSuchDomain(domain))),
            outcome @ (Outcome::ServFail | Outcome::Timeout | Outcome::Busy) => {
                // RFC 5321 §5.1: a temporary error means that the mail is queued and retried.
                return self.end(now, id, Err(RouteFailure::unanswered(domain, outcome)));
            }
            Outcome::NoData => {
                // RFC 5321 §5.1: without MX the domain is its own exchange, of preference 0.
                pending.implicit = true;
                pending.notes.push(Note::ImplicitMx);
                exchanges.push((0, Name::from(&domain)));
            }
            Outcome::Records => {
                for record in &lookup.records {
                    if let RecordData::Mx { preference, exchange } = &record.data {
                        exchanges.push((*preference, exchange.clone()));
                    }
                }
                let before = exchanges.len();
                exchanges.retain(|(_, exchange)| !exchange.is_root());
                if exchanges.is_empty() {
                    // RFC 7505 §3: "MX 0 ." says that the domain takes no mail, even if it has an address.
                    return self.end(now, id, Err(RouteFailure::NullMx(domain)));
                }
                if exchanges.len() < before {
                    pending.notes.push(Note::NullMxIgnored);
                }
                exchanges.sort_by_key(|(preference, _)| *preference);
                // RFC 974: one host may be listed twice; the better preference is enough.
                let mut seen: Vec<Name> = Vec::new();
                exchanges.retain(|(_, exchange)| {
                    let is_new = !seen.contains(exchange);
                    seen.push(exchange.clone());
                    is_new
                });
                if exchanges.len() > self.config.max_exchanges {
                    exchanges.truncate(self.config.max_exchanges);
                    pending.notes.push(Note::TooManyExchanges);
                }
            }
        }
        let types = self.config.families.types();
        pending.missing = exchanges.len() * types.len();
        pending.candidates = exchanges
            .iter()
            .map(|(preference, exchange)| Candidate {
                preference: *preference,
                exchange: exchange.clone(),
                lookups: vec![None; types.len()],
            })
            .collect();
        for (candidate, (_, exchange)) in exchanges.iter().enumerate() {
            for (family, rtype) in types.iter().enumerate() {
                let purpose = Purpose::Address { candidate, family };
                if let Some(lookup) = self.query(resolver, now, id, exchange, *rtype, purpose)
                    && let Some(pending) = self.pending.get_mut(&id)
                {
                    pending.candidates[candidate].lookups[family] = Some(lookup);
                    pending.missing -= 1;
                }
            }
        }
        self.complete(now, id)
    }

    /// Decides once all addresses have been asked for.
    fn complete(&mut self, now: Instant, id: u64) -> Option<Arc<Route>> {
        if self.pending.get(&id)?.missing > 0 {
            return None;
        }
        let pending = self.pending.get_mut(&id)?;
        let domain = pending.domain.clone();
        // Routes are kept for long, so nothing more than they need.
        let mut found: Vec<Exchanger> = Vec::with_capacity(pending.candidates.len());
        let mut temporary: Vec<(u16, Outcome)> = Vec::new();
        let mut own_preference: Option<u16> = None;
        let mut all_nxdomain = true;
        for candidate in &pending.candidates {
            let lookups = || candidate.lookups.iter().flatten();
            let mut addresses: Vec<IpAddr> = Vec::with_capacity(lookups().map(|l| l.records.len()).sum());
            for address in lookups().flat_map(|lookup| lookup.addresses()) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            for lookup in lookups() {
                pending.expires = pending.expires.min(if lookup.outcome.is_temporary() {
                    now + INCOMPLETE_KEEP
                } else {
                    lookup.expires
                });
            }
            let alias = lookups().find(|l| !l.aliases.is_empty()).map(|l| l.canonical().clone());
            if let Some(canonical) = alias.filter(|_| !pending.implicit) {
                let exchange = candidate.exchange.clone();
                pending.notes.push(Note::ExchangeIsAlias { exchange, canonical });
            }
            let name = candidate.exchange.to_domain();
            let is_self = name.as_ref().is_some_and(|name| self.config.own_names.contains(name))
                || addresses.iter().any(|address| self.config.own_addresses.contains(address));
            if is_self {
                own_preference = Some(own_preference.map_or(candidate.preference, |p| p.min(candidate.preference)));
            }
            if let (Some(name), false) = (name, addresses.is_empty()) {
                found.push(Exchanger { preference: candidate.preference, name, addresses });
                continue;
            }
            let outcome = lookups().map(|l| l.outcome).max().unwrap_or(Outcome::NoData);
            all_nxdomain &= outcome == Outcome::NxDomain;
            if outcome.is_temporary() {
                temporary.push((candidate.preference, outcome));
            }
            if !pending.implicit {
                let exchange = candidate.exchange.clone();
                pending.notes.push(Note::ExchangeSkipped { exchange, outcome });
            }
        }
        if let Some(own) = own_preference {
            // RFC 5321 §5.1: a host that is itself listed hands mail only to those that are better, or it would go
            // in circles among the worse.
            found.retain(|exchanger| exchanger.preference < own);
            temporary.retain(|(preference, _)| *preference < own);
            pending.notes.push(Note::SelfFound { preference: own });
        }
        let result = if !found.is_empty() {
            Ok(found)
        } else if let Some((_, outcome)) = temporary.first() {
            Err(RouteFailure::unanswered(domain, *outcome))
        } else if own_preference.is_some() {
            Err(RouteFailure::LoopsBack(domain))
        } else if !pending.implicit {
            // RFC 5321 §5.1: MX records of which none is usable are an error; the domain's address does not count.
            Err(RouteFailure::NoUsableExchanger(domain))
        } else if all_nxdomain {
            Err(RouteFailure::NoSuchDomain(domain))
        } else {
            Err(RouteFailure::NoAddress(domain))
        };
        self.end(now, id, result)
    }

    fn end(&mut self, now: Instant, id: u64, result: Result<Vec<Exchanger>, RouteFailure>) -> Option<Arc<Route>> {
        let pending = self.pending.remove(&id)?;
        let is_final = result.as_ref().err().is_none_or(RouteFailure::is_permanent);
        // A failure of name servers is remembered by the resolver, if at all.
        let expires = if is_final { pending.expires } else { now };
        let route = Arc::new(Route { domain: pending.domain, result, notes: pending.notes, expires });
        let name = Name::from_trusted(route.domain.as_str());
        self.routes.insert(now, &name, None, expires, Arc::clone(&route));
        Some(route)
    }
}
