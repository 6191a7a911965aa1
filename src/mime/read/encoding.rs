//! Transfer encodings, undone as a stream (RFC 2045 §6).

use std::fmt;

use super::base64::Base64;
use super::faults::Faults;
use super::quoted::Quoted;

/// How a body is written for its way (RFC 2045 §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `7bit`, also where nothing is said.
    SevenBit,
    /// `8bit`.
    EightBit,
    /// `binary`.
    Binary,
    /// `quoted-printable`.
    QuotedPrintable,
    /// `base64`.
    Base64,
    /// Anything else, in lower case. What it stands for is not known, so the body stays as it is (RFC 2045 §6.4).
    Unknown(String),
}

impl Encoding {
    /// As a header has it, without comments; upper and lower case are the same.
    #[must_use]
    pub fn named(name: &str) -> Encoding {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "7bit" => Encoding::SevenBit,
            "8bit" => Encoding::EightBit,
            "binary" => Encoding::Binary,
            "quoted-printable" => Encoding::QuotedPrintable,
            "base64" => Encoding::Base64,
            _ => Encoding::Unknown(name),
        }
    }

    /// As a header has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Encoding::SevenBit => "7bit",
            Encoding::EightBit => "8bit",
            Encoding::Binary => "binary",
            Encoding::QuotedPrintable => "quoted-printable",
            Encoding::Base64 => "base64",
            Encoding::Unknown(name) => name,
        }
    }

    /// Whether the body stands there as it is (RFC 2045 §6.2).
    #[must_use]
    pub fn is_identity(&self) -> bool {
        matches!(self, Encoding::SevenBit | Encoding::EightBit | Encoding::Binary)
    }

    /// Gives what `bytes` stand for, in pieces of some kilobytes. Whatever is wrong is passed over, as RFC 2045 §6.7 and
    /// §6.8 ask for.
    pub fn decode(&self, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut decoder = Decoder::new(self);
        decoder.feed(bytes, sink);
        decoder.finish(sink);
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Undoes an encoding piece by piece: pieces may be cut anywhere.
#[derive(Clone, Debug)]
pub struct Decoder {
    coder: Coder,
    /// Bytes so far.
    read: usize,
    buffer: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Coder {
    Identity,
    Quoted(Quoted),
    Base64(Base64),
}

/// What is decoded is handed on in pieces of about this size.
const PIECE: usize = 1 << 13;

impl Decoder {
    /// A decoder at the beginning of a body.
    #[must_use]
    pub fn new(encoding: &Encoding) -> Decoder {
        let coder = match encoding {
            Encoding::QuotedPrintable => Coder::Quoted(Quoted::default()),
            Encoding::Base64 => Coder::Base64(Base64::default()),
            _ => Coder::Identity,
        };
        Decoder { coder, read: 0, buffer: Vec::new() }
    }

    /// Decodes the next piece.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let buffer = &mut self.buffer;
        let mut out = |decoded: &[u8]| {
            buffer.extend_from_slice(decoded);
            if buffer.len() >= PIECE {
                sink(buffer);
                buffer.clear();
            }
        };
        match &mut self.coder {
            Coder::Identity if bytes.is_empty() => {}
            Coder::Identity => sink(bytes),
            Coder::Quoted(quoted) => quoted.feed(bytes, self.read, &mut out),
            Coder::Base64(base64) => base64.feed(bytes, self.read, &mut out),
        }
        self.read += bytes.len();
    }

    /// The end: hands on what is left, and says what was wrong.
    pub fn finish(mut self, sink: &mut dyn FnMut(&[u8])) -> Faults {
        let buffer = &mut self.buffer;
        let mut out = |decoded: &[u8]| buffer.extend_from_slice(decoded);
        let faults = match self.coder {
            Coder::Identity => Faults::default(),
            Coder::Quoted(quoted) => quoted.finish(&mut out),
            Coder::Base64(base64) => base64.finish(&mut out),
        };
        if !buffer.is_empty() {
            sink(buffer);
        }
        faults
    }
}
