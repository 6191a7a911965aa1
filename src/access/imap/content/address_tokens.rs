//! The tokens of an address (RFC 5322 §3.2, §3.4).

use crate::mime::read::words::word_end;

pub(super) enum Token {
    Atom(Vec<u8>),
    /// Without its quotes.
    Quoted(Vec<u8>),
    /// With its brackets.
    Literal(Vec<u8>),
    Sign(u8),
    End,
}

/// Reads a value token by token. Never fails, and looks at no byte twice.
pub(super) struct Lexer<'a> {
    value: &'a [u8],
    pub(super) at: usize,
    /// White space or a comment stood in front of the last token.
    pub(super) had_blank: bool,
    /// The last comment since the item began.
    pub(super) comment: Option<Vec<u8>>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(value: &'a [u8]) -> Lexer<'a> {
        Lexer { value, at: 0, had_blank: false, comment: None }
    }

    fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Token {
        self.skip_blank();
        let Some(byte) = self.peek() else { return Token::End };
        match byte {
            b'"' => Token::Quoted(self.closed_by(b'"')),
            b'[' => {
                let inside = self.closed_by(b']');
                Token::Literal([b"[", inside.as_slice(), b"]"].concat())
            }
            _ if is_atom(byte) => Token::Atom(self.atom()),
            _ => {
                self.at += 1;
                Token::Sign(byte)
            }
        }
    }

    /// An atom. An encoded word is one, whatever letters it has, as it is for the reader of mails.
    fn atom(&mut self) -> Vec<u8> {
        let start = self.at;
        while let Some(byte) = self.peek().filter(|byte| is_atom(*byte)) {
            self.at = match byte {
                b'=' => word_end(self.value, self.at).unwrap_or(self.at + 1),
                _ => self.at + 1,
            };
        }
        self.value[start..self.at].to_vec()
    }

    /// What stands between two signs, with its escapes undone and its folds gone. What has no end goes to that of the value.
    fn closed_by(&mut self, end: u8) -> Vec<u8> {
        let mut text = Vec::new();
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => {
                    text.extend(self.peek());
                    self.at = self.value.len().min(self.at + 1);
                }
                b'\r' | b'\n' => {}
                _ if byte == end => break,
                _ => text.push(byte),
            }
        }
        text
    }

    /// Passes over white space and comments, of which the last one is remembered.
    fn skip_blank(&mut self) {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'(' => self.comment(),
                _ => break,
            }
        }
        self.had_blank = self.at > start;
    }

    fn comment(&mut self) {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    text.extend(self.peek());
                    self.at = self.value.len().min(self.at + 1);
                    continue;
                }
                b'\r' | b'\n' => continue,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if !(byte == b'(' && depth == 1) {
                text.push(byte);
            }
        }
        self.comment = Some(text.trim_ascii().to_vec());
    }
}

/// A letter of an atom (RFC 5322 §3.2.3), or of one that is not ASCII.
fn is_atom(byte: u8) -> bool {
    !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}
