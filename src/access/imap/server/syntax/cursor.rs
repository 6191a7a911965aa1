//! Reads what the codec cannot, value by value (RFC 9051 §9).

/// A place in a command.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// The beginning of `text`.
    pub(super) fn new(text: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: text }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Goes over these octets, if they are next; letters are the same in upper and lower case.
    pub(super) fn eat(&mut self, octets: &str) -> Option<()> {
        let (next, rest) = self.rest.split_at_checked(octets.len())?;
        next.eq_ignore_ascii_case(octets.as_bytes()).then_some(())?;
        self.rest = rest;
        Some(())
    }

    /// Whether the command ends here.
    pub(super) fn end(&self) -> Option<()> {
        (self.rest == b"\r\n").then_some(())
    }

    /// An atom in capitals: what names of options are compared in.
    pub(super) fn word(&mut self) -> Option<String> {
        let word = self.take_while(|b| is_atom_char(b) || b == b'\\')?;
        Some(String::from_utf8_lossy(word).to_ascii_uppercase())
    }

    /// A string or an atom.
    pub(super) fn astring(&mut self) -> Option<Vec<u8>> {
        self.string_or(|b| is_atom_char(b) || b == b']')
    }

    /// A string, or a pattern of names as it is.
    pub(super) fn pattern(&mut self) -> Option<Vec<u8>> {
        self.string_or(|b| is_atom_char(b) || matches!(b, b']' | b'%' | b'*'))
    }

    /// A list in parentheses, with a space between its values.
    pub(super) fn list<T>(&mut self, mut value: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.eat("(")?;
        let mut values = Vec::new();
        if self.eat(")").is_some() {
            return Some(values);
        }
        loop {
            values.push(value(self)?);
            if self.eat(")").is_some() {
                return Some(values);
            }
            self.eat(" ")?;
        }
    }

    fn string_or(&mut self, is_char: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
        match self.rest.first()? {
            b'"' => self.quoted(),
            b'{' => self.literal(),
            _ => self.take_while(is_char).map(<[u8]>::to_vec),
        }
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut octets = self.rest[1..].iter();
        loop {
            match *octets.next()? {
                b'"' => break,
                b'\\' => text.push(*octets.next().filter(|b| matches!(b, b'"' | b'\\'))?),
                b'\r' | b'\n' | 0 => return None,
                b => text.push(b),
            }
        }
        self.rest = octets.as_slice();
        Some(text)
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let close = self.rest.iter().position(|b| *b == b'}')?;
        let number = self.rest[1..close].strip_suffix(b"+").unwrap_or(&self.rest[1..close]);
        let octets: usize = std::str::from_utf8(number).ok()?.parse().ok()?;
        let (text, rest) = self.rest[close + 1..].strip_prefix(b"\r\n")?.split_at_checked(octets)?;
        self.rest = rest;
        Some(text.to_vec())
    }

    fn take_while(&mut self, is_char: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|b| !is_char(*b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!taken.is_empty()).then_some(taken)
    }
}

/// RFC 9051 §9, `ATOM-CHAR`.
fn is_atom_char(b: u8) -> bool {
    b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b)
}
