//! [`Zone`] and [`ZoneSet`]: what a name server knows by itself (RFC 1034 §4.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::ttl_secs;
use super::{Name, Record, RecordData, RecordType, Soa};
use crate::sim::Duration;

/// Why a record does not fit into a zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// The owner is not the zone's origin or below it.
    #[error("`{name}` does not lie in the zone `{origin}`")]
    OutOfZone {
        /// The owner.
        name: Name,
        /// The zone.
        origin: Name,
    },
    /// RFC 1034 §3.6.2: an alias has no other data, and only one canonical name.
    #[error("`{0}` is an alias (CNAME) and can have no other records")]
    AliasWithOthers(Name),
    /// The SOA belongs to the zone; see [`Zone::set_negative_ttl`].
    #[error("the SOA record of a zone is set with the zone")]
    Soa,
}

#[derive(Clone, Debug, Default)]
struct Node {
    records: Vec<Record>,
    /// How many nodes with records lie below: a node without records exists as long as there are some.
    below: u32,
}

/// One zone: an origin, its SOA, and the records at and below the origin.
#[derive(Clone, Debug)]
pub struct Zone {
    origin: Name,
    soa: Record,
    nodes: BTreeMap<Name, Node>,
}

/// What a zone says about a name and a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// These records; behind a wildcard the owner is already the name asked for.
    Records(Vec<Record>),
    /// The name is an alias; the CNAME record.
    Alias(Record),
    /// The name belongs to a zone further down; its NS records.
    Delegation(Vec<Record>),
    /// The name exists and has no such record.
    NoData,
    /// There is no such name.
    NoName,
}

impl Zone {
    /// A zone with an ordinary SOA: time to live one hour, MINIMUM (time for denials) 300 seconds. It has no NS
    /// records yet.
    #[must_use]
    pub fn new(origin: Name) -> Zone {
        let below = |label: &str| format!("{label}.{}", origin.as_str()).parse().unwrap_or_else(|_| Name::root());
        let soa = Soa {
            mname: below("ns"),
            rname: below("hostmaster"),
            serial: 1,
            refresh_secs: 7200,
            retry_secs: 3600,
            expire_secs: 1_209_600,
            minimum_secs: 300,
        };
        let soa = Record::new(origin.clone(), Duration::from_hours(1), RecordData::Soa(Arc::new(soa)));
        let mut nodes = BTreeMap::new();
        nodes.insert(origin.clone(), Node::default());
        Zone { origin, soa, nodes }
    }

    /// The name at which the zone begins.
    #[must_use]
    pub fn origin(&self) -> &Name {
        &self.origin
    }

    /// The SOA record.
    #[must_use]
    pub fn soa(&self) -> &Record {
        &self.soa
    }

    /// Sets the SOA record.
    #[cfg(test)]
    pub(super) fn set_soa(&mut self, ttl: Duration, soa: Soa) {
        self.soa = Record::new(self.origin.clone(), ttl, RecordData::Soa(Arc::new(soa)));
    }

    /// Sets how long "there is no such name" may be remembered: both the time to live and the MINIMUM of the SOA,
    /// since the smaller counts (RFC 2308 §5).
    pub fn set_negative_ttl(&mut self, ttl: Duration) {
        if let RecordData::Soa(soa) = &mut self.soa.data {
            Arc::make_mut(soa).minimum_secs = ttl_secs(ttl);
        }
        self.soa.ttl_secs = self.soa.ttl_secs.max(ttl_secs(ttl));
    }

    /// Adds a record. The same record twice is kept once.
    ///
    /// RFC 2181 §5.2: records of one name and type share one time to live; the smallest is taken for all.
    ///
    /// # Errors
    /// When the record cannot be in this zone.
    pub fn add(&mut self, name: Name, ttl: Duration, data: RecordData) -> Result<(), ZoneError> {
        if !name.is_within(self.origin.as_str()) {
            return Err(ZoneError::OutOfZone { name, origin: self.origin.clone() });
        }
        if data.rtype() == RecordType::Soa {
            return Err(ZoneError::Soa);
        }
        let present = self.records(name.as_str());
        let is_alias = data.rtype() == RecordType::Cname;
        if present.iter().any(|r| r.data != data && (is_alias || r.rtype() == RecordType::Cname))
            || (is_alias && name == self.origin)
        {
            return Err(ZoneError::AliasWithOthers(name));
        }
        let record = Record::new(name.clone(), ttl, data);
        let was_empty = present.is_empty();
        let node = self.nodes.entry(name.clone()).or_default();
        let ttl = node
            .records
            .iter()
            .filter(|r| r.rtype() == record.rtype())
            .map(|r| r.ttl_secs)
            .fold(record.ttl_secs, u32::min);
        for other in node.records.iter_mut().filter(|r| r.rtype() == record.rtype()) {
            other.ttl_secs = ttl;
        }
        if !node.records.iter().any(|r| r.data == record.data) {
            node.records.push(Record { ttl_secs: ttl, ..record });
        }
        if was_empty {
            self.count_below(&name, true);
        }
        self.bump_serial();
        Ok(())
    }

    /// Takes all records of one name and type away; says how many there were.
    pub fn remove(&mut self, name: &Name, rtype: RecordType) -> usize {
        let Some(node) = self.nodes.get_mut(name) else { return 0 };
        let before = node.records.len();
        node.records.retain(|r| r.rtype() != rtype);
        let removed = before - node.records.len();
        if removed > 0 {
            if node.records.is_empty() {
                self.count_below(name, false);
            }
            self.bump_serial();
        }
        removed
    }

    /// All records except the SOA in the order of names, and of one name in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.nodes.values().flat_map(|node| &node.records)
    }

    fn records(&self, name: &str) -> &[Record] {
        self.nodes.get(name).map_or(&[], |node| &node.records)
    }

    fn records_of(&self, name: &str, rtype: RecordType) -> Vec<Record> {
        self.records(name).iter().filter(|r| r.rtype() == rtype).cloned().collect()
    }

    fn bump_serial(&mut self) {
        if let RecordData::Soa(soa) = &mut self.soa.data {
            let soa = Arc::make_mut(soa);
            soa.serial = soa.serial.wrapping_add(1);
        }
    }

    /// Counts a node that got its first record or lost its last in all names above it within the zone.
    fn count_below(&mut self, name: &Name, added: bool) {
        let depth = name.label_count() - self.origin.label_count();
        for (i, above) in name.ancestors().take(depth + 1).enumerate() {
            if added {
                let node = self.nodes.entry(Name::from_trusted(above)).or_default();
                node.below += u32::from(i > 0);
            } else if let Some(node) = self.nodes.get_mut(above) {
                node.below = node.below.saturating_sub(u32::from(i > 0));
                if node.below == 0 && node.records.is_empty() && above != self.origin.as_str() {
                    self.nodes.remove(above);
                }
            }
        }
    }

    /// The addresses of a host that lies in this zone, for the additional section.
    pub(super) fn addresses(&self, name: &Name) -> Vec<Record> {
        let mut out = self.records_of(name.as_str(), RecordType::A);
        out.extend(self.records_of(name.as_str(), RecordType::Aaaa));
        out
    }

    /// Looks a name of this zone up (RFC 1034 §4.3.2, step 3).
    pub(super) fn find(&self, name: &Name, rtype: RecordType) -> Finding {
        let depth = name.label_count().saturating_sub(self.origin.label_count());
        let mut above: Vec<&str> = name.ancestors().take(depth).collect();
        above.reverse();
        // Step 3b: from the origin downwards; the first zone cut wins. At the origin NS records are data.
        for cut in &above {
            let ns = self.records_of(cut, RecordType::Ns);
            if !ns.is_empty() {
                return Finding::Delegation(ns);
            }
            if !self.nodes.contains_key(*cut) {
                break;
            }
        }
        if self.nodes.contains_key(name.as_str()) {
            return self.find_at(name.as_str(), name, rtype);
        }
        // Step 3c, RFC 4592 §3.3: the asterisk below the closest name that exists.
        let closest = name.ancestors().skip(1).find(|above| self.nodes.contains_key(*above)).unwrap_or("");
        let wildcard = if closest.is_empty() { "*".to_string() } else { format!("*.{closest}") };
        if self.nodes.contains_key(wildcard.as_str()) {
            return self.find_at(&wildcard, name, rtype);
        }
        Finding::NoName
    }

    fn find_at(&self, node: &str, name: &Name, rtype: RecordType) -> Finding {
        let renamed = |record: &Record| Record { name: name.clone(), ..record.clone() };
        let records = self.records(node);
        let at_origin = node == self.origin.as_str();
        let mut found: Vec<Record> =
            records.iter().filter(|r| rtype == RecordType::Any || r.rtype() == rtype).map(renamed).collect();
        if at_origin && matches!(rtype, RecordType::Soa | RecordType::Any) {
            found.insert(0, self.soa.clone());
        }
        if !found.is_empty() {
            return Finding::Records(found);
        }
        match records.iter().find(|r| r.rtype() == RecordType::Cname) {
            Some(alias) => Finding::Alias(renamed(alias)),
            None => Finding::NoData,
        }
    }
}

/// The zones of one server.
#[derive(Clone, Debug, Default)]
pub struct ZoneSet {
    zones: BTreeMap<Name, Zone>,
}

impl ZoneSet {
    /// No zones.
    #[must_use]
    pub fn new() -> ZoneSet {
        ZoneSet::default()
    }

    /// Adds a zone; one of the same origin is replaced and returned.
    pub fn insert(&mut self, zone: Zone) -> Option<Zone> {
        self.zones.insert(zone.origin.clone(), zone)
    }

    /// The zone that begins at this name.
    #[must_use]
    pub fn get(&self, origin: &Name) -> Option<&Zone> {
        self.zones.get(origin)
    }

    /// The zone that begins at this name, for changing it.
    pub fn get_mut(&mut self, origin: &Name) -> Option<&mut Zone> {
        self.zones.get_mut(origin)
    }

    /// The zone in which a name lies: the one that begins closest above it (RFC 1034 §4.3.2, step 2).
    #[must_use]
    pub fn zone_of(&self, name: &Name) -> Option<&Zone> {
        name.ancestors().find_map(|above| self.zones.get(above))
    }
}

impl FromIterator<Zone> for ZoneSet {
    fn from_iter<I: IntoIterator<Item = Zone>>(zones: I) -> ZoneSet {
        let mut set = ZoneSet::new();
        for zone in zones {
            set.insert(zone);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }
    fn a(last: u8) -> RecordData {
        RecordData::A([192, 0, 2, last].into())
    }
    const HOUR: Duration = Duration::from_hours(1);

    fn zone() -> Zone {
        let mut zone = Zone::new(name("blue.example"));
        zone.add(name("blue.example"), HOUR, RecordData::Ns(name("ns.blue.example"))).unwrap();
        zone.add(name("ns.blue.example"), HOUR, a(1)).unwrap();
        zone.add(name("www.blue.example"), HOUR, RecordData::Cname(name("web.blue.example"))).unwrap();
        zone.add(name("a.b.c.blue.example"), HOUR, a(2)).unwrap();
        zone.add(name("*.wild.blue.example"), HOUR, a(3)).unwrap();
        zone.add(name("sub.blue.example"), HOUR, RecordData::Ns(name("ns.sub.blue.example"))).unwrap();
        zone.add(name("ns.sub.blue.example"), HOUR, a(4)).unwrap();
        zone
    }

    #[test]
    fn each_kind_of_finding() {
        let zone = zone();
        let find = |n: &str, t| zone.find(&name(n), t);
        assert!(matches!(find("ns.blue.example", RecordType::A), Finding::Records(r) if r.len() == 1));
        assert_eq!(find("ns.blue.example", RecordType::Mx), Finding::NoData);
        assert!(matches!(find("www.blue.example", RecordType::A), Finding::Alias(_)));
        assert!(matches!(find("www.blue.example", RecordType::Cname), Finding::Records(_)));
        assert!(matches!(find("blue.example", RecordType::Ns), Finding::Records(_)));
        assert!(matches!(find("blue.example", RecordType::Soa), Finding::Records(_)));
        assert!(matches!(find("x.y.sub.blue.example", RecordType::A), Finding::Delegation(_)));
        assert!(matches!(find("ns.sub.blue.example", RecordType::A), Finding::Delegation(_)));
        assert_eq!(find("nobody.blue.example", RecordType::A), Finding::NoName);
        assert_eq!(find("b.c.blue.example", RecordType::A), Finding::NoData, "an empty non-terminal exists");
        assert_eq!(find("x.b.c.blue.example", RecordType::A), Finding::NoName);
        let Finding::Records(wild) = find("any.wild.blue.example", RecordType::A) else { panic!() };
        assert_eq!(wild[0].name, name("any.wild.blue.example"));
        assert_eq!(find("any.wild.blue.example", RecordType::Mx), Finding::NoData);
        assert_eq!(find("wild.blue.example", RecordType::A), Finding::NoData);
    }

    #[test]
    fn records_that_do_not_fit_are_refused() {
        let mut zone = zone();
        assert!(matches!(zone.add(name("green.example"), HOUR, a(1)), Err(ZoneError::OutOfZone { .. })));
        assert!(matches!(zone.add(name("www.blue.example"), HOUR, a(1)), Err(ZoneError::AliasWithOthers(_))));
        let alias = RecordData::Cname(name("x.blue.example"));
        assert!(matches!(zone.add(name("ns.blue.example"), HOUR, alias.clone()), Err(ZoneError::AliasWithOthers(_))));
        assert!(matches!(zone.add(name("blue.example"), HOUR, alias), Err(ZoneError::AliasWithOthers(_))));
    }

    #[test]
    fn removing_leaves_no_empty_names_behind() {
        let mut zone = zone();
        assert_eq!(zone.remove(&name("a.b.c.blue.example"), RecordType::A), 1);
        assert_eq!(zone.remove(&name("a.b.c.blue.example"), RecordType::A), 0);
        assert_eq!(zone.find(&name("b.c.blue.example"), RecordType::A), Finding::NoName);
        for record in zone.clone().iter() {
            zone.remove(&record.name, record.rtype());
        }
        assert_eq!(zone.nodes.len(), 1, "only the origin is left");
        zone.remove(&name("blue.example"), RecordType::Mx);
        zone.add(name("blue.example"), HOUR, RecordData::mx(5, name("m.blue.example"))).unwrap();
        assert!(matches!(zone.find(&name("blue.example"), RecordType::Mx), Finding::Records(_)));
    }

    #[test]
    fn one_set_of_records_has_one_time_to_live() {
        let mut zone = zone();
        zone.add(name("ns.blue.example"), Duration::from_secs(60), a(9)).unwrap();
        zone.add(name("ns.blue.example"), HOUR, a(10)).unwrap();
        let Finding::Records(records) = zone.find(&name("ns.blue.example"), RecordType::A) else { panic!() };
        assert_eq!(records.iter().map(|r| r.ttl_secs).collect::<Vec<_>>(), [60, 60, 60]);
    }
}
