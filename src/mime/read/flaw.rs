//! What can be wrong with a mail, each in a sentence and with the place in the standards that says so.

use std::fmt;

use super::faults::Count;

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The part, as an index into [`Tree::parts`](super::Tree).
    pub part: usize,
    /// Where; of several of one kind in a part, the first. An offset in bytes into the mail.
    pub at: usize,
    /// What is wrong.
    pub what: Flaw,
}

/// What is wrong. What comes again and again in a part is told once, with how often it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says itself in `Flaw::sentence`; fields are what the sentence shows")]
pub enum Flaw {
    // Lines and bytes.
    BareLf { count: u64, are_all: bool },
    BareCr { count: u64 },
    Nul { count: u64 },
    LongLines { count: u64, longest: usize },
    LongEncodedLines { count: u64, longest: usize },
    EightBitHeader { count: u64 },
    EightBitBody { count: u64 },
    EightBitInside,
    NotAscii { count: u64, is_said: bool },
    NotInCharset { charset: String, count: u64 },
    // The header section.
    MailboxLine,
    MoreMails { count: u64 },
    NoColon { count: u64 },
    BadFieldName { count: u64 },
    SpaceBeforeColon { count: u64 },
    BlankFold { count: u64 },
    FoldedToNothing { count: u64 },
    Duplicate { field: &'static str },
    Missing { field: &'static str },
    MissingInside,
    HeaderTooLong,
    ContentLength { said: u64, is: u64 },
    // What the fields say.
    BadAddresses { field: &'static str },
    EmptyField { field: &'static str },
    ManySenders { field: &'static str },
    NoSender { authors: u64 },
    BadDate { field: &'static str },
    Weekday { field: &'static str, is: &'static str },
    BadIdentifier { field: &'static str },
    // MIME fields.
    NoMimeVersion,
    BadMimeVersion,
    BadContentType { taken: String },
    BadDisposition,
    BadParameter,
    ParameterTwice { name: String, is_type: bool },
    ParameterGap { name: String },
    ParameterCharset { charset: String },
    ParameterWithoutCharset,
    ParameterEscape,
    UnknownCharset { charset: String },
    UnknownEncoding { encoding: String },
    BehindEncoding,
    EncodingOfContainer { encoding: String },
    NotSevenBit { media_type: String, encoding: String },
    ExternalWithoutId,
    // Encoded words.
    WordInQuotes { count: u64 },
    WordMisplaced { count: u64 },
    WordTooLong { count: u64 },
    WordGlued { count: u64 },
    WordBroken { count: u64 },
    WordCut { count: u64 },
    WordLetters { count: u64 },
    WordCharset { charset: String },
    // Multiparts.
    NoBoundary,
    BadBoundary,
    LongBoundary { length: usize },
    BoundaryTwice,
    BoundaryPrefix,
    BoundaryNotFound,
    NoParts,
    BoundaryUnclosed,
    BehindTheEnd { count: u64 },
    BoundaryLookalike { count: u64 },
    NoEmptyLine,
    TooDeep { most: usize },
    TooManyParts { most: usize },
    // Encoded bodies.
    Base64Illegal { count: u64 },
    Base64Padding { count: u64 },
    Base64Length,
    QuotedEscape { count: u64 },
    QuotedSmall { count: u64 },
    QuotedEnd,
    QuotedControl { count: u64 },
}

impl Flaw {
    /// A short name that stays the same, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.told().0
    }

    /// Where the standards speak of it; empty where none does.
    #[must_use]
    pub fn rfc(&self) -> &'static str {
        self.told().1
    }

    /// What is wrong, in one sentence without a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.told().2
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

/// The defects of a mail. Of hostile mail, not all are kept.
#[derive(Debug, Default)]
pub(super) struct Defects {
    pub(super) list: Vec<Defect>,
    /// How many more there are.
    pub(super) more: u64,
}

/// So many defects are kept of a mail; a person reads fewer, and a mail of 100 MB can have millions.
pub(super) const MOST_DEFECTS: usize = 10_000;

impl Defects {
    pub(super) fn add(&mut self, part: usize, at: usize, what: Flaw) {
        if self.list.len() < MOST_DEFECTS {
            self.list.push(Defect { part, at, what });
        } else {
            self.more += 1;
        }
    }

    /// What was found, if anything was: told once, with how often. Its places count from `start`.
    pub(super) fn add_found(&mut self, part: usize, start: usize, found: Count, flaw: impl FnOnce(u64) -> Flaw) {
        if found.count > 0 {
            self.add(part, start + found.first, flaw(found.count));
        }
    }
}
