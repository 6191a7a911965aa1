//! Parts as octets: their Content fields, and what they carry (RFC 2045, 2046).

use mail_builder::headers::Header;
use mail_builder::headers::content_type::ContentType;
use memchr::memmem;

use super::body::{Body, Data, Disposition, Family, File, Text, TextKind};
use super::charset::Charset;
use super::encode::{Encoding, OCTETS_A_LINE, base64_len, in_lines, write_base64, write_quoted_printable};
use super::fields::start_field;
use super::flowed::flow;
use crate::identity::Mailbox;
use crate::octets::Chunk;

/// The Content fields of a message, the empty line and the body. It is MIME: `true`.
pub(super) fn write_body(out: &mut Vec<u8>, body: &Body, author: &Mailbox) -> bool {
    if let Body::Text(text) = body {
        write_text_part(out, text);
        return true;
    }
    let mut boundaries = Boundaries::of(author, out);
    let ready = Ready::of(body, &mut boundaries);
    // Once, so that a large mail does not grow into its place by copying.
    out.reserve_exact(ready.len());
    ready.write(out, true);
    true
}

/// A text as it was sent before MIME: nothing says what it is (RFC 5322 §2.3). Whether it had to be MIME all the same.
pub(super) fn write_bare_text(out: &mut Vec<u8>, text: &Text) -> bool {
    let lines = lines_of(text);
    if !(text.text.is_ascii() && Encoding::SevenBit.suits(&lines)) {
        write_text_part(out, text);
        return true;
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&lines);
    false
}

/// A text part: its Content fields, the empty line and the encoded text.
pub(in crate::mime) fn write_text_part(out: &mut Vec<u8>, text: &Text) {
    let ready = ReadyText::of(text);
    ready.write_fields(out);
    out.extend_from_slice(b"\r\n");
    ready.write(out);
}

/// The lines of a text, whatever ends them: CRLF, LF or CR. A line end at the very end begins no new line.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        rest = tail.strip_prefix("\r\n").or_else(|| tail.strip_prefix(['\r', '\n'])).unwrap_or(tail);
        Some(line)
    })
}

/// The text in lines that end with CRLF, in UTF-8.
fn lines_of(text: &Text) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.text.len() + text.text.len() / 32 + 2);
    let mut add = |line: &str| {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    };
    if text.flowed && text.kind == TextKind::Plain {
        flow(lines(&text.text)).iter().for_each(|line| add(line));
    } else {
        lines(&text.text).for_each(add);
    }
    out
}

/// A text whose charset and encoding are decided.
struct ReadyText<'a> {
    text: &'a Text,
    /// In its charset, in lines.
    bytes: Vec<u8>,
    charset: &'a str,
    encoding: Encoding,
}

impl<'a> ReadyText<'a> {
    fn of(text: &'a Text) -> ReadyText<'a> {
        let utf8 = lines_of(text);
        let (bytes, charset) = if text.text.is_ascii() && text.charset.is_utf8() {
            (utf8, Charset::US_ASCII.name())
        } else if text.charset.is_utf8() {
            (utf8, text.charset.name())
        } else {
            let encoded = std::str::from_utf8(&utf8).ok().and_then(|utf8| text.charset.encode(utf8));
            match encoded.map(std::borrow::Cow::into_owned) {
                Some(bytes) => (bytes, text.charset.name()),
                None => (utf8, "utf-8"),
            }
        };
        // The escapes of ISO-2022-JP are meant to be there (RFC 1468).
        let may_escape = charset == "iso-2022-jp";
        let odd = |b: &u8| (*b < b' ' && !matches!(b, b'\t' | b'\r' | b'\n' | 0x1b)) || *b == 0x7f;
        let has_odd_control = bytes.iter().any(|b| odd(b) || (*b == 0x1b && !may_escape));
        let as_it_is = |encoding: Encoding| !has_odd_control && encoding.suits(&bytes);
        let encoding = match text.encoding {
            Some(Encoding::Base64) => Encoding::Base64,
            Some(Encoding::QuotedPrintable) => Encoding::QuotedPrintable,
            _ if as_it_is(Encoding::SevenBit) => Encoding::SevenBit,
            Some(Encoding::EightBit) if as_it_is(Encoding::EightBit) => Encoding::EightBit,
            _ => Encoding::QuotedPrintable,
        };
        ReadyText { text, bytes, charset, encoding }
    }

    fn write_fields(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"Content-Type: text/");
        out.extend_from_slice(match self.text.kind {
            TextKind::Plain => b"plain",
            TextKind::Html => b"html",
        });
        out.extend_from_slice(b"; charset=");
        out.extend_from_slice(self.charset.as_bytes());
        if self.text.flowed && self.text.kind == TextKind::Plain {
            out.extend_from_slice(b"; format=flowed");
        }
        write_encoding(out, self.encoding);
    }

    fn len(&self) -> usize {
        match self.encoding {
            Encoding::Base64 => base64_len(self.bytes.len() as u64) as usize,
            Encoding::QuotedPrintable => self.bytes.len() * 2,
            Encoding::SevenBit | Encoding::EightBit => self.bytes.len(),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_encoded(out, &self.bytes, self.encoding);
    }
}

/// Ends the field above, and writes Content-Transfer-Encoding.
fn write_encoding(out: &mut Vec<u8>, encoding: Encoding) {
    out.extend_from_slice(b"\r\nContent-Transfer-Encoding: ");
    out.extend_from_slice(encoding.as_str().as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The octets in an encoding.
pub(in crate::mime) fn write_encoded(out: &mut Vec<u8>, bytes: &[u8], encoding: Encoding) {
    match encoding {
        Encoding::SevenBit | Encoding::EightBit => out.extend_from_slice(bytes),
        Encoding::Base64 => write_base64(out, bytes),
        // RFC 2045 §6.7 (4): line ends of what is no text are octets like others.
        Encoding::QuotedPrintable if !has_line_ends_only(bytes) => write_quoted_printable(out, bytes),
        Encoding::QuotedPrintable => {
            for (n, line) in bytes.split(|b| *b == b'\n').enumerate() {
                if n > 0 {
                    out.extend_from_slice(b"\r\n");
                }
                write_quoted_printable(out, line.strip_suffix(b"\r").unwrap_or(line));
            }
        }
    }
}

/// Whether CR and LF come as CRLF only.
fn has_line_ends_only(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        match rest[at..].strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None => return false,
        }
    }
    true
}

/// Parts whose fields, encodings and boundaries are decided.
enum Ready<'a> {
    Text(ReadyText<'a>),
    File(&'a File, Encoding),
    Message(&'a Chunk),
    Parts { family: Family, root: Option<&'static str>, boundary: String, is_8bit: bool, parts: Vec<Ready<'a>> },
}

impl<'a> Ready<'a> {
    fn of(body: &'a Body, boundaries: &mut Boundaries) -> Ready<'a> {
        match body {
            Body::Text(text) => Ready::Text(ReadyText::of(text)),
            Body::File(file) => Ready::File(file, file_encoding(file)),
            Body::Message(message) => Ready::Message(message),
            Body::Parts(family, parts) => {
                let parts: Vec<Ready<'_>> = parts.iter().map(|part| Ready::of(part, boundaries)).collect();
                let boundary = boundaries.next(&parts);
                let is_8bit = parts.iter().any(Ready::is_8bit);
                let root = parts.first().map(Ready::media_type);
                Ready::Parts { family: *family, root, boundary, is_8bit, parts }
            }
        }
    }

    /// The media type of the first of related parts (RFC 2387 §3.1).
    fn media_type(&self) -> &'static str {
        match self {
            Ready::Text(text) if text.text.kind == TextKind::Html => "text/html",
            Ready::Text(_) => "text/plain",
            Ready::File(..) => "application/octet-stream",
            Ready::Message(_) => "message/rfc822",
            Ready::Parts { family: Family::Alternative, .. } => "multipart/alternative",
            Ready::Parts { family: Family::Related, .. } => "multipart/related",
            Ready::Parts { .. } => "multipart/mixed",
        }
    }

    /// Whether it has octets above 127 as it stands (RFC 2045 §6.4: then all that it is part of says so).
    fn is_8bit(&self) -> bool {
        match self {
            Ready::Text(text) => text.encoding == Encoding::EightBit,
            Ready::File(_, encoding) => *encoding == Encoding::EightBit,
            Ready::Message(message) => !message.is_ascii() && can_be_nested(message),
            Ready::Parts { is_8bit, .. } => *is_8bit,
        }
    }

    /// Whether a boundary of this kind could be mistaken for something in here.
    fn holds(&self, boundary: &[u8]) -> bool {
        match self {
            Ready::Text(text) => memmem::find(&text.bytes, boundary).is_some(),
            Ready::File(File { data: Data::Octets(octets), .. }, _) => memmem::find(octets, boundary).is_some(),
            // What is made up has no `=_` in it.
            Ready::File(..) => false,
            Ready::Message(message) => memmem::find(message, boundary).is_some(),
            Ready::Parts { parts, .. } => parts.iter().any(|part| part.holds(boundary)),
        }
    }

    /// About how many octets it will have; rather too many than too few.
    fn len(&self) -> usize {
        const FIELDS: usize = 400;
        FIELDS
            + match self {
                Ready::Text(text) => text.len(),
                Ready::File(file, Encoding::Base64) => base64_len(file.data.len()) as usize,
                Ready::File(file, _) => file.data.len() as usize * 2,
                Ready::Message(message) => message.len(),
                Ready::Parts { boundary, parts, .. } => {
                    parts.iter().map(|part| part.len() + boundary.len() + 8).sum::<usize>()
                }
            }
    }

    fn write(&self, out: &mut Vec<u8>, is_top: bool) {
        match self {
            Ready::Text(text) => {
                text.write_fields(out);
                out.extend_from_slice(b"\r\n");
                text.write(out);
            }
            Ready::File(file, encoding) => write_file(out, file, *encoding),
            Ready::Message(message) if can_be_nested(message) => {
                out.extend_from_slice(b"Content-Type: message/rfc822\r\nContent-Disposition: inline");
                write_encoding(out, if message.is_ascii() { Encoding::SevenBit } else { Encoding::EightBit });
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(message);
            }
            // RFC 2046 §5.2.1 allows no encoding here: what cannot stand as it is goes as a file.
            Ready::Message(message) => {
                out.extend_from_slice(
                    b"Content-Type: application/octet-stream; name=\"message.eml\"\r\n\
                      Content-Disposition: attachment; filename=\"message.eml\"",
                );
                write_encoding(out, Encoding::Base64);
                out.extend_from_slice(b"\r\n");
                write_base64(out, message);
            }
            Ready::Parts { family, root, boundary, is_8bit, parts } => {
                out.extend_from_slice(b"Content-Type: multipart/");
                out.extend_from_slice(family.as_str().as_bytes());
                if let (Family::Related, Some(root)) = (family, root) {
                    out.extend_from_slice(format!("; type=\"{root}\"").as_bytes());
                }
                out.extend_from_slice(format!(";\r\n boundary=\"{boundary}\"").as_bytes());
                write_encoding(out, if *is_8bit { Encoding::EightBit } else { Encoding::SevenBit });
                if is_top {
                    out.extend_from_slice(b"\r\nThis is a multi-part message in MIME format.");
                }
                for part in parts {
                    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
                    part.write(out, false);
                }
                out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

/// Whether a mail may stand in another one as it is.
fn can_be_nested(message: &[u8]) -> bool {
    in_lines(message)
}

/// How a file travels: as it asks, where it may.
fn file_encoding(file: &File) -> Encoding {
    match (&file.data, file.encoding) {
        (_, Encoding::Base64 | Encoding::QuotedPrintable) => file.encoding,
        (Data::Octets(octets), encoding) if encoding == Encoding::EightBit && Encoding::SevenBit.suits(octets) => {
            Encoding::SevenBit
        }
        (Data::Octets(octets), encoding) if encoding.suits(octets) => encoding,
        (Data::Sample(_), _) if file.media_type.starts_with("text/") => Encoding::SevenBit,
        _ => Encoding::Base64,
    }
}

fn write_file(out: &mut Vec<u8>, file: &File, encoding: Encoding) {
    let mut media_type = ContentType::new(file.media_type.as_str());
    if file.media_type.starts_with("text/") {
        let charset = match &file.data {
            Data::Sample(_) => Some("us-ascii"),
            Data::Octets(octets) if octets.is_ascii() => Some("us-ascii"),
            Data::Octets(octets) => std::str::from_utf8(octets).ok().map(|_| "utf-8"),
        };
        if let Some(charset) = charset {
            media_type = media_type.attribute("charset", charset);
        }
    }
    if let Some(name) = &file.name {
        media_type = media_type.attribute("name", name.as_str());
    }
    start_field(out, "Content-Type");
    media_type.write_header(out, "Content-Type: ".len());
    let mut disposition = ContentType::new(match file.disposition {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    });
    if let Some(name) = &file.name {
        disposition = disposition.attribute("filename", name.as_str());
    }
    start_field(out, "Content-Disposition");
    disposition.write_header(out, "Content-Disposition: ".len());
    if let Some(id) = &file.content_id {
        let id: String = id.chars().filter(|c| c.is_ascii_graphic() && !"<>".contains(*c)).take(200).collect();
        out.extend_from_slice(format!("Content-ID: <{id}>\r\n").as_bytes());
    }
    // The line end of the field above is there already.
    out.truncate(out.len() - 2);
    write_encoding(out, encoding);
    out.extend_from_slice(b"\r\n");
    match (&file.data, encoding) {
        (Data::Octets(octets), Encoding::QuotedPrintable) => write_encoded(out, octets, encoding),
        (data, Encoding::QuotedPrintable) => {
            let mut whole = Vec::new();
            data.in_blocks(1 << 16, |block| whole.extend_from_slice(block));
            write_encoded(out, &whole, encoding);
        }
        (data, _) => data.in_blocks(OCTETS_A_LINE << 10, |block| write_encoded(out, block, encoding)),
    }
}

/// Boundaries that occur in no part, and of which none is the beginning of another (RFC 2046 §5.1.1): all have the same
/// length.
struct Boundaries {
    id: u64,
    next: u32,
}

impl Boundaries {
    /// Of a mail of this author with these header fields: the same mail gets the same boundaries.
    fn of(author: &Mailbox, header: &[u8]) -> Boundaries {
        // FNV-1a (Fowler, Noll, Vo): any function that spreads its input will do.
        let octets = author.as_str().bytes().chain(header.iter().copied());
        let id =
            octets.fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        Boundaries { id, next: 0 }
    }

    fn next(&mut self, parts: &[Ready<'_>]) -> String {
        loop {
            self.next += 1;
            // `=_` is in no quoted-printable and no base64 (RFC 2045 §6.7).
            let boundary = format!("=_{:016x}.{:06x}", self.id, self.next);
            if !parts.iter().any(|part| part.holds(boundary.as_bytes())) {
                return boundary;
            }
        }
    }
}
