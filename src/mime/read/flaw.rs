//! What can be wrong with a mail, each in a sentence and with the place in the standards that says so.

use std::fmt;

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The part, as an index into [`Tree::parts`](super::Tree).
    pub part: usize,
    /// Where; of several of one kind in a part, the first. An offset in bytes into the mail.
    pub at: usize,
    /// What is wrong.
    pub what: Flaw,
}

/// What is wrong. What comes again and again in a part is told once, with how often it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says itself in `Flaw::sentence`; fields are what the sentence shows")]
pub enum Flaw {
    // Lines and bytes.
    BareLf { count: u64 },
    BareCr { count: u64 },
    Nul { count: u64 },
    LongLines { count: u64, longest: usize },
    LongEncodedLines { count: u64, longest: usize },
    EightBitHeader { count: u64 },
    EightBitBody { count: u64 },
    EightBitInside,
    // The header section.
    MailboxLine,
    NoColon { count: u64 },
    BadFieldName { count: u64 },
    SpaceBeforeColon { count: u64 },
    BlankFold { count: u64 },
    FoldedToNothing { count: u64 },
    Duplicate { field: &'static str },
    Missing { field: &'static str },
    MissingInside,
    HeaderTooLong,
    ContentLength { said: u64, is: u64 },
    // MIME fields.
    NoMimeVersion,
    BadMimeVersion,
    BadContentType,
    BadDisposition,
    BadParameter,
    UnknownCharset { charset: String },
    UnknownEncoding { encoding: String },
    EncodingOfContainer { encoding: String },
    // Encoded words.
    WordInQuotes { count: u64 },
    WordMisplaced { count: u64 },
    WordTooLong { count: u64 },
    WordGlued { count: u64 },
    WordBroken { count: u64 },
    WordCharset { charset: String },
    // Multiparts.
    NoBoundary,
    BadBoundary,
    LongBoundary { length: usize },
    BoundaryTwice,
    BoundaryPrefix,
    BoundaryNotFound,
    NoParts,
    BoundaryUnclosed,
    BehindTheEnd { count: u64 },
    TooDeep { most: usize },
    TooManyParts { most: usize },
    // Encoded bodies.
    Base64Illegal { count: u64 },
    Base64Padding { count: u64 },
    Base64Length,
    QuotedEscape { count: u64 },
}

impl Flaw {
    /// A short name that stays the same, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.told().0
    }

    /// Where the standards speak of it; empty where none does.
    #[must_use]
    pub fn rfc(&self) -> &'static str {
        self.told().1
    }

    /// What is wrong, in one sentence without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.told().2
    }

    fn told(&self) -> (&'static str, &'static str, String) {
        match self {
            Flaw::BareLf { count } => {
                ("bare-lf", "RFC 5322 §2.3", format!("{} with LF alone, not with CRLF", ends(*count)))
            }
            Flaw::BareCr { count } => {
                ("bare-cr", "RFC 5322 §2.3", format!("{} with a CR that has no LF behind it", ends(*count)))
            }
            Flaw::Nul { count } => ("nul", "RFC 2045 §2.7", format!("NUL, which text has no use for{}", times(*count))),
            Flaw::LongLines { count, longest } => (
                "long-lines",
                "RFC 5322 §2.1.1",
                format!("{} longer than 998 bytes; the longest has {longest}", is(*count, "line")),
            ),
            Flaw::LongEncodedLines { count, longest } => (
                "long-encoded-lines",
                "RFC 2045 §6",
                format!("{} longer than 76 characters; the longest has {longest}", is(*count, "encoded line")),
            ),
            Flaw::EightBitHeader { count } => (
                "8bit-header",
                "RFC 5322 §2.2",
                format!("{} above 127 in the header section", some(*count, "byte", "bytes")),
            ),
            Flaw::EightBitBody { count } => (
                "8bit-body",
                "RFC 2045 §2.7",
                format!("{} above 127 in a body that is said to have seven bits", some(*count, "byte", "bytes")),
            ),
            Flaw::EightBitInside => (
                "8bit-inside",
                "RFC 2045 §6.4",
                "it is said to have seven bits, but a part inside has bytes above 127".into(),
            ),
            Flaw::MailboxLine => {
                ("mailbox-line", "RFC 4155", "the line `From ` of a mailbox file, which is no header field".into())
            }
            Flaw::NoColon { count } => {
                ("no-colon", "RFC 5322 §2.2", format!("a header line without a colon, passed over{}", times(*count)))
            }
            Flaw::BadFieldName { count } => (
                "bad-field-name",
                "RFC 5322 §2.2",
                format!("a field name with other than printable ASCII, passed over{}", times(*count)),
            ),
            Flaw::SpaceBeforeColon { count } => {
                ("space-before-colon", "RFC 5322 §4.5", format!("white space before the colon{}", times(*count)))
            }
            Flaw::BlankFold { count } => (
                "blank-fold",
                "RFC 5322 §3.2.2",
                format!("a line of nothing but white space in the header section{}", times(*count)),
            ),
            Flaw::FoldedToNothing { count } => (
                "folded-to-nothing",
                "RFC 5322 §3.2.2",
                format!("a folded field with nothing in it{}", times(*count)),
            ),
            Flaw::Duplicate { field } => {
                ("duplicate", "RFC 5322 §3.6", format!("a second {field} field; the first one counts"))
            }
            Flaw::Missing { field } => ("missing", "RFC 5322 §3.6", format!("there is no {field} field")),
            Flaw::MissingInside => (
                "missing-inside",
                "RFC 2046 §5.2.1",
                "a message inside another one has none of From, Subject and Date".into(),
            ),
            Flaw::HeaderTooLong => {
                ("header-too-long", "", "the header section is too long; fields from here on are not read".into())
            }
            Flaw::ContentLength { said, is } => (
                "content-length",
                "RFC 5322 §3.6.8",
                format!("a field that no standard of mail knows says {said}; it is {is}"),
            ),
            Flaw::NoMimeVersion => {
                ("no-mime-version", "RFC 2045 §4", "fields of MIME without a MIME-Version field".into())
            }
            Flaw::BadMimeVersion => ("bad-mime-version", "RFC 2045 §4", "the MIME-Version is not 1.0".into()),
            Flaw::BadContentType => (
                "bad-content-type",
                "RFC 2045 §5.2",
                "the Content-Type cannot be read; plain text is taken for granted".into(),
            ),
            Flaw::BadDisposition => ("bad-disposition", "RFC 2183 §2", "the Content-Disposition cannot be read".into()),
            Flaw::BadParameter => (
                "bad-parameter",
                "RFC 2045 §5.1",
                "a parameter that is not written as it should be; quotes are missing perhaps".into(),
            ),
            Flaw::UnknownCharset { charset } => {
                ("unknown-charset", "RFC 2046 §4.1.2", format!("the charset `{charset}` is not known"))
            }
            Flaw::UnknownEncoding { encoding } => (
                "unknown-encoding",
                "RFC 2045 §6.4",
                format!("the transfer encoding `{encoding}` is not known, so the body stays as it is"),
            ),
            Flaw::EncodingOfContainer { encoding } => (
                "encoding-of-container",
                "RFC 2045 §6.4",
                format!("{encoding} for what holds other parts; only 7bit, 8bit and binary are allowed"),
            ),
            Flaw::WordInQuotes { count } => (
                "word-in-quotes",
                "RFC 2047 §5",
                format!("an encoded word inside quotes, where it means itself{}", times(*count)),
            ),
            Flaw::WordMisplaced { count } => {
                ("word-misplaced", "RFC 2047 §5", format!("an encoded word where none may stand{}", times(*count)))
            }
            Flaw::WordTooLong { count } => (
                "word-too-long",
                "RFC 2047 §2",
                format!("an encoded word of more than 75 characters{}", times(*count)),
            ),
            Flaw::WordGlued { count } => (
                "word-glued",
                "RFC 2047 §5",
                format!("an encoded word without white space between it and its neighbour{}", times(*count)),
            ),
            Flaw::WordBroken { count } => (
                "word-broken",
                "RFC 2047 §2",
                format!("what begins as an encoded word and is none; it may hold no spaces{}", times(*count)),
            ),
            Flaw::WordCharset { charset } => (
                "word-charset",
                "RFC 2047 §3",
                format!("an encoded word in the charset `{charset}`, which is not known; it stays as it is"),
            ),
            Flaw::NoBoundary => {
                ("no-boundary", "RFC 2046 §5.1", "a multipart without a boundary; it cannot be taken apart".into())
            }
            Flaw::BadBoundary => (
                "bad-boundary",
                "RFC 2046 §5.1.1",
                "a boundary with characters that it may not have, or with a space at its end".into(),
            ),
            Flaw::LongBoundary { length } => (
                "long-boundary",
                "RFC 2046 §5.1.1",
                format!("a boundary of {length} characters; 70 are the most"),
            ),
            Flaw::BoundaryTwice => (
                "boundary-twice",
                "RFC 2046 §5.1.2",
                "the boundary is that of a multipart around it; the inner one has it for the time being".into(),
            ),
            Flaw::BoundaryPrefix => (
                "boundary-prefix",
                "RFC 2046 §5.1.2",
                "of this boundary and that of a multipart around it, one begins as the other; some programs confuse them"
                    .into(),
            ),
            Flaw::BoundaryNotFound => {
                ("boundary-not-found", "RFC 2046 §5.1.1", "the boundary never comes; there are no parts".into())
            }
            Flaw::NoParts => ("no-parts", "RFC 2046 §5.1.1", "a multipart that ends before it has a part".into()),
            Flaw::BoundaryUnclosed => {
                ("boundary-unclosed", "RFC 2046 §5.1.1", "the last boundary, with `--` at its end, never comes".into())
            }
            Flaw::BehindTheEnd { count } => (
                "behind-the-end",
                "RFC 2046 §5.1.1",
                format!("a boundary behind the last one, which counts as text{}", times(*count)),
            ),
            Flaw::TooDeep { most } => {
                ("too-deep", "", format!("nested more than {most} deep; what is inside is not taken apart"))
            }
            Flaw::TooManyParts { most } => {
                ("too-many-parts", "", format!("more than {most} parts; from here on none is read"))
            }
            Flaw::Base64Illegal { count } => (
                "base64-illegal",
                "RFC 2045 §6.8",
                format!("{} that base64 does not know, passed over", some(*count, "byte", "bytes")),
            ),
            Flaw::Base64Padding { count } => (
                "base64-padding",
                "RFC 2045 §6.8",
                format!("base64 with `=` where it does not end{}", times(*count)),
            ),
            Flaw::Base64Length => (
                "base64-length",
                "RFC 2045 §6.8",
                "base64 that ends inside a group of four: something is missing".into(),
            ),
            Flaw::QuotedEscape { count } => (
                "quoted-escape",
                "RFC 2045 §6.7",
                format!("`=` without two hexadecimal digits behind it, kept as it is{}", times(*count)),
            ),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

fn times(count: u64) -> String {
    if count == 1 { String::new() } else { format!(" ({count} times)") }
}

fn ends(count: u64) -> String {
    if count == 1 { "a line ends".into() } else { format!("{count} lines end") }
}

fn is(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what} is") } else { format!("{count} {what}s are") }
}

fn some(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The defects of a mail. Of hostile mail, not all are kept.
#[derive(Debug, Default)]
pub(super) struct Defects {
    pub(super) list: Vec<Defect>,
    /// How many more there are.
    pub(super) more: u64,
}

/// So many defects are kept of a mail; a person reads fewer, and a mail of 100 MB can have millions.
pub(super) const MOST_DEFECTS: usize = 10_000;

impl Defects {
    pub(super) fn add(&mut self, part: usize, at: usize, what: Flaw) {
        if self.list.len() < MOST_DEFECTS {
            self.list.push(Defect { part, at, what });
        } else {
            self.more += 1;
        }
    }
}
