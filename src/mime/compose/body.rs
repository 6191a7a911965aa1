//! What a mail is made of: text, files, other mail, and the families that hold them together (RFC 2046).

use super::charset::Charset;
use super::encode::Encoding;
use super::sample::Sample;
use crate::octets::Chunk;

/// A body, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text that people read.
    Text(Text),
    /// Several parts.
    Parts(Family, Vec<Body>),
    /// A picture, a document.
    File(File),
    /// Another mail, whole: `message/rfc822` (RFC 2046 §5.2.1). Its lines end with CRLF.
    Message(Chunk),
}

impl Body {
    /// Nothing but text, as plain as it can be.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Body {
        Body::Text(Text::new(TextKind::Plain, text))
    }
}

/// How the parts of a multipart belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The same thing in several forms, the best one last (RFC 2046 §5.1.4).
    Alternative,
    /// One thing that needs the others to be shown (RFC 2387).
    Related,
    /// Different things (RFC 2046 §5.1.3).
    Mixed,
    /// Mails (RFC 2046 §5.1.5).
    Digest,
}

impl Family {
    /// The subtype of `multipart`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Alternative => "alternative",
            Family::Related => "related",
            Family::Mixed => "mixed",
            Family::Digest => "digest",
        }
    }
}

/// The two kinds of text that people write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextKind {
    /// `text/plain`.
    #[default]
    Plain,
    /// `text/html`.
    Html,
}

/// Text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// `text/plain` or `text/html`.
    pub kind: TextKind,
    /// What it says, with any line ends.
    pub text: String,
    /// In which letters. Where it has not all that the text needs, UTF-8 takes its place. What is ASCII goes as
    /// `us-ascii` where this is UTF-8.
    pub charset: Charset,
    /// How it travels; `None`: as it is where it is ASCII in lines, else as quoted-printable. What may not travel as it
    /// is goes as quoted-printable all the same.
    pub encoding: Option<Encoding>,
    /// Whether readers may break its lines elsewhere (RFC 3676): its long lines are broken softly. For plain text.
    pub flowed: bool,
}

impl Text {
    /// Text in UTF-8, as plain as it can be.
    #[must_use]
    pub fn new(kind: TextKind, text: impl Into<String>) -> Text {
        Text { kind, text: text.into(), charset: Charset::UTF_8, encoding: None, flowed: false }
    }
}

/// How a file is shown (RFC 2183 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// When somebody asks for it.
    Attachment,
    /// With the text around it.
    Inline,
}

/// A picture, a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Type and subtype, such as `image/jpeg`.
    pub media_type: String,
    /// What it is called.
    pub name: Option<String>,
    /// How it is shown.
    pub disposition: Disposition,
    /// By which the HTML beside it names it (`cid:`, RFC 2392), without angle brackets.
    pub content_id: Option<String>,
    /// How it travels. What may not travel as it is goes as base64.
    pub encoding: Encoding,
    /// Its octets.
    pub data: Data,
}

/// The octets of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// These.
    Octets(Chunk),
    /// Made up, block by block.
    Sample(Sample),
}

impl Data {
    /// How many octets there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Data::Octets(octets) => octets.len() as u64,
            Data::Sample(sample) => sample.size_bytes(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hands over all octets, in blocks of `block` but for the last: a file of 100 MB is never in memory as a whole for
    /// being written.
    pub fn in_blocks(&self, block: usize, mut take: impl FnMut(&[u8])) {
        match self {
            Data::Octets(octets) => octets.chunks(block).for_each(take),
            Data::Sample(sample) => {
                let mut buffer = vec![0; block.min(usize::try_from(sample.size_bytes()).unwrap_or(block))];
                let mut at = 0;
                while at < sample.size_bytes() {
                    let len = usize::try_from(sample.size_bytes() - at).map_or(block, |rest| rest.min(block));
                    sample.fill(at, &mut buffer[..len]);
                    take(&buffer[..len]);
                    at += len as u64;
                }
            }
        }
    }
}
