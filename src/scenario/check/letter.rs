//! What a mail says: text, parts, charset, encoding.

use super::Checker;
use super::headers::{headers, left_out};
use super::threads::{self, Relation};
use crate::agent::user::Letter;
use crate::mime::compose::{Charset, Family, Text, TextKind};
use crate::mime::read::words::decode_words;
use crate::mime::{Body, Content, Draft, Encoding, Party};
use crate::octets::{Chunk, Rope};
use crate::scenario::limits::MAX_MAIL_BYTES;
use crate::scenario::plan::MailPlan;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::tree::Node;
use crate::sim::calendar::Calendar;

/// Who is in the address fields.
pub(super) struct Addressed<'a> {
    pub(super) from: &'a Party,
    pub(super) to: Vec<Party>,
    pub(super) cc: Vec<Party>,
}

/// Fields that say something about what is composed, and have no say in what is sent as it is.
const OF_COMPOSED: [&str; 17] = [
    "subject",
    "text",
    "html",
    "charset",
    "encoding",
    "flowed",
    "inline",
    "attachments",
    "mime",
    "replies_to",
    "quote",
    "forwards",
    "message_id",
    "headers",
    "without",
    "size",
    "cc",
];

impl Checker {
    pub(super) fn letter(
        &mut self,
        fields: &Fields<'_>,
        place: usize,
        addressed: Addressed<'_>,
        about: Option<(Relation, &MailPlan)>,
    ) -> Option<Letter> {
        if let Some(node) = fields.get("raw") {
            return self.finished(fields, node, addressed.from);
        }
        let Addressed { from, to, cc } = addressed;
        let charset = fields.or("charset", Charset::UTF_8, |n| charset(&mut self.r, n));
        let subject =
            self.written_subject(fields, &charset, about.map(|(relation, mail)| (relation, mail.letter.subject())));
        let (body, is_mime) = self.body(fields, &charset, from, about)?;
        let names = [from].into_iter().chain(&to).chain(&cc).filter_map(|party| party.name.as_deref());
        if let (false, Some(node), Some(text)) =
            (is_mime, fields.get("mime"), names.chain([subject.as_str()]).find(|text| !text.is_ascii()))
        {
            let letter = text.chars().find(|c| !c.is_ascii()).unwrap_or('?');
            let message = format!("the header section needs MIME: `{letter}` would be an encoded word (RFC 2047)");
            let d = self.r.at(&node.span, "contradiction", message).label("before MIME there was ASCII");
            self.r.push(d.help("leave this out, or write what was possible in 1982"));
        }
        let r = &mut self.r;
        let size = fields.opt("size", |n| r.size(n, 1, MAX_MAIL_BYTES));
        if let (Some(_), Some(node), false) = (size, fields.get("size"), is_mime && matches!(body, Body::Text(_))) {
            let d = r.at(&node.span, "contradiction", "only a mail that is nothing but text is padded");
            let d = d.label("there are other parts, or it is not MIME");
            r.push(d.help("attach something of a size: Generated(name: \"photo.jpg\", size: \"3MB\")"));
        }
        let given = fields.opt("message_id", |n| message_id(r, n));
        let name = fields.opt("name", |n| r.line(n, 100));
        // By its place, since names that look alike in letters and digits may be two.
        let by_name = name.map(|name| format!("{}.{}@{}", slug(name), place + 1, from.mailbox.domain()));
        let answers = about.filter(|(relation, _)| *relation == Relation::Answers).map(|(_, mail)| mail);
        Some(Letter::Written(Box::new(Draft {
            from: from.clone(),
            to,
            cc,
            subject,
            charset,
            body,
            is_mime,
            in_reply_to: answers.and_then(threads::id).into_iter().collect(),
            references: answers.map(threads::conversation).unwrap_or_default(),
            headers: headers(r, fields),
            size,
            date: String::new(),
            message_id: given.map(str::to_owned).or(by_name).unwrap_or_default(),
            left_out: left_out(r, fields),
        })))
    }

    fn written_subject(&mut self, fields: &Fields<'_>, charset: &Charset, about: Option<(Relation, &str)>) -> String {
        if let Some(node) = fields.get("subject") {
            let subject = self.r.line(node, 900).unwrap_or_default();
            self.has_letters(charset, subject, node);
            return subject.to_owned();
        }
        match about {
            None => "(no subject)".to_owned(),
            Some((Relation::Answers, subject)) if starts_with_re(subject) => subject.to_owned(),
            Some((Relation::Answers, subject)) => format!("Re: {subject}"),
            Some((Relation::Forwards, subject)) => format!("Fwd: {subject}"),
        }
    }

    /// The body, and whether it is MIME.
    fn body(
        &mut self,
        fields: &Fields<'_>,
        charset: &Charset,
        from: &Party,
        about: Option<(Relation, &MailPlan)>,
    ) -> Option<(Body, bool)> {
        let encodings = [
            ("QuotedPrintable", Encoding::QuotedPrintable),
            ("Base64", Encoding::Base64),
            ("EightBit", Encoding::EightBit),
        ];
        let encoding = fields.opt("encoding", |n| self.r.choice(n, "how text travels", &encodings));
        let flowed = fields.or("flowed", false, |n| self.r.bool(n));
        let quotes = fields.or("quote", true, |n| self.r.bool(n));
        let written = |this: &mut Checker, kind: TextKind, name: &str| {
            let node = fields.get(name)?;
            let text = this.r.text(node)?.replace("\r\n", "\n").replace('\r', "\n");
            this.has_letters(charset, &text, node);
            let flowed = flowed && kind == TextKind::Plain;
            Some(Text { kind, text, charset: charset.clone(), encoding, flowed })
        };
        let plain = written(self, TextKind::Plain, "text");
        let html = written(self, TextKind::Html, "html");
        let has_html = html.is_some();
        let told = self.r.found.len();
        let inline = self.parts(fields, "inline", from);
        let is_whole = self.r.found.len() == told;
        if let (Some(node), false) = (fields.get("inline"), has_html) {
            let d = self.r.at(&node.span, "missing-field", "these pictures are for the HTML, and there is none");
            self.r.push(d.label("shown in what?").help("add html: \"..\", or make them attachments"));
        }
        // A picture with a mistake in it is there all the same.
        if let (Some(node), Some(html), true) = (fields.get("html"), &html, is_whole) {
            self.shown_pictures(node, &html.text, &inline);
        }
        let empty = Text { charset: charset.clone(), encoding, flowed, ..Text::new(TextKind::Plain, "") };
        let plain = match about.filter(|(relation, _)| *relation == Relation::Answers && quotes) {
            Some((_, original)) => {
                let plain = plain.unwrap_or(empty.clone());
                let text = quoted(original, &plain.text);
                Some(Text { text, ..plain })
            }
            None => plain,
        };
        let html = html.map(|html| {
            let html = Body::Text(html);
            if inline.is_empty() {
                html
            } else {
                Body::Parts(Family::Related, [html].into_iter().chain(inline.into_iter().map(Body::File)).collect())
            }
        });
        let text = match (plain.map(Body::Text), html) {
            (Some(plain), Some(html)) => Body::Parts(Family::Alternative, vec![plain, html]),
            (None, Some(html)) => html,
            (Some(plain), None) => plain,
            (None, None) => Body::Text(empty),
        };
        let mut attached = self.attachments(fields, from);
        if let Some((Relation::Forwards, original)) = about {
            attached.insert(0, Body::Message(self.as_sent(original)));
        }
        let body = if attached.is_empty() {
            text
        } else {
            attached.insert(0, text);
            Body::Parts(Family::Mixed, attached)
        };
        let is_mime = fields.or("mime", true, |n| self.r.bool(n));
        if let (false, Some(node)) = (is_mime, fields.get("mime")) {
            let fits = matches!(&body, Body::Text(text) if text.kind == TextKind::Plain && text.text.is_ascii()
                && text.text.lines().all(|line| line.len() <= 998));
            if !fits {
                let d = self.r.at(&node.span, "contradiction", "what this mail says needs MIME");
                let d = d.label("before MIME there was text in ASCII, in lines of at most 998 letters");
                self.r.push(d.help("leave this out, or write what was possible in 1982"));
            }
        }
        Some((body, is_mime))
    }

    /// A letter that the charset has not is told, rather than written in another charset.
    fn has_letters(&mut self, charset: &Charset, text: &str, node: &Node) {
        if charset.is_utf8() || charset.encode(text).is_some() {
            return;
        }
        let letter = charset.first_missing(text).unwrap_or('?');
        let d = self.r.at(&node.span, "bad-charset", format!("{charset} has no letter `{letter}`"));
        self.r.push(d.label("not in this charset").help("leave `charset` out: UTF-8 has all letters"));
    }

    /// A mail that is sent as it is.
    fn finished(&mut self, fields: &Fields<'_>, node: &Node, from: &Party) -> Option<Letter> {
        for field in OF_COMPOSED {
            if let Some(other) = fields.get(field) {
                let message = format!("a mail that is sent as it is has no `{field}` beside it");
                let d = self.r.at(&other.span, "contradiction", message).label("the file says that itself");
                self.r.push(d.also(node.span.clone(), "the file"));
            }
        }
        let content = Content::scan(Rope::from(in_lines(self.file(node)?)));
        // Mail may be as broken as anybody likes, but something must show that it is one.
        let start = content.rope().slice(0..content.rope().len().min(1000)).to_vec();
        if !begins_with_a_field(&start) {
            let is_mailbox = start.starts_with(b"From ");
            let (message, help) = if is_mailbox {
                ("this file is a mailbox with many mails (mbox)", "write each of them into a file of its own")
            } else {
                (
                    "this file is no mail: it does not begin with a header field",
                    "a mail begins with lines such as Subject: Hello",
                )
            };
            let d = self.r.at(&node.span, "bad-file", message).label("sent as it is?");
            self.r.push(d.help(help));
            return None;
        }
        let subject = content.first("Subject").unwrap_or_default();
        let subject = decode_words(&subject).split_whitespace().collect::<Vec<_>>().join(" ");
        let subject = if subject.is_empty() { "(no subject)".to_owned() } else { subject };
        Some(Letter::Finished { author: from.mailbox.clone(), subject, content })
    }

    /// A mail of the plan as its author has sent it.
    fn as_sent(&self, mail: &MailPlan) -> Chunk {
        let content = match &mail.letter {
            Letter::Finished { content, .. } => content.clone(),
            Letter::Written(draft) => {
                let minutes = self.names.zone_minutes;
                let mut draft = draft.clone();
                if !draft.left_out.date {
                    draft.date = Calendar::new(self.plan.start_unix_secs, minutes).rfc5322(mail.at);
                }
                draft.compose()
            }
        };
        match content.rope().chunks() {
            [whole] => whole.clone(),
            _ => Chunk::text(content.rope().to_vec()),
        }
    }
}

/// Octets whose lines end with CRLF: a text that has no CR has been written with line ends of a file system.
pub(super) fn in_lines(octets: Chunk) -> Chunk {
    if memchr::memchr(b'\r', &octets).is_some() {
        return Chunk::text(octets.to_vec());
    }
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    for line in octets.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                out.extend_from_slice(line);
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    Chunk::text(out)
}

/// RFC 5322 §2.2, and the blanks before the colon of §4.5.
fn begins_with_a_field(mail: &[u8]) -> bool {
    let name = mail.split(|b| *b == b':').next().unwrap_or_default();
    name.len() < mail.len() && !name.is_empty() && name.trim_ascii_end().iter().all(u8::is_ascii_graphic)
}

/// The text of an answer: who said what, and then what is new.
fn quoted(original: &MailPlan, answer: &str) -> String {
    let author = threads::author(original);
    let name = author.name.unwrap_or_else(|| author.mailbox.as_str().to_owned());
    let mut out = format!("{name} wrote:\n");
    for line in threads::text(original).lines() {
        // RFC 3676 §4.5: one more sign for each time that something is quoted.
        let gap = if line.starts_with('>') || line.is_empty() { "" } else { " " };
        out += &format!(">{gap}{line}\n");
    }
    out += "\n";
    out += answer;
    out
}

fn starts_with_re(subject: &str) -> bool {
    subject.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"))
}

fn charset(r: &mut Reader, node: &Node) -> Option<Charset> {
    let name = r.line(node, 60)?;
    let charset = Charset::named(name);
    if charset.is_none() {
        let d = r.at(&node.span, "bad-charset", format!("`{name}` is not a charset for mail"));
        let d = d.label("expected one such as \"iso-8859-1\"");
        r.push(d.note("the charsets are those of the Encoding Standard, without UTF-16"));
    }
    charset
}

fn message_id<'n>(r: &mut Reader, node: &'n Node) -> Option<&'n str> {
    let id = r.line(node, 200)?;
    let good = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'@' | b'"' | b'(' | b')');
    let fits = id.split_once('@').is_some_and(|(left, right)| {
        !left.is_empty() && !right.is_empty() && left.bytes().all(good) && right.bytes().all(good)
    });
    if !fits {
        let d = r.at(&node.span, "bad-value", format!("`{id}` is not a message id")).label("expected left@right");
        r.push(d.note("it has no brackets here, and no spaces (RFC 5322 §3.6.4)"));
        return None;
    }
    Some(id)
}

/// A name as the left part of a message id.
fn slug(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let slug: String = letters.take(40).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "mail".to_owned() } else { slug.to_owned() }
}
