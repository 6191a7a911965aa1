//! Quoted-printable, read as it comes (RFC 2045 §6.7).

use memchr::memchr3;

use super::faults::{Count, Faults};

/// What is known between one piece and the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Quoted {
    /// White space that counts only when its line goes on, or an `=` and what stands behind it.
    held: Vec<u8>,
    /// Where the `=` at the beginning of `held` stands.
    equals: Option<usize>,
    escapes: Count,
    small: Count,
    /// A soft line end has had its CR, and an LF still belongs to it.
    soft_cr: bool,
}

impl Quoted {
    /// Decodes a piece that begins at `base`.
    pub(super) fn feed(&mut self, bytes: &[u8], base: usize, out: &mut impl FnMut(&[u8])) {
        let mut at = 0;
        while at < bytes.len() {
            if std::mem::take(&mut self.soft_cr) && bytes[at] == b'\n' {
                at += 1;
                continue;
            }
            if self.equals.is_some() {
                at += usize::from(self.behind_equals(bytes[at], out));
                continue;
            }
            let rest = &bytes[at..];
            let end = memchr3(b'=', b'\r', b'\n', rest).unwrap_or(rest.len());
            let (text, special) = (&rest[..end], rest.get(end));
            let kept = text.len() - text.iter().rev().take_while(|b| is_blank(**b)).count();
            if kept > 0 {
                self.release(out);
                out(&text[..kept]);
            }
            self.held.extend_from_slice(&text[kept..]);
            at += end;
            match special {
                None => {}
                Some(b'=') => {
                    self.release(out);
                    self.equals = Some(base + at);
                    at += 1;
                }
                Some(line_end) => {
                    // White space at the end of a line was put there on the way (rule 3).
                    self.held.clear();
                    out(&[*line_end]);
                    at += 1;
                }
            }
        }
    }

    /// The byte behind an `=`, and what is held of it. Says whether it has been taken.
    fn behind_equals(&mut self, byte: u8, out: &mut impl FnMut(&[u8])) -> bool {
        match (self.held.as_slice(), byte) {
            // A soft line end, perhaps with white space that was put there on the way (rules 3 and 5).
            (held, b'\r' | b'\n') if held.iter().all(|b| is_blank(*b)) => {
                self.soft_cr = byte == b'\r';
                self.held.clear();
                self.equals = None;
                true
            }
            (held, _) if is_blank(byte) && held.iter().all(|b| is_blank(*b)) => {
                self.held.push(byte);
                true
            }
            ([], _) if byte.is_ascii_hexdigit() => {
                self.held.push(byte);
                true
            }
            ([first], _) if first.is_ascii_hexdigit() && byte.is_ascii_hexdigit() => {
                let value = hex(*first) << 4 | hex(byte);
                if first.is_ascii_lowercase() || byte.is_ascii_lowercase() {
                    self.small.add(self.equals.unwrap_or_default());
                }
                self.held.clear();
                self.equals = None;
                out(&[value]);
                true
            }
            _ => {
                // What is no escape stays as it is.
                if let Some(at) = self.equals.take() {
                    self.escapes.add(at);
                }
                out(b"=");
                // White space may still turn out to be at the end of its line, but not behind a letter.
                if self.held.first().is_some_and(|b| !is_blank(*b)) {
                    self.release(out);
                }
                false
            }
        }
    }

    fn release(&mut self, out: &mut impl FnMut(&[u8])) {
        if !self.held.is_empty() {
            out(&self.held);
            self.held.clear();
        }
    }

    pub(super) fn finish(mut self, out: &mut impl FnMut(&[u8])) -> Faults {
        let mut ends_with_equals = false;
        if let Some(at) = self.equals.take() {
            ends_with_equals = self.held.iter().all(|b| is_blank(*b));
            if !ends_with_equals {
                self.escapes.add(at);
                out(b"=");
                self.release(out);
            }
        }
        Faults { escapes: self.escapes, small: self.small, ends_with_equals, ..Faults::default() }
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10) & 15,
    }
}
