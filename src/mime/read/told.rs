//! What each flaw is called, where the standards speak of it, and how it is said.

use super::flaw::Flaw;

impl Flaw {
    /// Code, place in the standards, and sentence.
    pub(super) fn told(&self) -> (&'static str, &'static str, String) {
        match self {
            Flaw::BareLf { count, are_all: false } => {
                ("bare-lf", "RFC 5322 §2.3", format!("{} with LF alone, not with CRLF", ends(*count)))
            }
            Flaw::BareLf { count, .. } => (
                "bare-lf",
                "RFC 5322 §2.3",
                format!("{} with LF alone, as all do here and in files on Unix; on its way, mail has CRLF", ends(*count)),
            ),
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
            Flaw::NotAscii { count, is_said } => (
                "not-ascii",
                "RFC 2046 §4.1.2",
                format!(
                    "{} above 127 in text of US-ASCII{}",
                    some(*count, "byte", "bytes"),
                    if *is_said { "" } else { ", which is the charset where none is named" }
                ),
            ),
            Flaw::NotInCharset { charset, count } => (
                "not-in-charset",
                "RFC 2046 §4.1.2",
                format!("text that the charset `{charset}` does not have{}", times(*count)),
            ),
            Flaw::MoreMails { count } => (
                "more-mails",
                "RFC 4155",
                format!("{} behind this one, each below a line `From ` of its own", some(*count, "more mail", "more mails")),
            ),
            Flaw::BadAddresses { field } => {
                ("bad-addresses", "RFC 5322 §3.4", format!("the addresses of {field} cannot be read from here on"))
            }
            Flaw::EmptyField { field } => (
                "empty-field",
                match *field {
                    "To" | "Cc" => "RFC 5322 §3.6.3",
                    field if field.starts_with("Resent-") => "RFC 5322 §3.6.6",
                    _ => "RFC 5322 §3.6.2",
                },
                format!("a {field} field with nobody in it"),
            ),
            Flaw::ManySenders { field } => {
                ("many-senders", "RFC 5322 §3.6.2", format!("more than one address in {field}: one person sends a mail"))
            }
            Flaw::NoSender { authors } => (
                "no-sender",
                "RFC 5322 §3.6.2",
                format!("{authors} authors, and no Sender field that says which of them sent it"),
            ),
            Flaw::BadDate { field } => {
                ("bad-date", "RFC 5322 §3.3", format!("the {field} cannot be read as day, month, year and time"))
            }
            Flaw::Weekday { field, is } => {
                ("weekday", "RFC 5322 §3.3", format!("the weekday of {field} is not that of its day, which is a {is}"))
            }
            Flaw::BadIdentifier { field } => (
                "bad-identifier",
                if field.starts_with("Content-") { "RFC 2045 §7" } else { "RFC 5322 §3.6.4" },
                format!("the {field} is no `<left@right>`"),
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
                let rfc = match *field {
                    "Content-Disposition" => "RFC 2183 §2",
                    "MIME-Version" => "RFC 2045 §3",
                    field if field.starts_with("Content-") => "RFC 2045 §3",
                    _ => "RFC 5322 §3.6",
                };
                ("duplicate", rfc, format!("a second {field} field; the first one counts"))
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
            Flaw::BadMimeVersion => ("bad-mime-version", "RFC 2045 §4", "the MIME-Version is not `1.0` and nothing else".into()),
            Flaw::BadContentType { taken } => (
                "bad-content-type",
                "RFC 2045 §5.2",
                format!("the Content-Type cannot be read; {taken} is taken for granted, as where there is none"),
            ),
            Flaw::BadDisposition => ("bad-disposition", "RFC 2183 §2", "the Content-Disposition cannot be read".into()),
            Flaw::BadParameter => (
                "bad-parameter",
                "RFC 2045 §5.1",
                "a parameter that is not written as it should be; quotes are missing perhaps".into(),
            ),
            Flaw::ParameterTwice { name, is_type } => (
                "parameter-twice",
                if *is_type { "RFC 6838 §4.3" } else { "" },
                format!("the parameter `{name}` comes twice; the first one counts"),
            ),
            Flaw::ParameterGap { name } => (
                "parameter-gap",
                "RFC 2231 §3",
                format!("pieces of the parameter `{name}` are missing; those that are there are joined"),
            ),
            Flaw::ParameterCharset { charset } => (
                "parameter-charset",
                "RFC 2231 §4",
                format!("a parameter in the charset `{charset}`, which this program does not know"),
            ),
            Flaw::ParameterWithoutCharset => (
                "parameter-without-charset",
                "RFC 2231 §4",
                "an extended parameter without the two quotes behind charset and language".into(),
            ),
            Flaw::ParameterEscape => (
                "parameter-escape",
                "RFC 2231 §4",
                "`%` without two hexadecimal digits behind it in a parameter, kept as it is".into(),
            ),
            Flaw::BehindEncoding => (
                "behind-encoding",
                "RFC 2045 §6.1",
                "something stands behind the transfer encoding; it is passed over".into(),
            ),
            Flaw::NotSevenBit { media_type, encoding } => (
                "not-7bit",
                if media_type == "message/partial" { "RFC 2046 §5.2.2" } else { "RFC 2046 §5.2.3" },
                format!("{encoding} for {media_type}, which has to be 7bit"),
            ),
            Flaw::ExternalWithoutId => (
                "external-without-id",
                "RFC 2046 §5.2.3",
                "a body that lies elsewhere has no Content-ID, by which it would be known".into(),
            ),
            Flaw::UnknownCharset { charset } => (
                "unknown-charset",
                "RFC 2046 §4.1.2",
                format!("this program does not know the charset `{charset}`, be it registered or not"),
            ),
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
                format!("an encoded word inside quotes, where it stands for itself; many programs decode it, as is done here{}", times(*count)),
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
            Flaw::WordCut { count } => (
                "word-cut",
                "RFC 2047 §5",
                format!("an encoded word that holds other than whole characters of its charset{}", times(*count)),
            ),
            Flaw::WordLetters { count } => (
                "word-letters",
                "RFC 2047 §5",
                format!("an encoded word in a name, with characters that have to be encoded there{}", times(*count)),
            ),
            Flaw::WordCharset { charset } => (
                "word-charset",
                "RFC 2047 §3",
                format!("an encoded word in the charset `{charset}`, which this program does not know; it stays as it is"),
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
            Flaw::BoundaryLookalike { count } => (
                "boundary-lookalike",
                "RFC 2046 §5.1.1",
                format!(
                    "a line that begins with the boundary and goes on; it counts as text here, and as a boundary elsewhere{}",
                    times(*count)
                ),
            ),
            Flaw::NoEmptyLine => (
                "no-empty-line",
                "RFC 2046 §5.1",
                "a boundary follows the header section of a part, without the empty line between them".into(),
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
            Flaw::QuotedSmall { count } => (
                "quoted-small",
                "RFC 2045 §6.7",
                format!("an escape with small letters, which is formally illegal{}", times(*count)),
            ),
            Flaw::QuotedEnd => {
                ("quoted-end", "RFC 2045 §6.7", "`=` as the last character, with no line behind it to go on with".into())
            }
            Flaw::QuotedControl { count } => (
                "quoted-control",
                "RFC 2045 §6.7",
                format!("a control character that should be encoded{}", times(*count)),
            ),
        }
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
