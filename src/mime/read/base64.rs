//! Base64, read as it comes (RFC 2045 §6.8).

use super::faults::{Count, Faults};

/// Stands for a byte outside the alphabet.
const OUTSIDE: u8 = 0xff;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of each byte.
static VALUES: [u8; 256] = {
    let mut values = [OUTSIDE; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// What is known between one piece and the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Base64 {
    /// The bits of a quantum that has begun, and how many letters brought them.
    bits: u32,
    letters: u8,
    /// A padded quantum has lost so many letters that its `=` make up for.
    padding_due: u8,
    /// The last quantum was padded: nothing should follow it.
    ended: bool,
    illegal: Count,
    padding: Count,
    incomplete: bool,
}

impl Base64 {
    /// Decodes a piece that begins at `base`.
    pub(super) fn feed(&mut self, bytes: &[u8], base: usize, out: &mut impl FnMut(&[u8])) {
        let mut at = 0;
        while at < bytes.len() {
            // Whole quanta of the alphabet, which is nearly all there is.
            while self.letters == 0
                && !self.ended
                && let Some(quantum) = bytes.get(at..at + 4)
            {
                let v = [0, 1, 2, 3].map(|i| VALUES[quantum[i] as usize]);
                if v[0] | v[1] | v[2] | v[3] > 63 {
                    break;
                }
                out(&[v[0] << 2 | v[1] >> 4, v[1] << 4 | v[2] >> 2, v[2] << 6 | v[3]]);
                at += 4;
            }
            if let Some(byte) = bytes.get(at) {
                self.byte(*byte, base + at, out);
                at += 1;
            }
        }
    }

    fn byte(&mut self, byte: u8, at: usize, out: &mut impl FnMut(&[u8])) {
        match byte {
            b'\r' | b'\n' | b' ' | b'\t' => {}
            b'=' => self.pad(at, out),
            _ if VALUES[byte as usize] == OUTSIDE => self.illegal.add(at),
            _ => {
                if std::mem::take(&mut self.ended) {
                    self.padding.add(at);
                    self.padding_due = 0;
                }
                self.bits = self.bits << 6 | u32::from(VALUES[byte as usize]);
                self.letters += 1;
                if self.letters == 4 {
                    let [_, rest @ ..] = self.bits.to_be_bytes();
                    out(&rest);
                    (self.bits, self.letters) = (0, 0);
                }
            }
        }
    }

    fn pad(&mut self, at: usize, out: &mut impl FnMut(&[u8])) {
        if self.letters >= 2 {
            self.padding_due = 3 - self.letters;
            self.flush(out);
            self.ended = true;
        } else if self.padding_due > 0 {
            self.padding_due -= 1;
        } else {
            // Nothing that it could fill up.
            self.padding.add(at);
        }
    }

    /// Gives what the letters of a quantum hold that is not whole.
    fn flush(&mut self, out: &mut impl FnMut(&[u8])) {
        match self.letters {
            2 => out(&[(self.bits >> 4) as u8]),
            3 => out(&[(self.bits >> 10) as u8, (self.bits >> 2) as u8]),
            _ => {}
        }
        (self.bits, self.letters) = (0, 0);
    }

    pub(super) fn finish(mut self, out: &mut impl FnMut(&[u8])) -> Faults {
        self.incomplete = self.letters > 0 || self.padding_due > 0;
        self.flush(out);
        Faults { illegal: self.illegal, padding: self.padding, incomplete: self.incomplete, ..Faults::default() }
    }
}
