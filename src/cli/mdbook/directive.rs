//! The directives in the text of a chapter.
//!
//! ```text
//! {{#postroad NAME WORD key=value key="a value" key='one "with" quotes'}}
//! ```
//!
//! and fenced blocks whose info string is `ask`. Nothing is read inside other fenced blocks, and `\{{#postroad` is text.

/// What begins a directive.
const OPEN: &str = "{{#postroad";

/// One directive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directive {
    /// What is asked for.
    pub(super) name: String,
    /// Words without a key.
    pub(super) words: Vec<String>,
    /// Words with a key, in their order.
    pub(super) pairs: Vec<(String, String)>,
}

impl Directive {
    /// The last value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Whether the word stands there.
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// A number.
    pub(super) fn number<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>, String> {
        self.get(key).map(|v| v.parse().map_err(|_| format!("{key}={v}: expected a number"))).transpose()
    }

    /// A word or key that is not among those known is a mistake.
    pub(super) fn only(&self, words: &[&str], keys: &[&str]) -> Result<(), String> {
        if let Some(word) = self.words.iter().find(|w| !words.contains(&w.as_str())) {
            return Err(format!("`{}` does not know the word `{word}`", self.name));
        }
        match self.pairs.iter().find(|(k, _)| !keys.contains(&k.as_str())) {
            Some((key, _)) => Err(format!("`{}` does not know the key `{key}`", self.name)),
            None => Ok(()),
        }
    }

    /// Reads what stands between the brackets.
    pub(super) fn read(text: &str) -> Result<Directive, String> {
        let mut directive = Directive::default();
        let mut chars = text.chars().peekable();
        loop {
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
            if chars.peek().is_none() {
                break;
            }
            let mut key = None;
            let mut token = String::new();
            let mut quote = None;
            while let Some(c) = chars.peek().copied() {
                match quote {
                    Some(q) if c == q => quote = None,
                    Some(_) => token.push(c),
                    None if c.is_whitespace() => break,
                    None if c == '"' || c == '\'' => quote = Some(c),
                    None if c == '=' && key.is_none() => key = Some(std::mem::take(&mut token)),
                    None => token.push(c),
                }
                chars.next();
            }
            if quote.is_some() {
                return Err("a quotation mark is not closed".into());
            }
            match key {
                Some(key) => directive.pairs.push((key, token)),
                None if directive.name.is_empty() => directive.name = token,
                None => directive.words.push(token),
            }
        }
        if directive.name.is_empty() { Err("the directive has no name".into()) } else { Ok(directive) }
    }
}

/// A piece of a chapter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stays.
    Text(&'a str),
    /// A directive, and its line.
    Directive(Result<Directive, String>, usize),
    /// The lines of an `ask` block, and the line of the first.
    Ask(&'a str, usize),
}

/// Takes a chapter apart.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut line) = (0, 0, 1);
    // The fence that is open, and where its lines begin when it is an `ask` block.
    let mut fence: Option<(&str, Option<(usize, usize)>)> = None;
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |i| at + i + 1);
        let this = text[at..end].trim();
        let ticks = &this[..this.len() - this.trim_start_matches('`').len()];
        match fence {
            Some((open, ask)) if ticks.len() >= open.len() && this == ticks => {
                if let Some((from, first)) = ask {
                    pieces.push(Piece::Ask(&text[from..at], first));
                    start = end;
                }
                fence = None;
            }
            Some(_) => {}
            None if ticks.len() >= 3 => {
                let is_ask = this[ticks.len()..].trim() == "ask";
                if is_ask {
                    pieces.push(Piece::Text(&text[start..at]));
                }
                fence = Some((ticks, is_ask.then_some((end, line + 1))));
            }
            None => {
                let mut from = at;
                while let Some(found) = text[from..end].find(OPEN).map(|i| from + i) {
                    if text[..found].ends_with('\\') {
                        pieces.push(Piece::Text(&text[start..found - 1]));
                        start = found;
                        from = found + OPEN.len();
                        continue;
                    }
                    let inside = found + OPEN.len();
                    pieces.push(Piece::Text(&text[start..found]));
                    let Some(close) = close(&text[inside..]).map(|i| inside + i) else {
                        pieces.push(Piece::Directive(Err("the directive is not closed with }}".into()), line));
                        return pieces;
                    };
                    pieces.push(Piece::Directive(Directive::read(&text[inside..close]), line));
                    start = close + 2;
                    from = start;
                    if start > end {
                        break;
                    }
                }
                if from > end {
                    line += text[at..from].matches('\n').count();
                    at = from;
                    continue;
                }
            }
        }
        line += 1;
        at = end;
    }
    pieces.push(Piece::Text(&text[start..]));
    pieces
}

/// Where a directive ends: at the brackets outside quotation marks.
fn close(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text[i..].starts_with("}}") => return Some(i),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_found_with_their_lines() {
        let text = "a {{#postroad value x=1}} b\n```text\n{{#postroad no}}\n```\n\\{{#postroad no}}\n\
                    {{#postroad change y\n  replace='a: \"}}\"' with=\"\"}}\nz {{#postroad q}}\n```ask\nQ?\n- a\n```\nend";
        let found: Vec<String> = pieces(text)
            .iter()
            .filter_map(|p| match p {
                Piece::Directive(Ok(d), line) => Some(format!("{line} {} {:?} {:?}", d.name, d.words, d.pairs)),
                Piece::Ask(text, line) => Some(format!("{line} {text:?}")),
                Piece::Directive(Err(e), _) => Some(e.clone()),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(
            found,
            [
                r#"1 value [] [("x", "1")]"#,
                r#"6 change ["y"] [("replace", "a: \"}}\""), ("with", "")]"#,
                "8 q [] []",
                r#"10 "Q?\n- a\n""#
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_told() {
        assert!(matches!(pieces("x {{#postroad a").last(), Some(Piece::Directive(Err(_), 1))));
        assert!(Directive::read("a b=\"c").is_err());
        assert!(Directive::read(" ").is_err());
    }
}
