//! Search keys, one by one, and at random against a slow model.

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::ToStatic;
use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::search::SearchKey;

use super::search::{Around, Candidate, MOST_DEPTH, MOST_KEYS, Refused, Search};
use super::*;
use crate::store::{Flags, GivenDate};

pub(super) const AROUND: Around = Around { last_sequence: 20, last_uid: 120, now_unix_secs: 1_767_603_600 };

/// A key as a client writes it. What stands between `«` and `»` is a literal.
pub(super) fn key(text: &str) -> SearchKey<'static> {
    let mut command = b"a SEARCH ".to_vec();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('«') {
        let (literal, behind) = behind.split_once('»').unwrap();
        command.extend_from_slice(format!("{before}{{{}+}}\r\n{literal}", literal.len()).as_bytes());
        rest = behind;
    }
    command.extend_from_slice(rest.as_bytes());
    command.extend_from_slice(b"\r\n");
    let (_, command) = CommandCodec::new().decode(&command).unwrap_or_else(|_| panic!("{text}"));
    let CommandBody::Search { criteria, .. } = command.body else { panic!("no SEARCH") };
    SearchKey::And(criteria).to_static()
}

fn keywords() -> [Box<str>; 2] {
    ["$Forwarded".into(), "todo".into()]
}

/// A mail that was filed on 1 January 2026, half an hour past midnight in Berlin.
fn candidate<'a>(content: &'a Content, keywords: &'a [Box<str>]) -> Candidate<'a> {
    Candidate {
        sequence: 7,
        uid: 107,
        flags: Flags::SEEN.and(Flags::FLAGGED).and(Flags::keyword(1)),
        keywords,
        is_recent: true,
        internal_date: GivenDate { unix_secs: 1_767_223_800, offset_minutes: 60 },
        size_bytes: content.size_bytes(),
        modseq: 17,
        content: Some(content),
    }
}

fn finds(content: &Content, text: &str) -> bool {
    let keywords = keywords();
    Search::new(&key(text), &AROUND).unwrap().matches(&candidate(content, &keywords))
}

/// Each key, and whether it is the mail.
fn check(mail: &str, expected: &[(&str, bool)]) {
    let content = Content::scan(Rope::from(Chunk::text(mail.replace('\n', "\r\n").into_bytes())));
    for (key, is_it) in expected {
        assert_eq!(finds(&content, key), *is_it, "{key}");
        assert_eq!(finds(&content, &format!("NOT ({key})")), !is_it, "NOT {key}");
    }
}

#[test]
fn what_is_known_without_the_mail() {
    check(
        "Subject: x\n\nHello\n",
        &[
            ("ALL", true),
            ("SEEN", true),
            ("UNSEEN", false),
            ("FLAGGED", true),
            ("UNFLAGGED", false),
            ("ANSWERED", false),
            ("UNANSWERED", true),
            ("DELETED", false),
            ("UNDELETED", true),
            ("DRAFT", false),
            ("UNDRAFT", true),
            ("RECENT", true),
            ("OLD", false),
            ("NEW", false),
            ("KEYWORD TODO", true),
            ("KEYWORD $Forwarded", false),
            ("KEYWORD other", false),
            ("UNKEYWORD todo", false),
            ("UNKEYWORD other", true),
            ("LARGER 20", true),
            ("LARGER 21", false),
            ("SMALLER 21", false),
            ("SMALLER 22", true),
            ("MODSEQ 17", true),
            ("MODSEQ 18", false),
            ("MODSEQ \"/flags/\\\\draft\" all 17", true),
            // It is 2026 in Berlin, and not yet in Greenwich: what is shown counts.
            ("ON 1-Jan-2026", true),
            ("ON 31-Dec-2025", false),
            ("BEFORE 1-Jan-2026", false),
            ("BEFORE 2-Jan-2026", true),
            ("SINCE 1-Jan-2026", true),
            ("SINCE 2-Jan-2026", false),
            // Four days, nine hours and a half before now.
            ("OLDER 379800", true),
            ("OLDER 379801", false),
            ("YOUNGER 379800", true),
            ("YOUNGER 379799", false),
        ],
    );
}

#[test]
fn sets_of_numbers() {
    check(
        "\n",
        &[
            ("7", true),
            ("8", false),
            ("1:6,8:20", false),
            ("9,7,1", true),
            ("*:7", true),
            ("7:*", true),
            ("8:*", false),
            ("*", false),
            ("100:*", false),
            ("3:9,5:6", true),
            ("UID 107", true),
            ("UID 7", false),
            ("UID 110:100", true),
            ("UID *:1", true),
            ("UID 107 7 SEEN", true),
            ("UID 107 8", false),
        ],
    );
    // `9:*` has the last one even where that has a lower number (RFC 3501 §9).
    let content = Content::scan(Rope::new());
    let search = Search::new(&key("100:*"), &AROUND).unwrap();
    assert!(search.matches(&Candidate { sequence: 20, ..candidate(&content, &[]) }));
    let none = Around { last_sequence: 0, last_uid: 0, ..AROUND };
    assert!(!Search::new(&key("1:* UID 1:*"), &none).unwrap().matches(&candidate(&content, &[])));
}

const MAIL: &str = "Received: by x
From: =?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_Gr=C3=BCn?= <juergen@gruen.example>
To: Bob <bob@blue.example>,
\tcarol@blue.example
Subject: Re: =?iso-8859-1?Q?Gr=FC=DFe?= from
 the   wood
Date: Mon, 5 Jan 2026 00:30:00 +0100
X-Empty:
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

Preamble
--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Sch=F6ne Gr=FC=
=DFe!
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

SGVsbG8sIHdvcmxk
--b
Content-Type: message/rfc822

Subject: inside

Deep
--b
Content-Type: image/png; name=\"picture.png\"

not shown
--b
Content-Type: text/plain
Content-Transfer-Encoding: x-rot13

Uryyb
--b--
Epilogue
";

#[test]
fn what_the_header_section_says() {
    check(
        MAIL,
        &[
            ("FROM gruen.example", true),
            ("FROM «jürgen grün»", true),
            ("FROM «JÜRGEN»", true),
            ("FROM bob", false),
            ("FROM \"\"", true),
            ("TO CAROL", true),
            ("TO \"example>, carol\"", true),
            ("CC bob", false),
            ("CC \"\"", true),
            ("BCC x", false),
            ("SUBJECT «grüße from the wood»", true),
            ("SUBJECT «GRÜSSE FROM THE WOOD»", true),
            ("SUBJECT \"the  wood\"", true),
            ("SUBJECT \" the \"", true),
            ("SUBJECT inside", false),
            ("SUBJECT \"\"", true),
            ("HEADER Received \"by x\"", true),
            ("HEADER received \"\"", true),
            ("HEADER X-Empty \"\"", true),
            ("HEADER X-Empty a", false),
            ("HEADER X-None \"\"", false),
            ("HEADER Content-Type MULTIPART", true),
            ("HEADER Content-Type text/plain", false),
            // The day that is written there.
            ("SENTON 5-Jan-2026", true),
            ("SENTBEFORE 5-Jan-2026", false),
            ("SENTBEFORE 6-Jan-2026", true),
            ("SENTSINCE 5-Jan-2026", true),
            ("SENTSINCE 6-Jan-2026", false),
        ],
    );
}

#[test]
fn what_the_texts_say() {
    check(
        MAIL,
        &[
            ("BODY «SCHÖNE GRÜSSE»", true),
            ("BODY \"hello, world\"", true),
            ("BODY Deep", true),
            ("BODY inside", false),
            ("BODY \"not shown\"", false),
            ("BODY Uryyb", false),
            ("BODY Preamble", false),
            ("BODY Epilogue", false),
            ("BODY SGVs", false),
            ("BODY wood", false),
            ("BODY \"\"", true),
            ("TEXT wood", true),
            ("TEXT \"subject: inside\"", true),
            ("TEXT picture.png", true),
            ("TEXT \"Hello, World\"", true),
            ("TEXT \"not shown\"", false),
            ("TEXT \"\"", true),
            // Nothing is found across what does not belong together.
            ("BODY \"worldDeep\"", false),
            ("OR SUBJECT none BODY deep", true),
            ("OR BODY none SUBJECT none", false),
            ("SUBJECT wood BODY deep SEEN", true),
            ("(SUBJECT wood (BODY deep UNSEEN))", false),
        ],
    );
}

#[test]
fn a_mail_without_a_date_was_not_sent_on_any_day() {
    for mail in ["Subject: x\n\n", "Date: yesterday\n\n", ""] {
        check(mail, &[("SENTBEFORE 1-Jan-9999", false), ("SENTON 1-Jan-1970", false), ("SENTSINCE 1-Jan-1000", false)]);
    }
}

#[test]
fn in_a_mail_that_is_not_kept_nothing_is_found() {
    let content = Content::scan(Rope::new());
    let keywords = keywords();
    let gone = Candidate { content: None, ..candidate(&content, &keywords) };
    let matches = |text: &str| Search::new(&key(text), &AROUND).unwrap().matches(&gone);
    assert!(!matches("BODY x") && !matches("TEXT \"\"") && matches("NOT SUBJECT x") && matches("SEEN"));
}

#[test]
fn searches_have_an_end() {
    let nested = |depth: usize| (0..depth).fold(SearchKey::Seen, |key, _| SearchKey::Not(Box::new(key)));
    assert!(Search::new(&nested(MOST_DEPTH), &AROUND).is_ok());
    assert_eq!(Search::new(&nested(MOST_DEPTH + 1), &AROUND).map(|_| ()), Err(Refused));
    let many = |keys: usize| SearchKey::And(vec![SearchKey::Seen; keys].try_into().unwrap());
    assert!(Search::new(&many(MOST_KEYS - 1), &AROUND).is_ok());
    assert_eq!(Search::new(&many(MOST_KEYS), &AROUND).map(|_| ()), Err(Refused));
    assert!(Search::new(&key("OR SEEN NOT MODSEQ 4"), &AROUND).unwrap().asks_modseq());
    assert!(!Search::new(&key("OR SEEN NOT 4"), &AROUND).unwrap().asks_modseq());
}
