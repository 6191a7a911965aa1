//! Files that come along with a mail.

use super::Checker;
use super::letter::in_lines;
use crate::mime::compose::{Data, Disposition, File, Sample};
use crate::mime::{Body, Encoding, Party};
use crate::octets::Chunk;
use crate::scenario::presets;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::{ATTACHMENTS, INLINE};
use crate::scenario::tree::{Kind, Node};

/// The largest file that is made up. As base64 it is just below the largest mail.
const LARGEST: u64 = 140 << 20;

impl Checker {
    /// Reads the files that a scenario names, so that those who look at them later know.
    pub(super) fn collect(&mut self, node: &Node, files: &mut dyn crate::scenario::Files) {
        match &node.kind {
            Kind::Struct(_, fields) => {
                for (word, value) in fields {
                    if let ("path" | "raw", Kind::Text(path)) = (word.text.as_str(), &value.kind)
                        && is_below(path)
                        && !self.attached.contains_key(path)
                    {
                        self.attached.insert(path.clone(), files.read(path));
                    }
                    self.collect(value, files);
                }
            }
            Kind::Map(entries) => entries.iter().for_each(|(_, value)| self.collect(value, files)),
            Kind::Tuple(_, items) | Kind::List(items) => items.iter().for_each(|item| self.collect(item, files)),
            _ => {}
        }
    }

    /// The octets of a file beside the scenario.
    pub(super) fn file(&mut self, node: &Node) -> Option<Chunk> {
        let path = self.r.text(node)?;
        if !is_below(path) {
            let d = self.r.at(&node.span, "bad-path", format!("`{path}` is not a file below this scenario's folder"));
            let d = d.label("expected a path such as \"letters/photo.jpg\"");
            self.r.push(d.note("it has `/` between its parts, and no part is empty, `.` or `..`"));
            return None;
        }
        match self.attached.get(path) {
            Some(Ok(octets)) => Some(octets.clone()),
            Some(Err(why)) => {
                let d = self.r.at(&node.span, "bad-file", format!("cannot read `{path}`: {why}"));
                self.r.push(d.label("looked for beside the scenario"));
                None
            }
            None => None,
        }
    }

    /// Attachments, each of any kind.
    pub(super) fn attachments(&mut self, fields: &Fields<'_>, from: &Party) -> Vec<Body> {
        let items = fields.items(&mut self.r, "attachments", "attachments");
        let mut all = Vec::with_capacity(items.len());
        for node in items {
            let Some(fields) = self.r.variant(node, "something to attach", ATTACHMENTS) else { continue };
            if fields.shape.name == "Message" {
                let octets = fields.get("path").and_then(|n| self.file(n).map(|octets| (n, octets)));
                if let Some((node, octets)) = octets {
                    all.extend(self.message(node, in_lines(octets)));
                }
            } else {
                all.extend(self.attached_file(&fields, Disposition::Attachment, from).map(Body::File));
            }
        }
        all
    }

    /// Pictures within the text.
    pub(super) fn parts(&mut self, fields: &Fields<'_>, name: &str, from: &Party) -> Vec<File> {
        let items = fields.items(&mut self.r, name, "pictures");
        let mut all: Vec<File> = Vec::with_capacity(items.len());
        for node in items {
            let Some(fields) = self.r.variant(node, "something to show", INLINE) else { continue };
            let file = self.attached_file(&fields, Disposition::Inline, from);
            if fields.get("cid").is_none() {
                let d = self.r.at(&node.span, "missing-field", "the HTML cannot name this").label("add `cid: ..`");
                self.r
                    .push(d.help("cid: \"logo@green.example\", and <img src=\"cid:logo@green.example\"> in the HTML"));
            }
            all.extend(file);
        }
        all
    }

    /// Whether the pictures that HTML shows are there.
    pub(super) fn shown_pictures(&mut self, node: &Node, html: &str, inline: &[File]) {
        for piece in html.split("cid:").skip(1) {
            let id: &str = piece.split(['"', '\'', ' ', '>', ')']).next().unwrap_or_default();
            if id.is_empty() || inline.iter().any(|file| file.content_id.as_deref() == Some(id)) || self.r.is_full() {
                continue;
            }
            let d = self.r.at(&node.span, "unknown-picture", format!("the HTML shows `cid:{id}`, which is not there"));
            let known: Vec<&str> = inline.iter().filter_map(|file| file.content_id.as_deref()).collect();
            let d = d.label("no picture of `inline` has this `cid`").did_you_mean(id, known);
            self.r.push(d);
        }
    }

    /// A mail as a part.
    fn message(&mut self, node: &Node, octets: Chunk) -> Option<Body> {
        if Encoding::EightBit.suits(&octets) {
            return Some(Body::Message(octets));
        }
        let message = "this mail cannot be part of another one as it is";
        let d = self.r.at(&node.span, "bad-file", message).label("lines over 998 octets, NUL, or a bare CR or LF");
        let d = d.note("message/rfc822 may not be encoded (RFC 2046 §5.2.1)");
        self.r.push(d.help("attach it as a file: File(path: \"..\", type: \"application/octet-stream\")"));
        None
    }

    fn attached_file(&mut self, fields: &Fields<'_>, disposition: Disposition, from: &Party) -> Option<File> {
        let named = fields.opt("name", |n| self.r.line(n, 400)).map(str::to_owned);
        let path = (fields.shape.name == "File").then(|| fields.get("path"));
        let octets = path.map(|node| node.and_then(|node| self.file(node)));
        let r = &mut self.r;
        let last = path.flatten().and_then(|n| match &n.kind {
            Kind::Text(path) => path.rsplit('/').next().map(str::to_owned),
            _ => None,
        });
        let name = named.or(last);
        let by_name = || name.as_deref().map_or(OCTETS, by_name).to_owned();
        let media_type = match fields.get("type") {
            Some(node) => media_type(r, node)?,
            None => by_name(),
        };
        let encodings = [
            ("Base64", Encoding::Base64),
            ("QuotedPrintable", Encoding::QuotedPrintable),
            ("EightBit", Encoding::EightBit),
            ("SevenBit", Encoding::SevenBit),
        ];
        let possible = if octets.is_some() { &encodings[..] } else { &encodings[..2] };
        let encoding = fields.or("encoding", Encoding::Base64, |n| r.choice(n, "how a file travels", possible));
        let content_id = fields.opt("cid", |n| content_id(r, n, from));
        let data = match octets {
            Some(octets) => Data::Octets(octets?),
            None => {
                let least = Sample::least(&media_type);
                let size = fields.opt("size", |n| r.size(n, 0, LARGEST))?;
                if let (true, Some(node)) = (size < least, fields.get("size")) {
                    let size = presets::bytes(least);
                    return r.bad_value(
                        &node.span,
                        format!("no {media_type} is so small"),
                        &format!("at least {size}"),
                    );
                }
                // Different files have different noise.
                let seed = name
                    .as_deref()
                    .unwrap_or_default()
                    .bytes()
                    .fold(0, |seed: u64, b| seed.wrapping_mul(31).wrapping_add(u64::from(b)));
                Data::Sample(Sample::new(&media_type, size, seed))
            }
        };
        if let (Data::Octets(octets), Some(node), false) =
            (&data, fields.get("encoding"), matches!(&data, Data::Octets(octets) if encoding.suits(octets)))
        {
            let message = format!("this file cannot travel as {}", encoding.as_str());
            let why = if octets.is_ascii() || encoding == Encoding::EightBit {
                "it has lines over 998 octets, NUL, or line ends other than CRLF"
            } else {
                "it has octets above 127"
            };
            let d = r.at(&node.span, "bad-value", message).label(why);
            r.push(d.help("Base64 takes everything"));
        }
        Some(File { media_type, name, disposition, content_id, encoding, data })
    }
}

/// Whether a path leads to below where it begins, on every system.
fn is_below(path: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && !matches!(part, "." | "..")
            && !part.contains(['\\', ':', '\0'])
            && !part.chars().any(char::is_control)
    };
    path.len() <= 1000 && path.split('/').all(good)
}

/// A part that says nothing about itself.
const OCTETS: &str = "application/octet-stream";

/// The media type that a name stands for.
fn by_name(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    const TYPES: [(&str, &str); 18] = [
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("gif", "image/gif"),
        ("svg", "image/svg+xml"),
        ("pdf", "application/pdf"),
        ("txt", "text/plain"),
        ("csv", "text/csv"),
        ("html", "text/html"),
        ("ics", "text/calendar"),
        ("vcf", "text/vcard"),
        ("json", "application/json"),
        ("xml", "application/xml"),
        ("zip", "application/zip"),
        ("gz", "application/gzip"),
        ("mp3", "audio/mpeg"),
        ("mp4", "video/mp4"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ];
    TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(end)).map_or(OCTETS, |(_, media_type)| media_type)
}

/// A media type that a file can have (RFC 2045 §5.1).
fn media_type(r: &mut Reader, node: &Node) -> Option<String> {
    let text = r.line(node, 120)?;
    let token = |text: &str| {
        let special = |b: u8| b"()<>@,;:\\\"/[]?=".contains(&b);
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !special(b))
    };
    let parts = text.split_once('/').filter(|(kind, subtype)| token(kind) && token(subtype));
    let Some((kind, _)) = parts else {
        return r.bad_value(&node.span, format!("`{text}` is not a media type"), "expected one such as \"image/jpeg\"");
    };
    if ["multipart", "message"].iter().any(|own| own.eq_ignore_ascii_case(kind)) {
        let d = r.at(&node.span, "bad-value", format!("a file is no `{kind}`")).label("this is not for files");
        r.push(d.help("mail within mail is Message(path: \"..\")"));
        return None;
    }
    Some(text.to_ascii_lowercase())
}

/// A content id (RFC 2392 §2).
fn content_id(r: &mut Reader, node: &Node, from: &Party) -> Option<String> {
    let id = r.line(node, 200)?;
    let good = |b: u8| b.is_ascii_graphic() && !b"<>()\"'@ ".contains(&b);
    let fits = id.split_once('@').is_some_and(|(left, right)| {
        !left.is_empty() && !right.is_empty() && left.bytes().all(good) && right.bytes().all(good)
    });
    if !fits {
        let d = r.at(&node.span, "bad-value", format!("`{id}` is not a content id")).label("expected left@right");
        r.push(d.help(format!("such as \"logo@{}\": it is there once in the world (RFC 2392)", from.mailbox.domain())));
        return None;
    }
    Some(id.to_owned())
}
