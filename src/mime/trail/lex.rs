//! The words and comments of a trace field (RFC 5322 §3.2.2, RFC 5321 §4.4), however broken: one pass, nothing is refused.

/// What stands between spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// What stands between parentheses, with those inside it.
    Comment(&'a str),
}

/// One clause: its words, and the comments among and behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clause<'a> {
    pub(super) words: Vec<&'a str>,
    pub(super) comments: Vec<&'a str>,
}

impl<'a> Clause<'a> {
    /// Its first word: where names, protocols and ids stand.
    pub(super) fn word(&self) -> Option<&'a str> {
        self.words.first().copied()
    }
}

/// What a clause begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    From,
    By,
    Via,
    With,
    Id,
    For,
}

impl Key {
    fn of(word: &str) -> Option<Key> {
        const WORDS: [(&str, Key); 6] = [
            ("from", Key::From),
            ("by", Key::By),
            ("via", Key::Via),
            ("with", Key::With),
            ("id", Key::Id),
            ("for", Key::For),
        ];
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, key)| *key)
    }
}

/// The clauses of a Received field. A word that comes a second time does not begin a clause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clauses<'a> {
    /// What stands before the first clause: qmail and sendmail have comments there.
    pub(super) head: Clause<'a>,
    clauses: [Option<Clause<'a>>; 6],
    /// All comments, in the order of the field.
    pub(super) comments: Vec<&'a str>,
    /// What follows the last semicolon.
    pub(super) date: Option<&'a str>,
}

impl<'a> Clauses<'a> {
    /// Reads the value of a field, without line ends.
    pub(super) fn read(value: &'a str) -> Clauses<'a> {
        let (tokens, date) = tokens(value);
        let mut all = Clauses { date, ..Clauses::default() };
        let mut here = None;
        for token in tokens {
            let key = match token {
                Token::Word(word) => Key::of(word).filter(|key| all.get(*key).is_none()),
                Token::Comment(_) => None,
            };
            here = key.or(here);
            let clause = match here {
                Some(key) => all.clauses[key as usize].get_or_insert_default(),
                None => &mut all.head,
            };
            match token {
                Token::Comment(text) => {
                    clause.comments.push(text);
                    all.comments.push(text);
                }
                Token::Word(word) if key.is_none() => clause.words.push(word),
                Token::Word(_) => {}
            }
        }
        all
    }

    /// A clause, where the field has it.
    pub(super) fn get(&self, key: Key) -> Option<&Clause<'a>> {
        self.clauses[key as usize].as_ref()
    }

    /// The first word of a clause.
    pub(super) fn word(&self, key: Key) -> Option<&'a str> {
        self.get(key).and_then(Clause::word)
    }
}

/// The tokens before the last semicolon that stands in no comment, and what follows it.
fn tokens(text: &str) -> (Vec<Token<'_>>, Option<&str>) {
    let bytes = text.as_bytes();
    let closing = closing(bytes);
    let (mut tokens, mut before_date, mut date) = (Vec::new(), 0, None);
    let mut quotes_close = true;
    let mut pos = 0;
    while pos < bytes.len() {
        match bytes[pos] {
            b' ' | b'\t' | b'\r' | b'\n' => pos += 1,
            b';' => {
                before_date = tokens.len();
                date = Some(&text[pos + 1..]);
                pos += 1;
            }
            b'(' if closing[pos] > 0 => {
                tokens.push(Token::Comment(text[pos + 1..closing[pos]].trim()));
                pos = closing[pos] + 1;
            }
            _ => {
                let start = pos;
                pos = word_end(bytes, &closing, pos, &mut quotes_close);
                tokens.push(Token::Word(&text[start..pos]));
            }
        }
    }
    if date.is_some() {
        tokens.truncate(before_date);
    }
    (tokens, date)
}

/// Where a word that begins at `pos` ends: never inside a character.
fn word_end(bytes: &[u8], closing: &[usize], mut pos: usize, quotes_close: &mut bool) -> usize {
    while pos < bytes.len() {
        match bytes[pos] {
            b' ' | b'\t' | b'\r' | b'\n' | b';' => break,
            b'(' if closing[pos] > 0 => break,
            b'"' if *quotes_close => match quote_end(bytes, pos) {
                Some(end) => pos = end,
                // Of the quotes behind this one, none is closed either: they are not looked at again.
                None => {
                    *quotes_close = false;
                    pos += 1;
                }
            },
            _ => pos += 1,
        }
    }
    pos
}

/// Behind the quote that closes the one at `pos`.
fn quote_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let mut at = pos + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// For each parenthesis that opens a comment, where it is closed; 0 for all other bytes.
fn closing(bytes: &[u8]) -> Vec<usize> {
    let mut closing = vec![0; bytes.len()];
    let mut open = Vec::new();
    let mut pos = 0;
    while pos < bytes.len() {
        match bytes[pos] {
            b'\\' if !open.is_empty() => pos += 1,
            b'(' => open.push(pos),
            b')' => {
                if let Some(start) = open.pop() {
                    closing[start] = pos;
                }
            }
            _ => {}
        }
        pos += 1;
    }
    closing
}

/// The text with every comment as a space.
pub(super) fn without_comments(text: &str) -> String {
    let closing = closing(text.as_bytes());
    let mut out = String::with_capacity(text.len());
    let (mut pos, mut kept) = (0, 0);
    while pos < closing.len() {
        if closing[pos] > 0 {
            out.push_str(&text[kept..pos]);
            out.push(' ');
            pos = closing[pos];
            kept = pos + 1;
        }
        pos += 1;
    }
    out.push_str(&text[kept..]);
    out
}

/// The parts of a text between semicolons that stand neither in comments nor in quotes; none is empty.
pub(super) fn sections(text: &str) -> Vec<&str> {
    let closing = closing(text.as_bytes());
    let (mut sections, mut start, mut pos, mut is_quoted) = (Vec::new(), 0, 0, false);
    while pos < closing.len() {
        match text.as_bytes()[pos] {
            _ if closing[pos] > 0 && !is_quoted => pos = closing[pos],
            b'"' => is_quoted = !is_quoted,
            b';' if !is_quoted => {
                sections.push(text[start..pos].trim());
                start = pos + 1;
            }
            _ => {}
        }
        pos += 1;
    }
    sections.push(text[start..].trim());
    sections.retain(|section| !section.is_empty());
    sections
}

/// The comments of a text, without those inside others and without empty ones.
pub(super) fn comments(text: &str) -> Vec<&str> {
    let closing = closing(text.as_bytes());
    let (mut comments, mut pos) = (Vec::new(), 0);
    while pos < closing.len() {
        if closing[pos] > 0 {
            comments.push(text[pos + 1..closing[pos]].trim());
            pos = closing[pos];
        }
        pos += 1;
    }
    comments.retain(|comment| !comment.is_empty());
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_comments() {
        assert_eq!(sections("a (b; c) d; \"e; (f\" g;; h"), ["a (b; c) d", "\"e; (f\" g", "h"]);
        assert_eq!(sections(" "), [""; 0]);
        assert_eq!(comments("a (b (c) d) () (e) (f"), ["b (c) d", "e"]);
    }

    #[test]
    fn clauses_come_apart() {
        let read = Clauses::read(
            "from a (b [192.0.2.1] (may be forged)) (using x) by c (Postfix) with Microsoft SMTP Server id 1 for <x@y>; Mon; Tue (UTC)",
        );
        assert_eq!(read.get(Key::From).unwrap().comments, ["b [192.0.2.1] (may be forged)", "using x"]);
        assert_eq!(read.get(Key::With).unwrap().words, ["Microsoft", "SMTP", "Server"]);
        assert_eq!((read.word(Key::For), read.word(Key::Via)), (Some("<x@y>"), None));
        assert_eq!(read.date, Some(" Tue (UTC)"));
        assert_eq!(read.comments.len(), 3);
    }

    #[test]
    fn what_is_not_closed_is_a_word() {
        let read = Clauses::read("from ((a) \"b by c; d");
        assert_eq!(read.get(Key::From).unwrap().words, ["(", "\"b"]);
        assert_eq!(read.word(Key::By), Some("c"));
        assert_eq!(read.date, Some(" d"));
        assert_eq!(Clauses::read(") (;) x").head.comments, [";"]);
    }

    #[test]
    fn comments_go_away() {
        assert_eq!(without_comments("a (b (c) d) e (f"), "a   e (f");
    }
}
