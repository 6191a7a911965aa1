//! Addresses as an envelope has them (RFC 3501 §7.4.2), of whatever stands in the field (RFC 5322 §3.4, §4.4).

use imap_codec::imap_types::core::NString;
use imap_codec::imap_types::envelope::Address;

use super::address_tokens::{Lexer, Token};
use super::strings::{nstring, string};

/// So many addresses are told of a field, those that begin and end groups counted. No honest mail has so many recipients in its
/// header section.
pub const MOST_ADDRESSES: usize = 10_000;

/// Stands in the place of what an address lacks, as in Dovecot: an address without a host would begin a group.
const NO_MAILBOX: &[u8] = b"MISSING_MAILBOX";
const NO_DOMAIN: &[u8] = b"MISSING_DOMAIN";

/// Appends the addresses of a field. Groups are told by an address without host in front, which has their name, and one with
/// nothing behind. Encoded words stay as they are. Where there is no name, the last comment stands in, as in Dovecot.
///
/// Of an address that is broken, what can be read is told. Unlike in Dovecot, what stands behind it is still read: from the next
/// comma on, or the next semicolon, which some programs write for it.
pub(super) fn append(value: &[u8], list: &mut Vec<Address<'static>>) {
    let mut reader = Reader { lexer: Lexer::new(value) };
    let mut in_group = false;
    while list.len() < MOST_ADDRESSES {
        let (item, end) = reader.item(in_group);
        match item {
            Item::Nothing => {}
            Item::Address(address) => list.push(address.told()),
            Item::Group(name) => {
                in_group = true;
                list.push(group(Some(&name)));
            }
        }
        if in_group && matches!(end, End::Semicolon | End::Value) {
            in_group = false;
            list.push(group(None));
        }
        if end == End::Value {
            break;
        }
    }
    if in_group {
        list.push(group(None));
    }
}

fn group(name: Option<&[u8]>) -> Address<'static> {
    Address { name: NString::NIL, adl: NString::NIL, mailbox: nstring(name), host: NString::NIL }
}

enum Item {
    Nothing,
    Address(Parsed),
    Group(Vec<u8>),
}

/// What an item of a list ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Comma,
    Semicolon,
    /// The colon behind the name of a group.
    Colon,
    Value,
}

#[derive(Default)]
struct Parsed {
    name: Vec<u8>,
    route: Vec<u8>,
    mailbox: Vec<u8>,
    host: Vec<u8>,
}

impl Parsed {
    fn told(self) -> Address<'static> {
        let some = |bytes: &[u8]| nstring(Some(bytes).filter(|bytes| !bytes.is_empty()));
        let or = |bytes: &[u8], missing| NString(Some(string(if bytes.is_empty() { missing } else { bytes })));
        Address {
            name: some(&self.name),
            adl: some(&self.route),
            mailbox: or(&self.mailbox, NO_MAILBOX),
            host: or(&self.host, NO_DOMAIN),
        }
    }
}

/// Words with what stands between them.
#[derive(Default)]
struct Words {
    /// All of them, as they are in a name.
    phrase: Vec<u8>,
    /// Where in it the last ones begin that only dots keep apart, as in what stands in front of `@`.
    run_start: usize,
    /// The last ones, without white space.
    run: Vec<u8>,
    has_quotes: bool,
    /// The last thing was a word, so another one begins a new run.
    ends_with_word: bool,
}

impl Words {
    fn push(&mut self, token: &Token, had_blank: bool) {
        let (text, is_word): (&[u8], _) = match token {
            Token::Atom(text) | Token::Quoted(text) => (text, true),
            _ => (b".", false),
        };
        self.has_quotes |= matches!(token, Token::Quoted(_));
        let begins = is_word && self.ends_with_word;
        if !self.phrase.is_empty() && !text.is_empty() && (had_blank || begins) {
            self.phrase.push(b' ');
        }
        if begins {
            self.run_start = self.phrase.len();
            self.run.clear();
        }
        self.phrase.extend_from_slice(text);
        self.run.extend_from_slice(text);
        self.ends_with_word = is_word;
    }

    fn is_empty(&self) -> bool {
        self.phrase.is_empty() && self.run.is_empty()
    }

    /// What stands in front of the last ones.
    fn name(&self) -> &[u8] {
        self.phrase[..self.run_start].trim_ascii_end()
    }
}

struct Reader<'a> {
    lexer: Lexer<'a>,
}

impl Reader<'_> {
    /// An item of a list, up to what ends it.
    fn item(&mut self, in_group: bool) -> (Item, End) {
        self.lexer.comment = None;
        let mut words = Words::default();
        loop {
            let token = self.lexer.next();
            match token {
                Token::Atom(_) | Token::Quoted(_) | Token::Sign(b'.') => words.push(&token, self.lexer.had_blank),
                Token::Sign(b',') => return (self.without_host(words), End::Comma),
                Token::Sign(b';') => return (self.without_host(words), End::Semicolon),
                Token::End => return (self.without_host(words), End::Value),
                Token::Sign(b':') if !in_group => return (Item::Group(words.phrase), End::Colon),
                Token::Sign(b'@') => {
                    let host = self.domain();
                    let end = self.skip();
                    let name = match words.name() {
                        [] => self.lexer.comment.take().unwrap_or_default(),
                        name => name.to_vec(),
                    };
                    return (Item::Address(Parsed { name, mailbox: words.run, host, ..Parsed::default() }), end);
                }
                Token::Sign(b'<') => {
                    let parsed = Parsed { name: words.phrase, ..self.angles() };
                    return (Item::Address(parsed), self.skip());
                }
                // What makes no sense here.
                Token::Sign(_) | Token::Literal(_) => {}
            }
        }
    }

    /// Of words and nothing else: one may be a mailbox of the host where it was written, several are a name.
    fn without_host(&mut self, words: Words) -> Item {
        if words.is_empty() {
            return Item::Nothing;
        }
        if words.has_quotes || words.run_start > 0 {
            return Item::Address(Parsed { name: words.phrase, ..Parsed::default() });
        }
        let name = self.lexer.comment.take().unwrap_or_default();
        Item::Address(Parsed { name, mailbox: words.run, ..Parsed::default() })
    }

    /// What stands between angle brackets, with the way to it in front where there is one (RFC 5322 §4.4).
    fn angles(&mut self) -> Parsed {
        let mut parsed = Parsed::default();
        let mut words = Words::default();
        loop {
            let before = self.lexer.at;
            let token = self.lexer.next();
            match token {
                Token::Atom(_) | Token::Quoted(_) | Token::Sign(b'.') => words.push(&token, self.lexer.had_blank),
                Token::Sign(b'@') if words.is_empty() => {
                    if !parsed.route.is_empty() {
                        parsed.route.push(b',');
                    }
                    parsed.route.push(b'@');
                    parsed.route.extend(self.domain());
                }
                Token::Sign(b'@') => {
                    parsed.host = self.domain();
                    break;
                }
                Token::Sign(b',') if words.is_empty() && !parsed.route.is_empty() => {}
                Token::Sign(b':') if words.is_empty() => {}
                Token::Sign(b'>') => break,
                // It was not closed.
                Token::Sign(b',' | b';') | Token::End => {
                    self.lexer.at = before;
                    break;
                }
                Token::Sign(_) | Token::Literal(_) => {}
            }
        }
        parsed.mailbox = if words.run_start > 0 { words.phrase } else { words.run };
        parsed
    }

    /// What stands behind an `@`.
    fn domain(&mut self) -> Vec<u8> {
        let mut host = Vec::new();
        let mut ends_with_word = false;
        loop {
            let before = self.lexer.at;
            match self.lexer.next() {
                Token::Literal(text) if host.is_empty() => return text,
                Token::Atom(text) if !ends_with_word => {
                    host.extend(text);
                    ends_with_word = true;
                }
                Token::Sign(b'.') if ends_with_word => {
                    host.push(b'.');
                    ends_with_word = false;
                }
                _ => {
                    self.lexer.at = before;
                    return host;
                }
            }
        }
    }

    /// Passes over what stands behind an address.
    fn skip(&mut self) -> End {
        loop {
            match self.lexer.next() {
                Token::Sign(b',') => return End::Comma,
                Token::Sign(b';') => return End::Semicolon,
                Token::End => return End::Value,
                _ => {}
            }
        }
    }
}
