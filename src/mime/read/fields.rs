//! What the header section of a message or part says, and what is wrong with it (RFC 5322 §3.6, RFC 2045, RFC 2183).

use super::addresses::is_identifier;
use super::encoding::Encoding;
use super::faults::Count;
use super::flaw::{Defects, Flaw};
use super::header::{HeaderField, What, entries};
use super::parameters::{self, Parsed};
use super::placing::{Words, check_words};
use super::words::charset;
use super::written;

/// So much of a header section is taken apart. Mail servers take less (Postfix 100 KiB, most others 1 MiB at most), and
/// nobody reads more.
pub const MOST_HEADER_BYTES: usize = 1 << 20;

/// What a header section says.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// None where nothing is said, or nothing that can be read.
    pub(super) media_type: Option<String>,
    pub(super) charset: Option<String>,
    /// The boundary, and where its field is.
    pub(super) boundary: Option<Vec<u8>>,
    /// Where the Content-Type is; the beginning of the header section where there is none.
    pub(super) type_at: usize,
    pub(super) encoding: Option<Encoding>,
    pub(super) encoding_at: usize,
    pub(super) disposition: Option<String>,
    pub(super) file_name: Option<String>,
    pub(super) content_id: Option<String>,
    /// A field that says how many bytes or lines the body has: what it says, where, and whether it counts lines.
    pub(super) lengths: Vec<Length>,
}

/// A field that says how long the body is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    pub(super) said: u64,
    pub(super) at: usize,
    pub(super) in_lines: bool,
}

/// Fields of which there may be one (RFC 5322 §3.6, RFC 2045 §3, RFC 2183 §2). The first `OF_MESSAGES` are about messages
/// only: in the header of a part they mean nothing (RFC 2046 §5.1).
const SINGLE: [&str; 17] = [
    "From",
    "To",
    "Cc",
    "Bcc",
    "Date",
    "Subject",
    "Message-ID",
    "Sender",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
    "Content-Description",
];
const OF_MESSAGES: usize = 12;
const NEEDED: [&str; 2] = ["From", "Date"];

/// What comes again and again in a header section.
#[derive(Default)]
struct Counts {
    no_colon: Count,
    bad_name: Count,
    space_before_colon: Count,
    blank_fold: Count,
    folded_to_nothing: Count,
}

/// A header section, and whose it is.
pub(super) struct Section<'a> {
    pub(super) bytes: &'a [u8],
    /// Where it begins in the mail.
    pub(super) base: usize,
    pub(super) part: usize,
    pub(super) is_message: bool,
    /// The media type where none is said (RFC 2045 §5.2, RFC 2046 §5.1.5).
    pub(super) default: &'static str,
}

/// Reads a header section.
pub(super) fn read(section: &Section<'_>, defects: &mut Defects) -> Said {
    let Section { bytes: header, base, part, is_message, .. } = *section;
    let cut = header.len() > MOST_HEADER_BYTES;
    let read = &header[..header.len().min(MOST_HEADER_BYTES)];
    let mut said = Said { type_at: base, encoding_at: base, ..Said::default() };
    let (mut counts, mut words) = (Counts::default(), Words::default());
    let mut seen = [0_u32; SINGLE.len()];
    let mut mime_at = None;
    // How many there are, and where they are said.
    let mut authors = (0, base);
    for entry in entries(read) {
        let at = base + entry.at;
        // The first line of a part cannot go on with anything.
        if let Some(blank) = entry.blank_fold {
            counts.blank_fold.add_many(entry.blank_folds, base + blank);
        }
        let field = match entry.what {
            What::Field { field, space_before_colon } => {
                if space_before_colon {
                    counts.space_before_colon.add(at);
                }
                field
            }
            What::NoColon => {
                counts.no_colon.add(at);
                continue;
            }
            What::BadName => {
                counts.bad_name.add(at);
                continue;
            }
            What::MailboxLine => {
                defects.add(part, at, Flaw::MailboxLine);
                continue;
            }
            What::Blank => continue,
        };
        if entry.is_folded && field.value.trim_ascii().is_empty() {
            counts.folded_to_nothing.add(at);
        }
        check_words(&field, base, &mut words);
        if field.name.len() > 8 && field.name[..8].eq_ignore_ascii_case(b"content-") && !field.is("Content-Length") {
            mime_at = mime_at.or(Some(at));
        }
        if let Some(single) = SINGLE.iter().position(|name| field.is(name))
            && (is_message || single >= OF_MESSAGES)
        {
            seen[single] += 1;
            if seen[single] > 1 {
                if seen[single] == 2 {
                    defects.add(part, at, Flaw::Duplicate { field: SINGLE[single] });
                }
                continue;
            }
        }
        if is_message
            && let Some(mailboxes) = written::check(&field, base, part, defects)
            && field.is("From")
        {
            authors = (mailboxes, at);
        }
        said.take(&field, section, defects);
    }
    counts.tell(part, defects);
    words.tell(part, defects);
    if cut {
        defects.add(part, base + MOST_HEADER_BYTES, Flaw::HeaderTooLong);
    }
    if is_message {
        let is_missing = |field: &str| SINGLE.iter().position(|name| *name == field).is_some_and(|i| seen[i] == 0);
        if part == 0 {
            for field in NEEDED.into_iter().filter(|field| is_missing(field)) {
                defects.add(part, base, Flaw::Missing { field });
            }
        } else if ["From", "Subject", "Date"].into_iter().all(is_missing) {
            // RFC 2046 §5.2.1 asks for less.
            defects.add(part, base, Flaw::MissingInside);
        }
        if authors.0 > 1 && is_missing("Sender") {
            defects.add(part, authors.1, Flaw::NoSender { authors: authors.0 });
        }
        if let Some(at) = mime_at
            && seen[OF_MESSAGES - 1] == 0
        {
            defects.add(part, at, Flaw::NoMimeVersion);
        }
    }
    said
}

impl Said {
    fn take(&mut self, field: &HeaderField<'_>, section: &Section<'_>, defects: &mut Defects) {
        let (base, part) = (section.base, section.part);
        let at = base + field.at;
        let parsed = |defects: &mut Defects| -> Parsed {
            let mut parsed = parameters::parse(field.value, field.is("Content-Type"));
            if let Some(broken) = parsed.broken {
                defects.add(part, base + field.value_at + broken, Flaw::BadParameter);
            }
            for (place, flaw) in std::mem::take(&mut parsed.wrong) {
                defects.add(part, base + field.value_at + place, flaw);
            }
            parsed
        };
        if field.is("Content-Type") {
            let parsed = parsed(defects);
            self.type_at = at;
            if !is_media_type(&parsed.main) {
                defects.add(part, at, Flaw::BadContentType { taken: section.default.to_owned() });
                return;
            }
            self.boundary = parsed.plain("boundary").map(<[u8]>::to_vec);
            if self.boundary.is_none() {
                self.boundary = parsed.text("boundary").map(String::into_bytes);
            }
            self.charset = parsed.text("charset").map(|name| name.trim().to_ascii_lowercase());
            if let Some(name) = &self.charset
                && charset(name.as_bytes()).is_none()
            {
                defects.add(part, at, Flaw::UnknownCharset { charset: name.clone() });
            }
            if self.file_name.is_none() {
                self.file_name = parsed.text("name").filter(|name| !name.trim().is_empty());
            }
            self.media_type = Some(parsed.main);
        } else if field.is("Content-Disposition") {
            let parsed = parsed(defects);
            if parsed.main.is_empty() || !is_token(&parsed.main) {
                defects.add(part, at, Flaw::BadDisposition);
            } else {
                self.disposition = Some(parsed.main.clone());
            }
            // An empty name is none, and hides no other.
            if let Some(name) = parsed.text("filename").filter(|name| !name.trim().is_empty()) {
                self.file_name = Some(name);
            }
        } else if field.is("Content-Transfer-Encoding") {
            let (name, behind) = parameters::one_word(field.value);
            let encoding = Encoding::named(&name);
            if let Some(behind) = behind {
                defects.add(part, base + field.value_at + behind, Flaw::BehindEncoding);
            }
            if let Encoding::Unknown(name) = &encoding {
                defects.add(part, at, Flaw::UnknownEncoding { encoding: name.clone() });
            }
            self.encoding = Some(encoding);
            self.encoding_at = at;
        } else if field.is("Content-ID") {
            if !is_identifier(field.value) {
                defects.add(part, at, Flaw::BadIdentifier { field: "Content-ID" });
            }
            let id = String::from_utf8_lossy(field.value).trim().to_owned();
            let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).map(str::to_owned);
            self.content_id = Some(inner.unwrap_or(id));
        } else if field.is("MIME-Version") {
            if parameters::without_comments(field.value) != "1.0" {
                defects.add(part, at, Flaw::BadMimeVersion);
            }
        } else if field.is("Content-Length") || field.is("Lines") {
            let number = std::str::from_utf8(field.value.trim_ascii()).ok().and_then(|n| n.parse().ok());
            let in_lines = field.is("Lines");
            // Of many, two are enough to see that something is wrong.
            if let Some(said) = number
                && self.lengths.len() < 2
            {
                self.lengths.push(Length { said, at, in_lines });
            }
        }
    }
}

/// `type/subtype` (RFC 2045 §5.1).
fn is_media_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b))
}

impl Counts {
    fn tell(self, part: usize, defects: &mut Defects) {
        let mut tell = |found: Count, flaw: fn(u64) -> Flaw| defects.add_found(part, 0, found, flaw);
        tell(self.no_colon, |count| Flaw::NoColon { count });
        tell(self.bad_name, |count| Flaw::BadFieldName { count });
        tell(self.space_before_colon, |count| Flaw::SpaceBeforeColon { count });
        tell(self.blank_fold, |count| Flaw::BlankFold { count });
        tell(self.folded_to_nothing, |count| Flaw::FoldedToNothing { count });
    }
}
