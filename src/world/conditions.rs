//! What holds, where conditions overlap: a base value for each thing, and the changes that last.
//!
//! Of several changes of one thing, the one that began last holds. A condition that ends takes away itself and nothing
//! else. A change that is for good becomes the base, and what was there before it is over.
//!
//! This machine decides; it touches nothing. Whoever asks it puts what it says ([`Holds`]) into effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dns::{self, Name, RecordData, RecordType};
use crate::net::tamper::Tamper;
use crate::net::topology::LinkId;
use crate::sim::Duration;
use crate::trace::{HostId, RecordEdit};

/// A change of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A link goes down or up.
    Link {
        /// Which.
        link: LinkId,
        /// Whether it carries anything.
        up: bool,
    },
    /// A host goes down or up.
    Host {
        /// Which.
        host: HostId,
        /// Whether it runs.
        up: bool,
    },
    /// A link loses packets, in both directions.
    Loss {
        /// Which.
        link: LinkId,
        /// Parts per million.
        ppm: u32,
    },
    /// A link has another latency, in both directions.
    Latency {
        /// Which.
        link: LinkId,
        /// One way.
        latency: Duration,
    },
    /// Somebody on a link writes over what passes, in both directions.
    Tamper {
        /// Which.
        link: LinkId,
        /// What he writes over what.
        tamper: Arc<Tamper>,
    },
    /// A link forgets TCP connections that are silent for too long, as a NAT or a stateful firewall does (RFC 5382 §5).
    Forgets {
        /// Which.
        link: LinkId,
        /// How long one may be silent in both directions.
        after: Duration,
    },
    /// The next packets into a link are lost. This has an end of its own.
    Drop {
        /// Which.
        link: LinkId,
        /// Those that this host sends; `None` is both directions.
        from: Option<HostId>,
        /// How many, in each direction.
        packets: u64,
    },
    /// A name server answers in another way.
    NameServer {
        /// Which; `None` is the implied one.
        server: Option<HostId>,
        /// How.
        mode: dns::Fault,
    },
    /// Records change, on every server that has the zone.
    Records {
        /// The owner.
        name: Name,
        /// The type.
        rtype: RecordType,
        /// What is done with those that are there.
        edit: RecordEdit,
        /// What is put there, with times to live.
        records: Records,
    },
}

/// Records of one name and type, with their times to live.
pub type Records = Vec<(Duration, RecordData)>;

/// What holds from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Link(LinkId, bool),
    Host(HostId, bool),
    /// In each direction.
    Loss(LinkId, [u32; 2]),
    Latency(LinkId, [Duration; 2]),
    Tamper(LinkId, Option<Arc<Tamper>>),
    Forgets(LinkId, Option<Duration>),
    Drop(LinkId, Option<HostId>, u64),
    NameServer(HostId, dns::Fault),
    Records(Name, RecordType, Records),
}

/// How things are before anything has changed them.
pub(super) trait Bases {
    fn loss(&self, link: LinkId) -> [u32; 2];
    fn latency(&self, link: LinkId) -> [Duration; 2];
    fn records(&self, name: &Name, rtype: RecordType) -> Records;
}

/// A condition that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) change: Change,
    pub(super) holds: Holds,
    /// What holds now, where that is not as it should be.
    pub(super) leaves: Option<Change>,
}

/// A value with its changes, in the order in which they began.
#[derive(Clone, Debug)]
struct Layers<T> {
    base: T,
    over: Vec<(u32, T)>,
}

impl<T: Clone> Layers<T> {
    fn new(base: T) -> Layers<T> {
        Layers { base, over: Vec::new() }
    }

    /// Says what holds now.
    fn begin(&mut self, number: u32, lasts: bool, value: T) -> T {
        if lasts {
            self.over.push((number, value));
        } else {
            // Nothing older can hold again.
            self.over.clear();
            self.base = value;
        }
        self.holds().clone()
    }

    /// Says what holds now, where the change had not been overtaken by one that is for good.
    fn end(&mut self, number: u32) -> Option<T> {
        let place = self.over.iter().position(|(n, _)| *n == number)?;
        self.over.remove(place);
        Some(self.holds().clone())
    }

    fn holds(&self) -> &T {
        self.over.last().map_or(&self.base, |(_, value)| value)
    }

    fn is_changed(&self) -> bool {
        !self.over.is_empty()
    }
}

/// Records with their edits; those without a number are for good.
#[derive(Clone, Debug)]
struct Edits {
    base: Records,
    over: Vec<(Option<u32>, RecordEdit, Records)>,
}

impl Edits {
    fn begin(&mut self, number: u32, lasts: bool, edit: RecordEdit, records: &Records) -> Records {
        if !lasts && edit != RecordEdit::Add {
            self.over.clear();
        }
        self.over.push((lasts.then_some(number), edit, records.clone()));
        self.holds()
    }

    fn end(&mut self, number: u32) -> Option<Records> {
        let place = self.over.iter().position(|(n, ..)| *n == Some(number))?;
        self.over.remove(place);
        Some(self.holds())
    }

    fn holds(&self) -> Records {
        let mut all = self.base.clone();
        for (_, edit, records) in &self.over {
            if *edit != RecordEdit::Add {
                all.clear();
            }
            all.extend(records.iter().cloned());
        }
        all
    }

    /// The last edit that has an end.
    fn last(&self) -> Option<(RecordEdit, Records)> {
        let (_, edit, records) = self.over.iter().rev().find(|(number, ..)| number.is_some())?;
        Some((*edit, records.clone()))
    }
}

/// See the [module](self).
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    last: u32,
    /// Those that will end.
    lasting: BTreeMap<u32, Change>,
    links: BTreeMap<LinkId, Layers<bool>>,
    hosts: BTreeMap<HostId, Layers<bool>>,
    loss: BTreeMap<LinkId, Layers<[u32; 2]>>,
    latency: BTreeMap<LinkId, Layers<[Duration; 2]>>,
    tampers: BTreeMap<LinkId, Layers<Option<Arc<Tamper>>>>,
    forgetting: BTreeMap<LinkId, Layers<Option<Duration>>>,
    servers: BTreeMap<HostId, Layers<dns::Fault>>,
    records: BTreeMap<(Name, RecordType), Edits>,
}

impl Conditions {
    /// A change happens, for a time or for good. Returns its number and what holds now; nothing holds where there is no
    /// such server.
    pub(super) fn begin(&mut self, change: &Change, lasts: bool, bases: &impl Bases) -> (u32, Option<Holds>) {
        self.last += 1;
        let number = self.last;
        let holds = match change {
            Change::Link { link, up } => {
                let layers = self.links.entry(*link).or_insert_with(|| Layers::new(true));
                Holds::Link(*link, layers.begin(number, lasts, *up))
            }
            Change::Host { host, up } => {
                let layers = self.hosts.entry(*host).or_insert_with(|| Layers::new(true));
                Holds::Host(*host, layers.begin(number, lasts, *up))
            }
            Change::Loss { link, ppm } => {
                let layers = self.loss.entry(*link).or_insert_with(|| Layers::new(bases.loss(*link)));
                Holds::Loss(*link, layers.begin(number, lasts, [*ppm; 2]))
            }
            Change::Latency { link, latency } => {
                let layers = self.latency.entry(*link).or_insert_with(|| Layers::new(bases.latency(*link)));
                Holds::Latency(*link, layers.begin(number, lasts, [*latency; 2]))
            }
            Change::Tamper { link, tamper } => {
                let layers = self.tampers.entry(*link).or_insert_with(|| Layers::new(None));
                Holds::Tamper(*link, layers.begin(number, lasts, Some(tamper.clone())))
            }
            Change::Forgets { link, after } => {
                let layers = self.forgetting.entry(*link).or_insert_with(|| Layers::new(None));
                Holds::Forgets(*link, layers.begin(number, lasts, Some(*after)))
            }
            Change::Drop { link, from, packets } => return (number, Some(Holds::Drop(*link, *from, *packets))),
            Change::NameServer { server, mode } => {
                let Some(server) = *server else { return (number, None) };
                let layers = self.servers.entry(server).or_insert_with(|| Layers::new(dns::Fault::None));
                Holds::NameServer(server, layers.begin(number, lasts, *mode))
            }
            Change::Records { name, rtype, edit, records } => {
                let edits = self.records.entry((name.clone(), *rtype));
                let edits = edits.or_insert_with(|| Edits { base: bases.records(name, *rtype), over: Vec::new() });
                Holds::Records(name.clone(), *rtype, edits.begin(number, lasts, *edit, records))
            }
        };
        if lasts {
            self.lasting.insert(number, change.clone());
        }
        (number, Some(holds))
    }

    /// The time of a condition is over; `None` where a change that is for good has put an end to it before.
    pub(super) fn end(&mut self, number: u32) -> Option<Ended> {
        let change = self.lasting.remove(&number)?;
        let (holds, leaves) = match &change {
            Change::Link { link, .. } => {
                let up = self.links.get_mut(link)?.end(number)?;
                (Holds::Link(*link, up), (!up).then_some(Change::Link { link: *link, up }))
            }
            Change::Host { host, .. } => {
                let up = self.hosts.get_mut(host)?.end(number)?;
                (Holds::Host(*host, up), (!up).then_some(Change::Host { host: *host, up }))
            }
            Change::Loss { link, .. } => {
                let layers = self.loss.get_mut(link)?;
                let loss = layers.end(number)?;
                let leaves = layers.is_changed().then_some(Change::Loss { link: *link, ppm: loss[0] });
                (Holds::Loss(*link, loss), leaves)
            }
            Change::Latency { link, .. } => {
                let layers = self.latency.get_mut(link)?;
                let latency = layers.end(number)?;
                let leaves = layers.is_changed().then_some(Change::Latency { link: *link, latency: latency[0] });
                (Holds::Latency(*link, latency), leaves)
            }
            Change::Tamper { link, .. } => {
                let tamper = self.tampers.get_mut(link)?.end(number)?;
                let leaves = tamper.as_ref().map(|t| Change::Tamper { link: *link, tamper: t.clone() });
                (Holds::Tamper(*link, tamper), leaves)
            }
            Change::Forgets { link, .. } => {
                let after = self.forgetting.get_mut(link)?.end(number)?;
                (Holds::Forgets(*link, after), after.map(|after| Change::Forgets { link: *link, after }))
            }
            Change::NameServer { server, .. } => {
                let server = (*server)?;
                let mode = self.servers.get_mut(&server)?.end(number)?;
                let leaves = Change::NameServer { server: Some(server), mode };
                (Holds::NameServer(server, mode), (mode != dns::Fault::None).then_some(leaves))
            }
            Change::Records { name, rtype, .. } => {
                let edits = self.records.get_mut(&(name.clone(), *rtype))?;
                let all = edits.end(number)?;
                let (name, rtype) = (name.clone(), *rtype);
                let leaves =
                    edits.last().map(|(edit, records)| Change::Records { name: name.clone(), rtype, edit, records });
                (Holds::Records(name, rtype, all), leaves)
            }
            Change::Drop { .. } => return None,
        };
        Some(Ended { change, holds, leaves })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An asymmetric link, and a zone with one record.
    struct Plan;

    fn record(n: u8) -> (Duration, RecordData) {
        (Duration::from_secs(60), RecordData::A([192, 0, 2, n].into()))
    }

    impl Bases for Plan {
        fn loss(&self, _: LinkId) -> [u32; 2] {
            [10, 20]
        }
        fn latency(&self, _: LinkId) -> [Duration; 2] {
            [Duration::from_millis(10), Duration::from_millis(500)]
        }
        fn records(&self, _: &Name, _: RecordType) -> Records {
            vec![record(1)]
        }
    }

    fn name() -> Name {
        "a.example".parse().unwrap()
    }

    /// A change, and whether it lasts for a time.
    fn change() -> impl Strategy<Value = (Change, bool)> {
        let link = LinkId(0);
        let edit = prop_oneof![Just(RecordEdit::Set), Just(RecordEdit::Add), Just(RecordEdit::Remove)];
        let what = prop_oneof![
            any::<bool>().prop_map(move |up| Change::Link { link, up }),
            any::<bool>().prop_map(|up| Change::Host { host: HostId(3), up }),
            (0..1_000_u32).prop_map(move |ppm| Change::Loss { link, ppm }),
            (1..900_u64).prop_map(move |ms| Change::Latency { link, latency: Duration::from_millis(ms) }),
            (0..3_usize).prop_map(move |n| Change::Tamper {
                link,
                tamper: Arc::new(Tamper::new("one".into(), ["two", "six", "ten"][n].into()).unwrap()),
            }),
            (1..900_u64).prop_map(move |s| Change::Forgets { link, after: Duration::from_secs(s) }),
            any::<bool>().prop_map(|silent| Change::NameServer {
                server: Some(HostId(4)),
                mode: if silent { dns::Fault::Silent } else { dns::Fault::None },
            }),
            (edit, 2..200_u8).prop_map(|(edit, n)| Change::Records {
                name: name(),
                rtype: RecordType::A,
                records: if edit == RecordEdit::Remove { Vec::new() } else { vec![record(n)] },
                edit,
            }),
        ];
        (what, any::<bool>())
    }

    /// What holds of everything, by kind.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct State {
        link: bool,
        host: bool,
        loss: [u32; 2],
        latency: [Duration; 2],
        tamper: Option<Arc<Tamper>>,
        forgets: Option<Duration>,
        server: dns::Fault,
        records: Records,
    }

    impl State {
        fn planned() -> State {
            State {
                link: true,
                host: true,
                loss: Plan.loss(LinkId(0)),
                latency: Plan.latency(LinkId(0)),
                tamper: None,
                forgets: None,
                server: dns::Fault::None,
                records: Plan.records(&name(), RecordType::A),
            }
        }

        fn take(&mut self, holds: Holds) {
            match holds {
                Holds::Link(_, up) => self.link = up,
                Holds::Host(_, up) => self.host = up,
                Holds::Loss(_, loss) => self.loss = loss,
                Holds::Latency(_, latency) => self.latency = latency,
                Holds::Tamper(_, tamper) => self.tamper = tamper,
                Holds::Forgets(_, after) => self.forgets = after,
                Holds::NameServer(_, mode) => self.server = mode,
                Holds::Records(_, _, records) => self.records = records,
                Holds::Drop(..) => {}
            }
        }

        /// By definition: all changes that have begun and not ended, one after the other, upon the plan.
        fn by_definition<'a>(changes: impl Iterator<Item = &'a Change>) -> State {
            let mut state = State::planned();
            for change in changes {
                match change.clone() {
                    Change::Link { up, .. } => state.link = up,
                    Change::Host { up, .. } => state.host = up,
                    Change::Loss { ppm, .. } => state.loss = [ppm; 2],
                    Change::Latency { latency, .. } => state.latency = [latency; 2],
                    Change::Tamper { tamper, .. } => state.tamper = Some(tamper),
                    Change::Forgets { after, .. } => state.forgets = Some(after),
                    Change::NameServer { mode, .. } => state.server = mode,
                    Change::Records { edit, records, .. } => {
                        if edit != RecordEdit::Add {
                            state.records.clear();
                        }
                        state.records.extend(records);
                    }
                    Change::Drop { .. } => {}
                }
            }
            state
        }
    }

    proptest! {
        /// Whatever overlaps, ended in whatever order: at each moment that holds which the changes say that last, and when
        /// all have ended, everything is as the plan and the changes for good have it.
        #[test]
        fn what_has_ended_leaves_nothing_behind(
            changes in prop::collection::vec(change(), 1..25),
            order in prop::collection::vec(any::<prop::sample::Index>(), 60),
        ) {
            let mut conditions = Conditions::default();
            let mut state = State::planned();
            // What has begun: number, whether it lasts, what; ended ones go.
            let mut active: Vec<(u32, bool, &Change)> = Vec::new();
            let mut coming = changes.iter();
            let mut order = order.iter();
            loop {
                let open: Vec<usize> = (0..active.len()).filter(|i| active[*i].1).collect();
                let pick = order.next();
                let ends = !open.is_empty() && pick.is_none_or(|pick| pick.index(3) == 0);
                if ends {
                    let place = open[pick.map_or(0, |pick| pick.index(open.len()))];
                    let (number, ..) = active.remove(place);
                    if let Some(ended) = conditions.end(number) {
                        state.take(ended.holds);
                    }
                    prop_assert_eq!(conditions.end(number), None, "it ends once");
                } else if let Some((change, lasts)) = coming.next() {
                    let (number, holds) = conditions.begin(change, *lasts, &Plan);
                    active.push((number, *lasts, change));
                    state.take(holds.unwrap());
                } else if open.is_empty() {
                    break;
                }
                prop_assert_eq!(&state, &State::by_definition(active.iter().map(|(_, _, change)| *change)));
            }
            let for_good = changes.iter().filter(|(_, lasts)| !lasts).map(|(change, _)| change);
            prop_assert_eq!(state, State::by_definition(for_good));
        }
    }

    #[test]
    fn what_is_left_is_said() {
        let mut conditions = Conditions::default();
        let down = Change::Link { link: LinkId(7), up: false };
        let (first, _) = conditions.begin(&down, true, &Plan);
        let (second, _) = conditions.begin(&down, true, &Plan);
        let ended = conditions.end(first).unwrap();
        assert_eq!((ended.holds, ended.leaves), (Holds::Link(LinkId(7), false), Some(down.clone())));
        let ended = conditions.end(second).unwrap();
        assert_eq!((ended.holds, ended.leaves), (Holds::Link(LinkId(7), true), None));
        // Somebody mends it before its time: then its end is nothing new.
        let (third, _) = conditions.begin(&down, true, &Plan);
        let up = Change::Link { link: LinkId(7), up: true };
        assert_eq!(conditions.begin(&up, false, &Plan).1, Some(Holds::Link(LinkId(7), true)));
        assert_eq!(conditions.end(third), None);
    }
}
