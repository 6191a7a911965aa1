//! BODY and BODYSTRUCTURE (RFC 3501 §7.4.2).

use imap_codec::imap_types::body::{
    BasicFields, Body, BodyStructure, Disposition, Language, Location, MultiPartExtensionData, SinglePartExtensionData,
    SpecificFields,
};
use imap_codec::imap_types::core::{IString, NString, Vec1};

use super::envelope;
use super::lines::Lines;
use super::numbering::Shape;
use super::reading::Reading;
use super::strings::{nstring, number, string, unfolded};
use crate::mime::read::{self, Part, WithParameters, with_parameters};

type Parameters = Vec<(IString<'static>, IString<'static>)>;

/// The parts of a mail, nested as they are, with what they say of themselves; `extensible` says whether with the extension data
/// of BODYSTRUCTURE, or without as in BODY. The size of a part is that of its section, and its lines are the line feeds in it: what
/// stands in front of a boundary without a line end of its own is no line, as in Dovecot.
///
/// Types and encodings are in upper case as in the examples of the RFC, parameters as they are written, without the joining of
/// RFC 2231. A text that names no charset is told as `us-ascii` (RFC 2045 §5.2).
///
/// A multipart that could not be taken apart is told with one part of plain text, which is all of its body, and one without parts
/// with an empty one (Dovecot has an empty one for both). A message in base64 is told as if it were empty inside. `message/global`
/// has no envelope here, as in RFC 3501 and in Dovecot.
#[must_use]
pub fn body_structure(reading: &Reading, extensible: bool) -> BodyStructure<'static> {
    Teller { reading, extensible, lines: Lines::of(reading) }.part(0)
}

struct Teller<'a> {
    reading: &'a Reading,
    extensible: bool,
    lines: Lines,
}

impl Teller<'_> {
    /// Parts lie no deeper than the reader of mails lets them.
    fn part(&self, index: usize) -> BodyStructure<'static> {
        let part = &self.reading.tree().parts[index];
        let header = self.reading.fields(part.header.clone());
        let said = Said::of(&header, part);
        let bodies = match self.reading.numbering().shape(index) {
            Shape::Multipart => {
                self.reading.numbering().children(index).iter().map(|child| self.part(*child)).collect()
            }
            Shape::Whole => vec![self.whole(part)],
            Shape::Empty => vec![self.nothing()],
            Shape::Leaf => return self.single(part, said, None),
            Shape::Message(inside) => {
                let header = self.reading.tree().parts[inside].header.clone();
                let envelope = envelope::of_header(&self.reading.fields(header));
                return self.single(part, said, Some((envelope, self.part(inside))));
            }
            Shape::Closed => return self.single(part, said, Some((envelope::empty(), self.nothing()))),
        };
        BodyStructure::Multi {
            bodies: Vec1::try_from(bodies).expect("a multipart is told with one part at least"),
            subtype: subtype(part),
            extension_data: self
                .extensible
                .then(|| MultiPartExtensionData { parameter_list: said.parameters.clone(), tail: Some(said.tail()) }),
        }
    }

    /// A part that holds no others, or a message with its envelope and what it has inside.
    fn single(
        &self,
        part: &Part,
        said: Said,
        message: Option<(imap_codec::imap_types::envelope::Envelope<'static>, BodyStructure<'static>)>,
    ) -> BodyStructure<'static> {
        let specific = match message {
            Some((envelope, inside)) if part.media_type == "message/rfc822" => SpecificFields::Message {
                envelope: Box::new(envelope),
                body_structure: Box::new(inside),
                number_of_lines: self.lines(part),
            },
            _ if part.top_type() == "text" => {
                SpecificFields::Text { subtype: subtype(part), number_of_lines: self.lines(part) }
            }
            _ => SpecificFields::Basic { r#type: upper(part.top_type()), subtype: subtype(part) },
        };
        let basic = BasicFields {
            parameter_list: said.parameters.clone(),
            id: said.id.clone(),
            description: said.description.clone(),
            content_transfer_encoding: upper(part.encoding.as_str()),
            size: number(part.wire_bytes()),
        };
        self.told(basic, specific, said)
    }

    fn told(
        &self,
        basic: BasicFields<'static>,
        specific: SpecificFields<'static>,
        said: Said,
    ) -> BodyStructure<'static> {
        let extension = || SinglePartExtensionData { md5: said.md5.clone(), tail: Some(said.tail()) };
        BodyStructure::Single { body: Body { basic, specific }, extension_data: self.extensible.then(extension) }
    }

    /// The body of a multipart that could not be taken apart.
    fn whole(&self, part: &Part) -> BodyStructure<'static> {
        let (encoding, size, lines) = (part.encoding.as_str(), part.wire_bytes(), self.lines(part));
        self.plain_text(encoding, number(size), lines)
    }

    /// An empty part.
    fn nothing(&self) -> BodyStructure<'static> {
        self.plain_text("7bit", 0, 0)
    }

    fn plain_text(&self, encoding: &str, size: u32, number_of_lines: u32) -> BodyStructure<'static> {
        let basic = BasicFields {
            parameter_list: vec![us_ascii()],
            id: NString::NIL,
            description: NString::NIL,
            content_transfer_encoding: upper(encoding),
            size,
        };
        self.told(basic, SpecificFields::Text { subtype: upper("plain"), number_of_lines }, Said::default())
    }

    fn lines(&self, part: &Part) -> u32 {
        number(self.lines.in_body(&part.body))
    }
}

fn upper(text: &str) -> IString<'static> {
    string(text.to_ascii_uppercase().as_bytes())
}

fn subtype(part: &Part) -> IString<'static> {
    upper(part.media_type.split_once('/').map_or("", |(_, subtype)| subtype))
}

fn us_ascii() -> (IString<'static>, IString<'static>) {
    (string(b"charset"), string(b"us-ascii"))
}

/// What the header section of a part says of it, beside what the reader keeps.
#[derive(Default)]
struct Said {
    parameters: Parameters,
    id: NString<'static>,
    description: NString<'static>,
    md5: NString<'static>,
    disposition: Option<(IString<'static>, Parameters)>,
    languages: Vec<IString<'static>>,
    location: NString<'static>,
}

impl Said {
    /// Of several fields with one name the first counts, as for the reader. What it could not make sense of is not told.
    fn of(header: &[u8], part: &Part) -> Said {
        let mut said = Said::default();
        let (mut media_type, mut disposition, mut languages) = (None, None, None);
        for field in read::fields(header) {
            if !field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-")) {
                continue;
            }
            let text = match () {
                () if field.is("Content-Type") => {
                    media_type = media_type.or_else(|| Some(with_parameters(field.value)));
                    continue;
                }
                () if field.is("Content-Disposition") => {
                    disposition = disposition.or_else(|| Some(with_parameters(field.value)));
                    continue;
                }
                () if field.is("Content-Language") => {
                    languages = languages.or(Some(field.value));
                    continue;
                }
                () if field.is("Content-ID") => &mut said.id,
                () if field.is("Content-Description") => &mut said.description,
                () if field.is("Content-MD5") => &mut said.md5,
                () if field.is("Content-Location") => {
                    if said.location.0.is_none() {
                        said.location = nstring(Some(&location(field.value)));
                    }
                    continue;
                }
                () => continue,
            };
            if text.0.is_none() {
                *text = nstring(Some(&unfolded(field.value)));
            }
        }
        said.parameters = media_type.filter(|t| t.main == part.media_type).map(parameters).unwrap_or_default();
        if part.top_type() == "text" && !said.parameters.iter().any(|(name, _)| is_charset(name)) {
            said.parameters.push(us_ascii());
        }
        let disposition = disposition.filter(|d| Some(&d.main) == part.disposition.as_ref());
        said.disposition = disposition.map(|d| (string(d.main.as_bytes()), parameters(d)));
        said.languages = languages.map(tags).unwrap_or_default();
        said
    }

    fn tail(&self) -> Disposition<'static> {
        let location = Location { location: self.location.clone(), extensions: Vec::new() };
        let language = Language { language: self.languages.clone(), tail: Some(location) };
        Disposition { disposition: self.disposition.clone(), tail: Some(language) }
    }
}

fn parameters(value: WithParameters<'_>) -> Parameters {
    let named = value.parameters.into_iter().filter(|(name, _)| !name.is_empty());
    named.map(|(name, value)| (string(name), string(&value))).collect()
}

/// Whether it names the charset, or a piece of that (RFC 2231 §3).
fn is_charset(name: &IString<'_>) -> bool {
    let name = name.as_ref().split(|byte| *byte == b'*').next();
    name.is_some_and(|name| name.eq_ignore_ascii_case(b"charset"))
}

/// The tags of a Content-Language field (RFC 3282 §2). What is no tag is passed over, comments too.
fn tags(value: &[u8]) -> Vec<IString<'static>> {
    let words = value
        .split(|byte| *byte == b',')
        .filter_map(|part| part.trim_ascii_start().split(|byte| byte.is_ascii_whitespace() || *byte == b'(').next());
    let is_tag = |word: &&[u8]| !word.is_empty() && word.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    words.filter(is_tag).map(string).collect()
}

/// The value of a Content-Location field: white space in it is that of its folds (RFC 2557 §4.4.2).
fn location(value: &[u8]) -> Vec<u8> {
    value.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect()
}
