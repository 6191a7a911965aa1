//! Searches at random, against a slow model that knows how each mail was made and reads none.

use std::num::NonZeroU32;

use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::search::{Candidate, Search};
use super::searching::{AROUND, key};
use super::*;
use crate::store::{Flags, GivenDate};

/// How a mail was made.
#[derive(Clone, Debug)]
struct Made {
    sequence: u32,
    flags: Vec<&'static str>,
    is_recent: bool,
    modseq: u64,
    /// The day that the internal date shows, the second of it, and the zone.
    filed: (Date, i64, i16),
    sent: Option<(Date, &'static str)>,
    from: &'static str,
    subject: &'static str,
    body: &'static str,
    in_base64: bool,
    is_multipart: bool,
}

const TEXTS: [&str; 6] = ["Hello, World", "Grüße", "a  b\tc", "日本語", "ÄÖÜ äöü", "hello"];
const NEEDLES: [&str; 9] = ["hello", "WORLD", "grüße", "a b", "本", "äöü ÄÖÜ", "o", "none", "Subject"];
const DAYS: [(i16, i8, i8, &str); 4] = [
    (2025, 12, 31, "31-Dec-2025"),
    (2026, 1, 1, "1-Jan-2026"),
    (2026, 1, 2, "2-Jan-2026"),
    (1996, 2, 29, "29-Feb-1996"),
];

fn days() -> impl Strategy<Value = Date> {
    proptest::sample::select(&DAYS[..]).prop_map(|(year, month, day, _)| date(year, month, day))
}

fn made() -> impl Strategy<Value = Made> {
    let flags = proptest::sample::subsequence(vec!["seen", "flagged", "deleted", "todo"], 0..=4);
    let texts = || proptest::sample::select(&TEXTS[..]);
    let filed = (days(), 0_i64..86_400, -720_i16..720);
    let sent = proptest::option::of((days(), proptest::sample::select(&["+0000", "-0800", "+1300"][..])));
    let known = (1_u32..20, flags, any::<bool>(), 1_u64..5, filed, sent);
    (known, texts(), texts(), texts(), any::<bool>(), any::<bool>()).prop_map(|(known, from, subject, body, a, b)| {
        Made {
            sequence: known.0,
            flags: known.1,
            is_recent: known.2,
            modseq: known.3,
            filed: known.4,
            sent: known.5,
            from,
            subject,
            body,
            in_base64: a,
            is_multipart: b,
        }
    })
}

impl Made {
    fn content(&self) -> Content {
        let word = |text: &str| format!("=?utf-8?B?{}?=", data_encoding::BASE64.encode(text.as_bytes()));
        let mut mail = format!("From: {} <x@y.example>\r\nSubject: {}\r\n", word(self.from), word(self.subject));
        if let Some((day, zone)) = self.sent {
            mail.push_str(&format!("Date: {} 23:59:59 {zone}\r\n", day.strftime("%d %b %Y")));
        }
        let (encoding, body) = match self.in_base64 {
            true => ("base64", data_encoding::BASE64.encode(self.body.as_bytes())),
            false => ("8bit", self.body.to_owned()),
        };
        let part =
            format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        mail.push_str(&match self.is_multipart {
            true => format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{part}\r\n--b--\r\n"),
            false => part,
        });
        Content::scan(Rope::from(Chunk::text(mail.into_bytes())))
    }

    fn internal_date(&self) -> GivenDate {
        let (day, second, zone) = self.filed;
        let days = i64::from((day - date(1970, 1, 1)).get_days());
        GivenDate { unix_secs: days * 86_400 + second - i64::from(zone) * 60, offset_minutes: zone }
    }

    fn flags(&self) -> Flags {
        let flag = |name: &&str| match *name {
            "seen" => Flags::SEEN,
            "flagged" => Flags::FLAGGED,
            "deleted" => Flags::DELETED,
            _ => Flags::keyword(0),
        };
        self.flags.iter().map(flag).fold(Flags::NONE, Flags::and)
    }
}

/// A key, and what the model thinks of a mail.
#[derive(Clone, Debug)]
enum Ask {
    Has(&'static str, bool),
    Recent,
    Numbers(bool, Vec<(u32, u32)>),
    Day(&'static str, usize, bool),
    Modseq(u64),
    Text(&'static str, &'static str),
    Larger(u32),
    Not(Box<Ask>),
    Or(Box<Ask>, Box<Ask>),
    And(Vec<Ask>),
}

fn asks() -> impl Strategy<Value = Ask> {
    let flags = proptest::sample::select(&["seen", "flagged", "deleted", "todo"][..]);
    let order = || proptest::sample::select(&["BEFORE", "ON", "SINCE"][..]);
    // 0 stands for `*`.
    let ranges = proptest::collection::vec((0_u32..24, 0_u32..24), 1..5);
    let place = proptest::sample::select(&["FROM", "SUBJECT", "BODY", "TEXT"][..]);
    let leaf = prop_oneof![
        (flags, any::<bool>()).prop_map(|(flag, is)| Ask::Has(flag, is)),
        Just(Ask::Recent),
        (any::<bool>(), ranges).prop_map(|(uid, ranges)| Ask::Numbers(uid, ranges)),
        (order(), 0..DAYS.len(), any::<bool>()).prop_map(|(order, day, sent)| Ask::Day(order, day, sent)),
        (1_u64..6).prop_map(Ask::Modseq),
        (0_u32..400).prop_map(Ask::Larger),
        (place, proptest::sample::select(&NEEDLES[..])).prop_map(|(place, needle)| Ask::Text(place, needle)),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ask| Ask::Not(Box::new(ask))),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| Ask::Or(Box::new(one), Box::new(other))),
            proptest::collection::vec(inner, 1..4).prop_map(Ask::And),
        ]
    })
}

impl Ask {
    fn key(&self) -> SearchKey<'static> {
        match self {
            Ask::Has("todo", true) => key("KEYWORD Todo"),
            Ask::Has("todo", false) => key("UNKEYWORD TODO"),
            Ask::Has(flag, true) => key(&flag.to_uppercase()),
            Ask::Has(flag, false) => key(&format!("UN{}", flag.to_uppercase())),
            Ask::Recent => SearchKey::Recent,
            Ask::Numbers(by_uid, ranges) => {
                let number = |n: u32| NonZeroU32::new(n).map_or(SeqOrUid::Asterisk, SeqOrUid::Value);
                let ranges: Vec<Sequence> =
                    ranges.iter().map(|(a, b)| Sequence::Range(number(*a), number(*b))).collect();
                let set = SequenceSet(ranges.try_into().unwrap());
                if *by_uid { SearchKey::Uid(set) } else { SearchKey::SequenceSet(set) }
            }
            Ask::Day(order, day, sent) => key(&format!("{}{order} {}", if *sent { "SENT" } else { "" }, DAYS[*day].3)),
            Ask::Modseq(modseq) => key(&format!("MODSEQ {modseq}")),
            Ask::Larger(size) => SearchKey::Larger(*size),
            Ask::Text(place, needle) => key(&format!("{place} «{needle}»")),
            Ask::Not(ask) => SearchKey::Not(Box::new(ask.key())),
            Ask::Or(one, other) => SearchKey::Or(Box::new(one.key()), Box::new(other.key())),
            Ask::And(all) => SearchKey::And(all.iter().map(Ask::key).collect::<Vec<_>>().try_into().unwrap()),
        }
    }

    fn is(&self, made: &Made) -> bool {
        match self {
            Ask::Has(flag, is) => made.flags.contains(flag) == *is,
            Ask::Recent => made.is_recent,
            Ask::Numbers(by_uid, ranges) => ranges.iter().any(|(a, b)| {
                let (number, last) = if *by_uid { (made.sequence + 100, 120) } else { (made.sequence, 20) };
                let (a, b) = (if *a == 0 { last } else { *a }, if *b == 0 { last } else { *b });
                (a..=b).chain(b..=a).any(|n| n == number)
            }),
            Ask::Day(order, day, sent) => {
                let (year, month, day, _) = DAYS[*day];
                let Some(is) = (if *sent { made.sent.map(|sent| sent.0) } else { Some(made.filed.0) }) else {
                    return false;
                };
                match *order {
                    "BEFORE" => is < date(year, month, day),
                    "ON" => is == date(year, month, day),
                    _ => is >= date(year, month, day),
                }
            }
            Ask::Modseq(modseq) => made.modseq >= *modseq,
            Ask::Larger(size) => made.content().rope().len() > *size as usize,
            Ask::Text(place, needle) => {
                let needle = needle.to_lowercase();
                let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                let from = spaces(made.from).contains(&needle);
                let subject = spaces(made.subject).contains(&needle);
                let body = made.body.to_lowercase().contains(&needle);
                match *place {
                    "FROM" => from || "<x@y.example>".contains(&needle),
                    "SUBJECT" => subject,
                    "BODY" => body,
                    _ => {
                        let rest = "from: <x@y.example> subject: content-type: boundary content-transfer-encoding: mon";
                        from || subject || body || rest.contains(&needle)
                    }
                }
            }
            Ask::Not(ask) => !ask.is(made),
            Ask::Or(one, other) => one.is(made) | other.is(made),
            Ask::And(all) => all.iter().filter(|ask| !ask.is(made)).count() == 0,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn searches_find_what_the_model_finds(mails in proptest::collection::vec(made(), 1..4), ask in asks()) {
        let search = Search::new(&ask.key(), &AROUND).unwrap();
        let keywords = ["TODO".into()];
        for made in &mails {
            let content = made.content();
            let candidate = Candidate {
                sequence: made.sequence,
                uid: made.sequence + 100,
                flags: made.flags(),
                keywords: &keywords,
                is_recent: made.is_recent,
                internal_date: made.internal_date(),
                size_bytes: content.size_bytes(),
                modseq: made.modseq,
                content: Some(&content),
            };
            prop_assert_eq!(search.matches(&candidate), ask.is(made), "{:?}", made);
        }
    }
}

#[test]
fn days_of_keys_are_those_of_the_calendar() {
    for (year, month, day, text) in DAYS {
        let SearchKey::And(keys) = key(&format!("ON {text}")) else { panic!() };
        let SearchKey::On(date_of_key) = &keys.as_ref()[0] else { panic!() };
        let days = i64::from((date(year, month, day) - date(1970, 1, 1)).get_days());
        let expected = super::date::Day::shown(days * 86_400, 0);
        assert_eq!(super::date::Day::of_key(date_of_key), expected, "{text}");
    }
}
