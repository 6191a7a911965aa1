//! One Received field, read (RFC 5321 §4.4, RFC 5322 §3.6.7).

use std::net::IpAddr;

use serde::Serialize;

use super::client::{Client, bare, client, ip, site};
use super::date::{Moment, moment, wrong_weekday};
use super::doubt::Doubt;
use super::lex::{Clauses, Key};
use super::sealing::{Encrypted, Tls, encrypted, tls};
use super::software::{Software, software};

/// What one server wrote when it took the mail. Everything in it is the word of that server, or of who made it up: texts are
/// as they were written, and nothing in them is safe to show to a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// Its place on the way: 1 is the first.
    pub number: usize,
    /// Who handed the mail over.
    pub from: Option<Client>,
    /// The name of the server.
    pub by: Option<String>,
    /// The address of the server, where it writes it.
    pub by_address: Option<IpAddr>,
    /// `via`: the road, such as Exchange's `Frontend Transport`.
    pub via: Option<String>,
    /// `with`: the protocol as written, such as `ESMTPS` or `Microsoft SMTP Server`.
    pub with: Option<String>,
    /// The server's name for the mail.
    pub id: Option<String>,
    /// The recipient, without angle brackets.
    #[serde(rename = "for")]
    pub for_: Option<String>,
    /// TLS, where the server writes it down.
    pub tls: Option<Tls>,
    /// Whether the way to this server was encrypted.
    pub encrypted: Encrypted,
    /// Why one can tell.
    pub encrypted_because: &'static str,
    /// Who writes fields of this form.
    pub software: Software,
    /// The date as written.
    pub date: Option<String>,
    /// The date, where it can be read.
    pub time: Option<Moment>,
    /// Seconds since the last hop below that has a time; for the first, since the Date field; since the Resent-Date field
    /// where somebody sent the mail again in between. Less than zero where a clock is wrong.
    pub delay_secs: Option<i64>,
    /// Seconds that somebody kept the mail before sending it again (RFC 5322 §3.6.6), from the hop below to the
    /// Resent-Date field. No server had it then.
    pub kept_secs: Option<i64>,
    /// Whether the mail was handed in on the host itself, by a program that runs there.
    pub is_local: bool,
    /// Whether the field was written on the reader's own side, as far as names show: it is on the way down from the top without
    /// a gap, and its server has a name in the domain of the topmost one. It is a guess.
    pub is_own: bool,
    /// By which rule the hop below is taken for one of the reader's own side, or is not; none for a hop of the other side.
    pub own_because: Option<&'static str>,
    /// What does not fit.
    pub doubts: Vec<Doubt>,
    /// The field as written, in one line.
    pub written: String,
}

/// Reads the value of a field. `is_cut` says that it was longer than what is here.
pub(super) fn hop(written: String, is_cut: bool) -> Hop {
    let clauses = Clauses::read(&written);
    let words = |key: Key| clauses.get(key).map(|clause| clause.words.join(" ")).filter(|text| !text.is_empty());
    let software = software(&clauses);
    let tls = tls(&clauses);
    let (encrypted, encrypted_because) = encrypted(&clauses, tls.as_ref());
    // What Exim and Haraka say of TLS there has a place of its own.
    let protocol = |text: String| match text.to_ascii_lowercase().find(" tls ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    };
    let by = clauses.get(Key::By);
    let by_address = by.and_then(|by| by.comments.iter().chain(&by.words).find_map(|text| ip(text)));
    // qmail has no clause at all where the mail came from the host itself.
    let is_bare = software == Software::Qmail && clauses.head.comments.iter().any(|text| text.starts_with("qmail "));
    let date = clauses.date.map(|date| date.trim().to_owned()).filter(|date| !date.is_empty());
    let time = date.as_deref().and_then(moment);
    let mut from = clauses.get(Key::From).map(client);
    // Exim writes `name ([address])` where the name leads to the address and back, and the client calls itself by it.
    if let (Software::Exim, Some(from)) = (software, &mut from)
        && from.ip.is_some()
        && from.reverse.is_none()
        && from.helo.as_deref().is_some_and(|name| name.contains('.') && ip(name).is_none())
        && !clauses.comments.iter().any(|comment| comment.contains("helo="))
    {
        from.reverse.clone_from(&from.helo);
    }
    let mut doubts = Vec::new();
    if is_cut {
        doubts.push(Doubt::Cut);
    }
    let is_nothing = clauses.get(Key::From).is_none() && by.is_none() && !is_bare;
    if is_nothing {
        doubts.push(Doubt::Unreadable);
    } else if by.is_none() && !is_bare {
        doubts.push(Doubt::NoBy);
    } else if from.is_none() && !is_bare {
        doubts.push(Doubt::NoFrom);
    }
    match &date {
        Some(date) => doubts.extend(date_doubts(date)),
        None => doubts.push(Doubt::NoTime),
    }
    if let Some(from) = &from {
        if clauses.get(Key::From).is_some_and(|from| from.comments.iter().any(|c| c.contains("may be forged"))) {
            doubts.push(Doubt::MayBeForged);
        }
        if let (Some(helo), Some(reverse)) = (&from.helo, &from.reverse)
            && ip(helo).is_none()
            && !from.ip.is_some_and(|address| address.is_loopback())
            && !bare(helo).eq_ignore_ascii_case(bare(reverse))
        {
            let is_one_site = site(helo) == site(reverse);
            doubts.push(Doubt::HeloDiffers { helo: helo.clone(), reverse: reverse.clone(), is_one_site });
        }
    }
    let hop = Hop {
        number: 0,
        from,
        by: by.and_then(|by| by.word()).map(|name| bare(name).to_owned()),
        by_address,
        via: words(Key::Via),
        with: words(Key::With).map(protocol),
        id: clauses.word(Key::Id).map(str::to_owned),
        for_: clauses.word(Key::For).map(mailbox),
        tls,
        encrypted,
        encrypted_because,
        software,
        date,
        time,
        delay_secs: None,
        kept_secs: None,
        is_local: is_local(&clauses, software),
        is_own: false,
        own_because: None,
        doubts,
        written: String::new(),
    };
    Hop { written, ..hop }
}

/// Whether the mail came from the host itself, as Postfix (`from userid 1000`), sendmail (`(from alice@localhost)`), Exim
/// (`with local`) and Postroad write it.
fn is_local(clauses: &Clauses<'_>, software: Software) -> bool {
    let is_with_local = clauses.word(Key::With).is_some_and(|with| with.eq_ignore_ascii_case("local"));
    let has_no_client = clauses.get(Key::From).is_none();
    let says = |comment: &&str| comment.starts_with("from ") || comment.contains("from userid ");
    // `(qmail 123 invoked by uid 0)`, but not `invoked from network`.
    let is_qmail =
        software == Software::Qmail && clauses.head.comments.iter().any(|text| text.contains(" invoked by "));
    let is_said = clauses.comments.iter().any(says) || is_qmail;
    let is_postroad = software == Software::Postroad && clauses.get(Key::With).is_none();
    is_with_local || has_no_client && (is_said || is_postroad)
}

/// What does not fit about a date by itself.
pub(super) fn date_doubts(date: &str) -> Vec<Doubt> {
    let is_unreadable = moment(date).is_none().then_some(Doubt::UnreadableTime);
    let weekday = wrong_weekday(date).map(|(said, is)| Doubt::WrongWeekday { said, is });
    is_unreadable.into_iter().chain(weekday).collect()
}

/// What stands in angle brackets.
fn mailbox(path: &str) -> String {
    let inside = path.strip_prefix('<').unwrap_or(path);
    inside.rsplit_once('>').map_or(inside, |(inside, _)| inside).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str) -> Hop {
        hop(field.to_owned(), false)
    }

    #[test]
    fn a_field_of_postfix() {
        let hop = read(
            "from mail.green.example (unknown [192.0.2.7]) (using TLSv1.3 with cipher TLS_X (256/256 bits)) (No client \
             certificate requested) by mx.blue.example (Postfix) with ESMTPS id 4F1 for <bob@blue.example>; Mon, 5 Jan \
             2026 10:00:00 +0100 (CET)",
        );
        let from = hop.from.unwrap();
        assert_eq!(
            (from.helo.as_deref(), from.reverse, from.ip),
            (Some("mail.green.example"), None, "192.0.2.7".parse().ok())
        );
        assert_eq!((hop.by.as_deref(), hop.with.as_deref()), (Some("mx.blue.example"), Some("ESMTPS")));
        assert_eq!((hop.id.as_deref(), hop.for_.as_deref()), (Some("4F1"), Some("bob@blue.example")));
        assert_eq!((hop.software, hop.encrypted), (Software::Postfix, Encrypted::Yes));
        assert_eq!(hop.time.map(|time| time.unix_secs), Some(1_767_603_600));
        assert_eq!(hop.doubts, []);
    }

    #[test]
    fn each_server_has_its_form() {
        for (field, software) in [
            ("(qmail 123 invoked by uid 0); 5 Jan 2026 09:00:00 -0000", Software::Qmail),
            ("from unknown (HELO a) (192.0.2.1) by b with SMTP; 5 Jan 2026 09:00:00 -0000", Software::Qmail),
            ("from a by b with local (Exim 4.96) (envelope-from <a@b>) id 1; x", Software::Exim),
            ("by 2002:a05:6a10:1 with SMTP id x; y", Software::Gmail),
            (
                "from A.eurprd01.prod.outlook.com (2603::1) by B.eurprd01.prod.outlook.com with mapi id 15.20.1.2; y",
                Software::ExchangeOnline,
            ),
            ("from A.prod.outlook.com (2603::1) by B.prod.outlook.com with HTTPS; y", Software::ExchangeOnline),
            ("from a (192.0.2.1) by b (192.0.2.2) with Microsoft SMTP Server id 14.3.1.2; y", Software::Exchange),
            ("from a (b [192.0.2.1]) by c (8.17.1/8.17.1) with ESMTP id 1; y", Software::Sendmail),
            ("from a ([::ffff:192.0.2.1]) by b with ESMTP id 000000000008A015.0000000062B.00001; y", Software::Courier),
            ("from a by b with LMTP id xyz (envelope-from <a@b>) for <c@d>; y", Software::Dovecot),
            ("from a ([192.0.2.1]) by b with ESMTP id 0000000A; y", Software::Postroad),
            ("from a ([192.0.2.1]) by mx.google.com with ESMTP id 0000000A; y", Software::Postroad),
            ("from a (Postfix) (Exim 4) (a [192.0.2.1]) by b with ESMTP id x; y", Software::Unknown),
        ] {
            assert_eq!(read(field).software, software, "{field}");
        }
    }

    #[test]
    fn what_the_host_sent_itself() {
        for (field, is_local) in [
            ("by a (Postfix, from userid 1000) id 4F1; x", true),
            ("(from alice@localhost) by a (8.17.1/8.17.1/Submit) id 1; x", true),
            ("(qmail 123 invoked by uid 0); x", true),
            ("(qmail 123 invoked from network); x", false),
            ("from alice by a with local (Exim 4.96) id 1; x", true),
            ("by mail.green.example id 0000000A; x", true),
            ("by mail-yw1-f49.google.com with SMTP id x; y", false),
            ("by a with ESMTP id 0000000A; x", false),
            ("from b (from userid 1000) by a with ESMTP id 1; x", false),
        ] {
            assert_eq!(read(field).is_local, is_local, "{field}");
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(read("x y z").doubts, [Doubt::Unreadable, Doubt::NoTime]);
        assert_eq!(read("from a; tomorrow").doubts, [Doubt::NoBy, Doubt::UnreadableTime]);
        let differs = Doubt::HeloDiffers { helo: "a.example".into(), reverse: "b.example".into(), is_one_site: false };
        let forged = "from a.example (b.example [192.0.2.1] (may be forged)) by c; 5 Jan 2026 09:00 GMT";
        assert_eq!(read(forged).doubts, [Doubt::MayBeForged, differs]);
    }
}
