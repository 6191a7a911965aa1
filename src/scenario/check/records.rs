//! Records of the DNS as people write them: `MX 10 mx1.blue.example`.

use crate::dns::{Name, RecordData, RecordType, Srv};
use crate::identity::Domain;
use crate::scenario::read::Reader;
use crate::scenario::tree::Node;
use crate::sim::Duration;

/// The types that a zone can have.
const TYPES: [RecordType; 8] = [
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Mx,
    RecordType::Cname,
    RecordType::Ptr,
    RecordType::Ns,
    RecordType::Txt,
    RecordType::Srv,
];

/// Type and value.
pub(super) fn data(r: &mut Reader, node: &Node) -> Option<RecordData> {
    let text = r.line(node, 1000)?;
    let text = text.trim();
    let (rtype, value) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let value = value.trim();
    let wrong = |r: &mut Reader, why: String, label: &str| -> Option<RecordData> {
        let d = r.at(&node.span, "bad-record", why).label(label);
        r.push(d);
        None
    };
    let name = |r: &mut Reader, text: &str, make: &dyn Fn(Name) -> RecordData| match text.parse::<Domain>() {
        Ok(domain) if !domain.is_literal() => Some(make(Name::from(&domain))),
        Ok(_) => wrong(r, format!("{rtype} names a host, not an address"), "expected a name"),
        Err(why) => wrong(r, format!("`{text}` is not a name: {why}"), "expected a name such as mx1.blue.example"),
    };
    match rtype {
        "A" => match value.parse() {
            Ok(address) => Some(RecordData::A(address)),
            Err(_) => wrong(r, format!("`{value}` is not an IPv4 address"), "expected a record like \"A 192.0.2.7\""),
        },
        "AAAA" => match value.parse() {
            Ok(address) => Some(RecordData::Aaaa(address)),
            Err(_) => {
                wrong(r, format!("`{value}` is not an IPv6 address"), "expected a record like \"AAAA 2001:db8::7\"")
            }
        },
        "MX" => {
            let (preference, exchange) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
            let digits = !preference.is_empty() && preference.bytes().all(|b| b.is_ascii_digit());
            let Some(preference) = preference.parse::<u16>().ok().filter(|_| digits) else {
                let label = "expected a record like \"MX 10 mx1.blue.example\"";
                return wrong(r, format!("`{preference}` is not a preference from 0 to 65535"), label);
            };
            match exchange.trim() {
                // RFC 7505: the null MX.
                "." => Some(RecordData::mx(preference, Name::root())),
                exchange => name(r, exchange, &|name| RecordData::mx(preference, name)),
            }
        }
        "SRV" => {
            let label = "expected a record like \"SRV 0 1 465 smtp.blue.example\"";
            let parts: Vec<&str> = value.split_whitespace().collect();
            let [numbers @ .., target] = parts.as_slice() else {
                return wrong(r, "an SRV record has a priority, a weight, a port and a host".to_owned(), label);
            };
            let whole = |text: &&str| text.parse::<u16>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
            let numbers_read: Vec<u16> = numbers.iter().map_while(whole).collect();
            let (3, &[priority, weight, port]) = (numbers.len(), numbers_read.as_slice()) else {
                let why =
                    format!("`{}` is not a priority, a weight and a port, each from 0 to 65535", numbers.join(" "));
                return wrong(r, why, label);
            };
            let make = |target| RecordData::Srv(Box::new(Srv { priority, weight, port, target }));
            match *target {
                // RFC 2782: the service is decidedly not there.
                "." => Some(make(Name::root())),
                target => name(r, target, &make),
            }
        }
        "CNAME" => name(r, value, &RecordData::Cname),
        "PTR" => name(r, value, &RecordData::Ptr),
        "NS" => name(r, value, &RecordData::Ns),
        "TXT" => Some(RecordData::text(value.trim_matches('"'))),
        _ => {
            let d = r.at(&node.span, "bad-record", format!("`{rtype}` is not a type of record"));
            let types = TYPES.map(RecordType::as_str);
            let d = d.label(format!("expected {}", types.join(", ")));
            let near = if rtype.eq_ignore_ascii_case("soa") { None } else { crate::diag::nearest(rtype, types) };
            let d = match near {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d,
            };
            r.push(d);
            None
        }
    }
}

/// A type by its name.
pub(super) fn rtype(r: &mut Reader, node: &Node) -> Option<RecordType> {
    r.choice(node, "a type of record", &TYPES.map(|rtype| (rtype.as_str(), rtype)))
}

/// A name inside a zone: `@`, a name below it, or a full name that ends with it.
pub(super) fn owner(r: &mut Reader, node: &Node, zone: &Domain) -> Option<Domain> {
    let text = r.text(node)?;
    if text == "@" {
        return Some(zone.clone());
    }
    let suffix = format!(".{zone}");
    let inside = |text: &str| text.to_ascii_lowercase().ends_with(&suffix) || text.eq_ignore_ascii_case(zone.as_str());
    let full = match text.strip_suffix('.') {
        Some(full) if inside(full) => full.to_owned(),
        Some(full) => {
            let message = format!("`{full}` is not in the zone `{zone}`");
            return r.bad_value(&node.span, message, "expected a name of this zone");
        }
        None if inside(text) => text.to_owned(),
        None => format!("{text}{suffix}"),
    };
    match full.parse::<Domain>() {
        Ok(domain) => Some(domain),
        Err(why) => {
            let d = r.at(&node.span, "bad-domain", format!("`{text}` is not a name: {why}"));
            r.push(d.label("expected a name such as \"mx1\", or \"@\" for the zone itself"));
            None
        }
    }
}

/// How long a record may be remembered, in seconds.
pub(super) fn ttl(r: &mut Reader, node: &Node) -> Option<u32> {
    // RFC 2181 §8: at most 2^31 - 1 seconds.
    let length = r.duration_in(node, Duration::ZERO, Duration::from_secs((1 << 31) - 1))?;
    Some(length.as_secs() as u32)
}
