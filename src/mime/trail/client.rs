//! Who handed a mail over, as the server that took it tells (RFC 5321 §4.4: `from`, with TCP-info).

use std::net::IpAddr;

use serde::Serialize;

use super::lex::Clause;

/// Who handed the mail over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Client {
    /// What it called itself.
    pub helo: Option<String>,
    /// The name that the DNS has for its address.
    pub reverse: Option<String>,
    /// Its address as written, such as `192.0.2.7` or `[IPv6:2001:db8::7]`.
    pub address: Option<String>,
    /// The same, read.
    pub ip: Option<IpAddr>,
}

impl Client {
    /// The name to call it by: that of the DNS, which it did not choose itself, before the one that it gave. The DNS has only one
    /// for all programs of the host itself.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let reverse = self.reverse.as_deref().filter(|_| !self.ip.is_some_and(|address| address.is_loopback()));
        let names = [reverse, self.helo.as_deref(), self.reverse.as_deref(), self.address.as_deref()];
        names.into_iter().flatten().next()
    }
}

/// A name without the dot of the root.
pub(super) fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// An address in any of the ways that servers write one: `192.0.2.7`, `[192.0.2.7]:41000`, `[IPv6:2001:db8::7]`,
/// `fe80::1%7`, `::ffff:192.0.2.7`.
pub(super) fn ip(text: &str) -> Option<IpAddr> {
    let text = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => text,
    };
    let text = match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => &text[5..],
        _ => text,
    };
    let text = text.split('%').next()?;
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The last labels of a name, which say whose it is: two, or three where the last two look like `co.uk`. Nobody can tell for sure
/// without a list.
pub(super) fn site(name: &str) -> String {
    let name = bare(name).to_ascii_lowercase();
    let labels: Vec<&str> = name.rsplit('.').collect();
    let count = match labels.as_slice() {
        [top, second, ..] if top.len() == 2 && second.len() <= 3 => 3,
        _ => 2,
    };
    let kept: Vec<&str> = labels.into_iter().take(count).rev().collect();
    let site = kept.join(".");
    // Large ones have several.
    match site.as_str() {
        "office365.com" | "exchangelabs.com" => "outlook.com".into(),
        "gmail.com" | "googlemail.com" => "google.com".into(),
        _ => site,
    }
}

/// Whether this is a name that others could know: no address, and not of one label.
pub(super) fn is_full_name(name: &str) -> bool {
    let name = bare(name);
    ip(name).is_none() && name.contains('.') && !name.ends_with(".localdomain") && !name.ends_with(".local")
}

/// Where an address in brackets begins: the last one that can be read, since names of the DNS stand in front of it, or the
/// first that cannot.
fn literal_start(comment: &str) -> Option<usize> {
    let is_word = |start: &usize| *start == 0 || comment.as_bytes()[start - 1] == b' ';
    let starts = || comment.match_indices('[').map(|(start, _)| start).filter(is_word);
    let mut readable = starts().filter(|start| ip(comment[*start..].split(' ').next().unwrap_or_default()).is_some());
    readable.next_back().or_else(|| starts().next())
}

/// Reads the clause.
pub(super) fn client(clause: &Clause<'_>) -> Client {
    let word = clause.word();
    let (mut helo, mut reverse, mut address) = (None, None, None);
    for comment in &clause.comments {
        let is_other = ["using ", "auth", "tls", "version="];
        if is_other.iter().any(|start| comment.get(..start.len()).is_some_and(|c| c.eq_ignore_ascii_case(start))) {
            continue;
        }
        // qmail: `(HELO name)`; Exim: `(port=41000 helo=name)`.
        let said = ["HELO ", "EHLO "].iter().find_map(|start| comment.strip_prefix(start));
        let said = said.or_else(|| comment.split_whitespace().find_map(|part| part.strip_prefix("helo=")));
        helo = helo.or(said.and_then(|said| said.split_whitespace().next()));
        if address.is_some() {
            continue;
        }
        // `name [address]`, `[address]:port`, `user@name [address]`.
        if let Some(start) = literal_start(comment) {
            let end = comment[start..].find(']').map_or(comment.len(), |end| start + end + 1);
            address = Some(&comment[start..end]);
            let name = comment[..start].trim();
            let name = name.rsplit('@').next().unwrap_or(name);
            reverse = Some(name).filter(|name| !name.is_empty() && !name.contains(' '));
        } else {
            let bare_address = comment.rsplit('@').next().filter(|text| ip(text).is_some());
            address = bare_address;
        }
    }
    match word {
        // `[192.0.2.7] (helo=name)`, `192.0.2.7 (HELO name)`.
        Some(word) if helo.is_some() && ip(word).is_some() => address = address.or(Some(word)),
        // Where what it said stands in a comment, the word is what the server found out.
        Some(word) if helo.is_some() => reverse = reverse.or(Some(word)),
        Some(word) => {
            helo = Some(word);
            address = address.or(Some(word).filter(|word| ip(word).is_some()));
        }
        None => {}
    }
    let nameless = ["unknown", "unverified", "softdnserr", "no"];
    let known = |name: &&str| !nameless.iter().any(|word| word.eq_ignore_ascii_case(name)) && ip(name).is_none();
    let literal = |text: &str| match text.starts_with('[') && !text.contains("IPv6:") {
        true => text.trim_matches(['[', ']']).to_owned(),
        false => text.to_owned(),
    };
    Client {
        helo: helo.map(|name| bare(name).to_owned()),
        reverse: reverse.filter(known).map(|name| bare(name).to_owned()),
        ip: address.and_then(ip),
        address: address.map(literal),
    }
}

/// Whether an address is one of a closed network: of RFC 1918, RFC 4193 and the like, or of the host itself.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        // RFC 6598 has 100.64.0.0/10.
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        // 2002:0a00::/24 is how Google writes net 10 inside.
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || (a == 0x2002 && b >> 8 == 0x0a)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::trail::lex::{Clauses, Key};

    fn read(field: &str) -> [Option<String>; 3] {
        let clauses = Clauses::read(field);
        let client = client(clauses.get(Key::From).unwrap());
        [client.helo, client.reverse, client.address]
    }

    #[test]
    fn clients_as_servers_write_them() {
        for (field, expected) in [
            ("from a.x (b.x [192.0.2.1])", ["a.x", "b.x", "192.0.2.1"]),
            ("from a.x (unknown [IPv6:2001:db8::1])", ["a.x", "", "[IPv6:2001:db8::1]"]),
            ("from a.x (b.x. [192.0.2.1])", ["a.x", "b.x", "192.0.2.1"]),
            ("from unknown (HELO a.x) (192.0.2.1)", ["a.x", "", "192.0.2.1"]),
            ("from b.x (HELO a.x) (root@192.0.2.1)", ["a.x", "b.x", "192.0.2.1"]),
            ("from [192.0.2.1] (port=4711 helo=a.x)", ["a.x", "", "192.0.2.1"]),
            ("from b.x ([192.0.2.1]:4711 helo=a.x)", ["a.x", "b.x", "192.0.2.1"]),
            ("from b.x ([192.0.2.1])", ["b.x", "", "192.0.2.1"]),
            ("from a.x (192.0.2.1)", ["a.x", "", "192.0.2.1"]),
            ("from a.x (2001:db8::1%7)", ["a.x", "", "2001:db8::1%7"]),
            ("from a.x ([::ffff:192.0.2.1]) (AUTH: LOGIN x@[1.2.3.4])", ["a.x", "", "::ffff:192.0.2.1"]),
            ("from a.x (user@b.x [192.0.2.1] (may be forged))", ["a.x", "b.x", "192.0.2.1"]),
            ("from a.x (\u{1b}[31m [192.0.2.1])", ["a.x", "\u{1b}[31m", "192.0.2.1"]),
            ("from [192.0.2.1]", ["[192.0.2.1]", "", "192.0.2.1"]),
            ("from a.x", ["a.x", "", ""]),
            ("from", ["", "", ""]),
        ] {
            let expected = expected.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
            assert_eq!(read(field), expected, "{field}");
        }
    }

    #[test]
    fn addresses_of_closed_networks() {
        for private in
            ["10.0.0.1", "192.168.1.1", "127.0.0.1", "100.100.0.1", "fe80::1%3", "fd00::1", "::1", "2002:a05::1"]
        {
            assert!(is_private(ip(private).unwrap()), "{private}");
        }
        for public in ["192.0.2.1", "[IPv6:2001:db8::1]", "[203.0.113.1]:25", "::ffff:198.51.100.7"] {
            assert!(!is_private(ip(public).unwrap()), "{public}");
        }
    }
}
