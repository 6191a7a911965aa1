//! Whether addresses can be read (RFC 5322 §3.4, with all that §4 still allows).

use super::words::word_end;

/// What a list of addresses holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    /// Mailboxes, those in groups too.
    pub(super) mailboxes: u64,
    /// Groups (RFC 5322 §3.4), in From and Sender too (RFC 6854).
    pub(super) groups: u64,
}

/// Counts the addresses of a field. Where one cannot be read: where in the value that is seen.
pub(super) fn addresses(value: &[u8]) -> Result<Addresses, usize> {
    let mut lexer = Lexer { value, at: 0 };
    let mut found = Addresses::default();
    let (mut state, mut in_group) = (State::Empty, false);
    loop {
        let at = lexer.at;
        let token = lexer.next();
        state = match (state, token) {
            (State::Empty | State::Done, Token::Sign(b',')) => State::Empty,
            (State::Empty | State::Done, Token::Sign(b';')) if in_group => {
                in_group = false;
                State::Closed
            }
            (State::Closed, Token::Sign(b',')) => State::Empty,
            (State::Empty | State::Done | State::Closed, Token::End) if !in_group => return Ok(found),
            (State::Empty, Token::Word) => State::Word { is_local: true },
            // A phrase, in which RFC 5322 §4.1 allows dots.
            (State::Word { .. }, Token::Word) => State::Word { is_local: false },
            (State::Word { is_local } | State::Dot { is_local }, Token::Sign(b'.')) => {
                State::Dot { is_local: is_local && matches!(state, State::Word { .. }) }
            }
            (State::Dot { is_local }, Token::Word) => State::Word { is_local },
            (State::Word { .. }, Token::Sign(b':')) if !in_group => {
                in_group = true;
                found.groups += 1;
                State::Empty
            }
            (State::Word { is_local: true }, Token::Sign(b'@')) => {
                lexer.domain()?;
                found.mailboxes += 1;
                State::Done
            }
            (State::Empty | State::Word { .. } | State::Dot { .. }, Token::Sign(b'<')) => {
                lexer.angles()?;
                found.mailboxes += 1;
                State::Done
            }
            _ => return Err(at),
        };
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// In front of an address.
    Empty,
    /// Behind a word, and whether all so far may be what stands before the `@`.
    Word {
        is_local: bool,
    },
    Dot {
        is_local: bool,
    },
    /// Behind an address.
    Done,
    /// Behind a group.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Word,
    Literal,
    Sign(u8),
    End,
    Broken,
}

struct Lexer<'a> {
    value: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    fn next(&mut self) -> Token {
        if !self.skip_blank() {
            return Token::Broken;
        }
        let Some(byte) = self.peek() else { return Token::End };
        match byte {
            b'"' => self.closed_by(b'"', Token::Word),
            b'[' => self.closed_by(b']', Token::Literal),
            b'<' | b'>' | b'@' | b',' | b';' | b':' | b'.' => {
                self.at += 1;
                Token::Sign(byte)
            }
            _ if is_atom(byte) => {
                self.atom();
                Token::Word
            }
            _ => Token::Broken,
        }
    }

    /// An atom. An encoded word is one, whatever letters it has (RFC 2047 §5): many programs decode it before they look for
    /// addresses.
    fn atom(&mut self) {
        while let Some(byte) = self.peek().filter(|byte| is_atom(*byte)) {
            self.at = match byte {
                b'=' => word_end(self.value, self.at).unwrap_or(self.at + 1),
                _ => self.at + 1,
            };
        }
    }

    fn closed_by(&mut self, end: u8, token: Token) -> Token {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == end {
                return token;
            }
        }
        self.at = self.value.len();
        Token::Broken
    }

    /// Passes over white space and comments; says whether each comment has an end.
    fn skip_blank(&mut self) -> bool {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b'\\' if depth > 0 => self.at += 1,
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ if depth > 0 => {}
                _ => break,
            }
            self.at += 1;
        }
        self.at = self.at.min(self.value.len());
        depth == 0
    }

    /// What stands behind an `@`.
    fn domain(&mut self) -> Result<(), usize> {
        loop {
            let at = self.at;
            match self.next() {
                Token::Literal => return Ok(()),
                Token::Word if self.value[at..self.at].trim_ascii_end().last() != Some(&b'"') => {}
                _ => return Err(at),
            }
            let behind = self.at;
            if self.next() != Token::Sign(b'.') {
                self.at = behind;
                return Ok(());
            }
        }
    }

    /// What stands behind a `<`, with its `>`. In front of the address there may be the way to it (RFC 5322 §4.4).
    fn angles(&mut self) -> Result<(), usize> {
        let mut at = self.at;
        let mut token = self.next();
        if token == Token::Sign(b'@') {
            loop {
                match token {
                    Token::Sign(b'@') => self.domain()?,
                    Token::Sign(b',') => {}
                    Token::Sign(b':') => break,
                    _ => return Err(at),
                }
                at = self.at;
                token = self.next();
            }
            token = self.next();
        }
        loop {
            if token != Token::Word {
                return Err(at);
            }
            at = self.at;
            match self.next() {
                Token::Sign(b'.') => token = self.next(),
                Token::Sign(b'@') => break,
                _ => return Err(at),
            }
        }
        self.domain()?;
        at = self.at;
        if self.next() == Token::Sign(b'>') { Ok(()) } else { Err(at) }
    }
}

/// A letter of an atom (RFC 5322 §3.2.3), or of one in UTF-8 (RFC 6532 §3.2).
fn is_atom(byte: u8) -> bool {
    !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// Whether it is one identifier, as a Message-ID or a Content-ID has it (RFC 5322 §3.6.4, RFC 2045 §7).
pub(super) fn is_identifier(value: &[u8]) -> bool {
    let mut lexer = Lexer { value, at: 0 };
    if lexer.next() != Token::Sign(b'<') {
        return false;
    }
    let start = lexer.at;
    let (mut signs, mut token) = (0, lexer.next());
    let mut before = Token::End;
    while token != Token::Sign(b'>') {
        match token {
            Token::Sign(b'@') if before != Token::End => signs += 1,
            // Two dots side by side are what very many programs write.
            Token::Word | Token::Literal | Token::Sign(b'.' | b':') => {}
            _ => return false,
        }
        before = token;
        token = lexer.next();
    }
    let inside = &value[start..lexer.at];
    signs == 1
        && before != Token::Sign(b'@')
        && !inside.iter().any(u8::is_ascii_whitespace)
        && lexer.next() == Token::End
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_the_standard_has_them() {
        for (text, mailboxes, groups) in [
            ("alice@green.example", 1, 0),
            (" Alice Green <alice@green.example>, bob@blue.example", 2, 0),
            ("\"Green, Alice\" <alice@[192.0.2.7]> (at (work))", 1, 0),
            ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", 1, 0),
            ("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;", 3, 1),
            ("Undisclosed recipients:;", 0, 1),
            ("Undisclosed recipients: (none) ; , a@b.example", 1, 1),
            ("Joe Q. Public <john.q.public@example.com>", 1, 0),
            ("Mary Smith <@node.test,,@other.test:mary@example.net>, , jdoe@test   . example", 2, 0),
            ("\"Joe & J. Harvey\" <ddd @Org>", 1, 0),
            ("J. . R. <j@r.example>", 1, 0),
            ("<a@b.example>", 1, 0),
            ("\"a b\"@c.example", 1, 0),
            ("=?utf-8?Q?Gr=C3=BCn,_(Alice)?= <c@d.example>", 1, 0),
            ("Jürgen <jürgen@grün.example>", 1, 0),
            ("MAILER-DAEMON@mx1.example.org (Mail Delivery System)", 1, 0),
            ("", 0, 0),
            (" , (nobody) ", 0, 0),
        ] {
            assert_eq!(addresses(text.as_bytes()), Ok(Addresses { mailboxes, groups }), "{text}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_read() {
        for text in [
            "not (an address",
            "<<<>",
            "<>",
            "root",
            "Foo, Inc. <a@b.example>",
            "a@b@c.example",
            "a@b.example <a@b.example>",
            "a..b@c.example",
            "a b@c.example",
            "a@",
            "a@b.",
            "@b",
            "a@\"b\"",
            "<a@b.example",
            "a@b.example>",
            "group: a@b.example",
            "a: b: c@d.example;;",
            "a@b.example; c@d.example",
            "\"open <a@b.example>",
            "a@[1.2",
            "a@b.example c",
            "\u{1}@b.example",
            "a\\",
        ] {
            assert!(addresses(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn identifiers() {
        for text in ["<1@green.example>", " <a.b$c@[1.2.3.4]> (c)", "<\"a\"@c>", "<a..b@c>", "<a@b:1>"] {
            assert!(is_identifier(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "<\"a b\"@c>",
            "nothing",
            "<>",
            "<a>",
            "<@b>",
            "<a@>",
            "<a@b",
            "<a@b> c",
            "<a@b@c>",
            "<a b@c>",
            "<a@b><c@d>",
        ] {
            assert!(!is_identifier(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn it_takes_time_in_proportion() {
        for piece in ["(", "<", "a,", "\"", "\\", "@", "a.", "a@b,", "a:", "=?utf-8?q?", "[", "<@a:", "=?"] {
            let _ = addresses(piece.repeat(1_000_000 / piece.len()).as_bytes());
            let _ = is_identifier(format!("<{}", piece.repeat(1_000_000 / piece.len())).as_bytes());
        }
    }
}
