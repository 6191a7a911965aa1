//! What is found wrong with an encoded body.

/// How often something was found, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How often.
    pub count: u64,
    /// Where first; an offset in bytes.
    pub first: usize,
}

impl Count {
    pub(super) fn add(&mut self, at: usize) {
        self.add_many(1, at);
    }

    pub(super) fn add_many(&mut self, count: u64, at: usize) {
        if self.count == 0 {
            self.first = at;
        }
        self.count += count;
    }

    /// Takes in what was found elsewhere. Says whether that was first.
    pub(super) fn merge(&mut self, other: Count) -> bool {
        if other.count == 0 {
            return false;
        }
        let is_first = self.count == 0 || other.first < self.first;
        if is_first {
            self.first = other.first;
        }
        self.count += other.count;
        is_first
    }
}

/// What was wrong with an encoded body. Places are counted from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Base64: bytes that are neither of the alphabet nor white space.
    pub illegal: Count,
    /// Base64: padding with more letters behind it, or with nothing to fill up.
    pub padding: Count,
    /// Base64: the end came inside a group of four.
    pub incomplete: bool,
    /// Quoted-printable: `=` with neither two hexadecimal digits nor a line end behind it.
    pub escapes: Count,
    /// Quoted-printable: escapes with small letters.
    pub small: Count,
    /// Quoted-printable: `=` as the last character, with nothing behind it.
    pub ends_with_equals: bool,
}
