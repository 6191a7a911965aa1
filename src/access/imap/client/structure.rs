//! Which parts a mail has: [`Part`] (RFC 9051 §7.5.2, BODYSTRUCTURE).

use imap_codec::imap_types::body::{BasicFields, BodyStructure, Disposition, SpecificFields};
use imap_codec::imap_types::core::IString;

/// A part of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The numbers that lead to it; none for what is the mail itself and holds parts.
    pub number: Vec<u32>,
    /// Its media type, such as `text/plain`, in lower case.
    pub media_type: String,
    /// Octets, as it is encoded; 0 for what holds parts.
    pub size_bytes: u32,
    /// What the file is called, if it has a name.
    pub file_name: Option<String>,
}

/// The parts of a mail, each behind the one that it is in.
pub(super) fn parts(structure: &BodyStructure) -> Vec<Part> {
    let mut out = Vec::new();
    // RFC 9051 §6.4.5: a mail that is no multipart has itself as its part 1.
    match structure {
        BodyStructure::Single { .. } => walk(structure, &mut vec![1], &mut out),
        BodyStructure::Multi { .. } => walk(structure, &mut Vec::new(), &mut out),
    }
    out
}

/// As deep as the codec reads, which is not deep.
fn walk(structure: &BodyStructure, number: &mut Vec<u32>, out: &mut Vec<Part>) {
    match structure {
        BodyStructure::Multi { bodies, subtype, .. } => {
            let media_type = format!("multipart/{}", lower(subtype));
            out.push(Part { number: number.clone(), media_type, size_bytes: 0, file_name: None });
            for (body, place) in bodies.as_ref().iter().zip(1..) {
                number.push(place);
                walk(body, number, out);
                number.pop();
            }
        }
        BodyStructure::Single { body, extension_data } => {
            let media_type = match &body.specific {
                SpecificFields::Basic { r#type, subtype } => format!("{}/{}", lower(r#type), lower(subtype)),
                SpecificFields::Message { .. } => "message/rfc822".to_owned(),
                SpecificFields::Text { subtype, .. } => format!("text/{}", lower(subtype)),
            };
            let disposition = extension_data.as_ref().and_then(|data| data.tail.as_ref());
            let file_name = file_name(&body.basic, disposition);
            out.push(Part { number: number.clone(), media_type, size_bytes: body.basic.size, file_name });
            if let SpecificFields::Message { body_structure, .. } = &body.specific {
                match &**body_structure {
                    inner @ BodyStructure::Multi { .. } => walk(inner, number, out),
                    inner @ BodyStructure::Single { .. } => {
                        number.push(1);
                        walk(inner, number, out);
                        number.pop();
                    }
                }
            }
        }
    }
}

/// RFC 2183 §2.3; before that, and still, the parameter `name` of the media type.
fn file_name(basic: &BasicFields, disposition: Option<&Disposition>) -> Option<String> {
    let given = disposition.and_then(|d| d.disposition.as_ref()).and_then(|(_, all)| parameter(all, "filename"));
    given.or_else(|| parameter(&basic.parameter_list, "name"))
}

fn parameter(all: &[(IString, IString)], name: &str) -> Option<String> {
    all.iter().find(|(key, _)| lower(key) == name).map(|(_, value)| text(value))
}

fn text(value: &IString) -> String {
    String::from_utf8_lossy(value.as_ref()).into_owned()
}

fn lower(value: &IString) -> String {
    text(value).to_ascii_lowercase()
}
