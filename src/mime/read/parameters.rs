//! Values with parameters: Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183 §2, RFC 2231).

use rustc_hash::{FxHashMap, FxHashSet};

use super::flaw::Flaw;
use super::quoted::hex;
use super::words::{charset, decode_charset, decode_words};

/// A value and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// What stands before the first semicolon, without comments and white space, in lower case.
    pub(super) main: String,
    parameters: Vec<Parameter>,
    /// Where something is not as it should be, counted from the beginning of the value.
    pub(super) broken: Option<usize>,
    /// What is wrong with parameters of RFC 2231, each once and where; places are counted likewise.
    pub(super) wrong: Vec<(usize, Flaw)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    /// Where it begins, counted from the beginning of the value.
    at: usize,
    /// In lower case, without asterisks.
    name: String,
    /// Its number among several that belong together (RFC 2231 §3).
    section: Option<u32>,
    /// Whether it has escapes (RFC 2231 §4).
    is_extended: bool,
    value: Vec<u8>,
}

impl Parsed {
    /// The bytes of a parameter that is neither cut into pieces nor escaped.
    pub(super) fn plain(&self, name: &str) -> Option<&[u8]> {
        let found = self.parameters.iter().find(|p| p.name == name && p.section.is_none() && !p.is_extended);
        found.map(|p| p.value.as_slice())
    }

    /// A parameter as text: pieces joined, escapes and charset undone; RFC 2231 goes before the plain form, which is there
    /// for programs that know no better. Encoded words do not belong into parameters, and are understood all the same.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let of_name = || self.parameters.iter().filter(|p| p.name == name);
        let mut pieces: Vec<&Parameter> = of_name().filter(|p| p.section.is_some()).collect();
        pieces.sort_by_key(|p| p.section);
        pieces.dedup_by_key(|p| p.section);
        // Where a piece is missing, what is there is still better than nothing.
        if pieces.is_empty() {
            pieces.extend(of_name().find(|p| p.section.is_none() && p.is_extended));
        }
        let Some(first) = pieces.first() else { return self.plain(name).map(decode_words) };
        let (mut label, mut bytes) = (None, Vec::new());
        for (i, piece) in pieces.iter().enumerate() {
            let mut value = piece.value.as_slice();
            if i == 0
                && first.is_first()
                && let Some((name, text)) = labelled(value)
            {
                label = Some(String::from_utf8_lossy(name).into_owned());
                value = text;
            }
            if piece.is_extended { unescape(value, &mut bytes) } else { bytes.extend_from_slice(value) }
        }
        Some(decode_charset(&bytes, label.as_deref().filter(|name| charset(name.as_bytes()).is_some())))
    }
}

impl Parameter {
    /// Whether a charset should stand in it (RFC 2231 §4, §4.1).
    fn is_first(&self) -> bool {
        self.is_extended && self.section.unwrap_or(0) == 0
    }
}

/// The charset and the text of `charset'language'text` (RFC 2231 §4).
fn labelled(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = value.splitn(3, |b| *b == b'\'');
    let (name, _, text) = (fields.next()?, fields.next()?, fields.next()?);
    Some((name, text))
}

/// What is wrong with the parameters, each kind where it is first.
fn wrong(parameters: &[Parameter], is_type: bool) -> Vec<(usize, Flaw)> {
    // Nearly all fields have a few plain ones.
    let is_plain = |p: &Parameter| p.section.is_none() && !p.is_extended;
    let is_new = |i: usize| parameters[..i].iter().all(|p| p.name != parameters[i].name);
    if parameters.len() < 8 && parameters.iter().all(is_plain) && (0..parameters.len()).all(is_new) {
        return Vec::new();
    }
    let mut seen = FxHashSet::default();
    // Of each name: how many pieces there are, and the highest number.
    let mut pieces: FxHashMap<&str, (u64, u64)> = FxHashMap::default();
    let (mut twice, mut gap, mut charset_at, mut unlabelled, mut percent) = (None, None, None, None, None);
    for parameter in parameters {
        let Parameter { at, name, section, is_extended, value } = parameter;
        // A plain form beside an extended one is there for old programs.
        let is_new = seen.insert((name.as_str(), *section, *is_extended && section.is_none()));
        if !is_new {
            twice = twice.or_else(|| Some((*at, Flaw::ParameterTwice { name: name.clone(), is_type })));
        } else if let Some(section) = section {
            let (count, highest) = pieces.entry(name).or_default();
            (*count, *highest) = (*count + 1, (*highest).max(u64::from(*section)));
        }
        let text = match labelled(value).filter(|_| parameter.is_first()) {
            Some((label, text)) => {
                if !label.is_empty() && charset(label).is_none() {
                    let charset = String::from_utf8_lossy(label).to_ascii_lowercase();
                    charset_at = charset_at.or(Some((*at, Flaw::ParameterCharset { charset })));
                }
                text
            }
            None if parameter.is_first() => {
                unlabelled = unlabelled.or(Some((*at, Flaw::ParameterWithoutCharset)));
                value
            }
            None => value,
        };
        if *is_extended && has_bad_escape(text) {
            percent = percent.or(Some((*at, Flaw::ParameterEscape)));
        }
    }
    for Parameter { at, name, section, .. } in parameters {
        let has_gap = |(count, highest): &(u64, u64)| highest + 1 != *count;
        if gap.is_none() && section.is_some() && pieces.get(name.as_str()).is_some_and(has_gap) {
            gap = Some((*at, Flaw::ParameterGap { name: name.clone() }));
        }
    }
    [twice, gap, charset_at, unlabelled, percent].into_iter().flatten().collect()
}

/// Whether a `%` has no two hexadecimal digits behind it.
fn has_bad_escape(text: &[u8]) -> bool {
    let is_bad = |at: usize| !matches!(text[at + 1..], [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    memchr::memchr_iter(b'%', text).any(is_bad)
}

/// `%41` (RFC 2231 §4).
fn unescape(mut rest: &[u8], out: &mut Vec<u8>) {
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                out.push(hex(*a) << 4 | hex(*b));
                rest = after;
            }
            _ => out.push(*first),
        }
    }
}

/// Reads a value, that of a Content-Type or another. Whatever is broken is passed over; the first such place is kept.
pub(super) fn parse(value: &[u8], is_type: bool) -> Parsed {
    let mut reader = Reader { value, at: 0, broken: None };
    let main = reader.main();
    let mut parameters = Vec::new();
    while reader.at < value.len() {
        // A semicolon may be missing in front of what is clearly a parameter.
        reader.at += usize::from(reader.peek() == Some(b';'));
        reader.skip_blank();
        if let Some(parameter) = reader.parameter() {
            parameters.push(parameter);
        }
    }
    let wrong = wrong(&parameters, is_type);
    Parsed { main, parameters, broken: reader.broken, wrong }
}

/// A value with its parameters as they are written, those of RFC 2231 too: pieces are not joined, and escapes stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithParameters<'a> {
    /// What stands before the first semicolon, without comments and white space, in lower case.
    pub main: String,
    /// Names with their asterisks, and values without their quotes, in the order of the mail.
    pub parameters: Vec<(&'a [u8], Vec<u8>)>,
}

/// Reads the value of a Content-Type or Content-Disposition field for who passes it on. Whatever is broken is passed over.
#[must_use]
pub fn with_parameters(value: &[u8]) -> WithParameters<'_> {
    let Parsed { main, parameters, .. } = parse(value, false);
    let name = |at| Reader { value, at, broken: None }.word(b"=");
    WithParameters { main, parameters: parameters.into_iter().map(|p| (name(p.at), p.value)).collect() }
}

/// A value without comments and white space, in lower case. They may stand between any two of its signs (RFC 2045 §4).
pub(super) fn without_comments(value: &[u8]) -> String {
    let mut reader = Reader { value, at: 0, broken: None };
    let mut text = Vec::new();
    while reader.at < value.len() {
        reader.skip_blank();
        text.extend_from_slice(reader.word(b""));
        if reader.peek() == Some(b';') {
            text.push(b';');
            reader.at += 1;
        }
    }
    String::from_utf8_lossy(&text).to_ascii_lowercase()
}

/// The word that is all of a value, in lower case, and where something else stands behind it.
pub(super) fn one_word(value: &[u8]) -> (String, Option<usize>) {
    let mut reader = Reader { value, at: 0, broken: None };
    reader.skip_blank();
    let word = String::from_utf8_lossy(reader.word(b"")).to_ascii_lowercase();
    reader.skip_blank();
    (word, reader.peek().map(|_| reader.at))
}

struct Reader<'a> {
    value: &'a [u8],
    at: usize,
    broken: Option<usize>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    fn complain(&mut self, at: usize) {
        self.broken = self.broken.or(Some(at));
    }

    /// Passes over white space, line ends and comments (RFC 5322 §3.2.2).
    fn skip_blank(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'(' => self.comment(),
                _ => break,
            }
        }
    }

    fn comment(&mut self) {
        let (start, mut depth) = (self.at, 0_usize);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => self.at = self.value.len().min(self.at + 1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
        self.complain(start);
    }

    /// Letters up to white space, a comment, or one of `stops`.
    fn word(&mut self, stops: &[u8]) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(|b| !b" \t\r\n(;".contains(&b) && !stops.contains(&b)) {
            self.at += 1;
        }
        &self.value[start..self.at]
    }

    /// What stands before the first semicolon.
    fn main(&mut self) -> String {
        let mut main: Vec<u8> = Vec::new();
        loop {
            self.skip_blank();
            let start = self.at;
            let word = self.word(b"");
            if word.is_empty() {
                break;
            }
            let goes_on = main.is_empty() || main.ends_with(b"/") || word.starts_with(b"/");
            if goes_on {
                main.extend_from_slice(word);
            } else {
                self.complain(start);
                self.at = start;
                if self.is_at_parameter() {
                    break;
                }
                self.word(b"");
            }
        }
        String::from_utf8_lossy(&main).to_ascii_lowercase()
    }

    fn parameter(&mut self) -> Option<Parameter> {
        let start = self.at;
        let name = self.word(b"=");
        self.skip_blank();
        if self.peek() != Some(b'=') {
            // Nothing at all behind a semicolon is forgiven: very many programs write one too many.
            if !name.is_empty() || self.peek().is_some_and(|b| b != b';') {
                self.complain(start);
                self.skip_to_semicolon();
            }
            return None;
        }
        self.at += 1;
        self.skip_blank();
        let value = if self.peek() == Some(b'"') { self.quoted() } else { self.token() };
        self.skip_blank();
        if self.peek().is_some_and(|b| b != b';') {
            self.complain(self.at);
            if !self.is_at_parameter() {
                self.skip_to_semicolon();
            }
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let mut stars = name.split('*');
        let (base, first, second, more) = (stars.next()?, stars.next(), stars.next(), stars.next());
        let number = |digits: &str| {
            let is_number = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
            is_number.then(|| digits.parse::<u32>().ok()).flatten()
        };
        let (section, is_extended) = match (first, second, more) {
            (None, ..) => (None, false),
            (Some(""), None, _) => (None, true),
            (Some(n), None, _) if number(n).is_some() => (number(n), false),
            (Some(n), Some(""), None) if number(n).is_some() => (number(n), true),
            _ => {
                self.complain(start);
                return None;
            }
        };
        Some(Parameter { at: start, name: base.to_owned(), section, is_extended, value })
    }

    /// Whether a name with `=` behind it stands here.
    fn is_at_parameter(&self) -> bool {
        let rest = &self.value[self.at..];
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'-')).count();
        name > 0 && rest.get(name) == Some(&b'=')
    }

    fn skip_to_semicolon(&mut self) {
        while self.peek().is_some_and(|b| b != b';') {
            self.at += 1;
        }
    }

    /// A quoted string (RFC 5322 §3.2.4).
    fn quoted(&mut self) -> Vec<u8> {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return text,
                b'\\' => {
                    text.extend(self.peek());
                    self.at = self.value.len().min(self.at + 1);
                }
                // Of a fold.
                b'\r' | b'\n' => {}
                _ => text.push(byte),
            }
        }
        self.complain(start);
        text
    }

    /// A value without quotes. One with spaces, or with characters that need quotes, is taken as it was meant.
    fn token(&mut self) -> Vec<u8> {
        let start = self.at;
        let first = self.word(b"");
        let is_token = !first.is_empty() && first.iter().all(|b| b.is_ascii_graphic() && !SPECIALS.contains(b));
        self.skip_blank();
        let goes_on = self.peek().is_some_and(|b| b != b';') && !self.is_at_parameter();
        if is_token && !goes_on {
            return first.to_vec();
        }
        self.complain(start);
        if !goes_on {
            return first.to_vec();
        }
        self.skip_to_semicolon();
        self.value[start..self.at].trim_ascii_end().iter().filter(|b| !matches!(b, b'\r' | b'\n')).copied().collect()
    }
}

/// Characters that need quotes (RFC 2045 §5.1).
const SPECIALS: &[u8] = b"()<>@,;:\\\"/[]?=";
