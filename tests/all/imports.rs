//! Which file uses which: every path of the code is followed to the file where what it names is defined.
//!
//! A name that a module passes on (`pub use`) leads to where it comes from, and a module does not use what it only passes
//! on. Methods are not followed: they are found by the compiler, and no path names them.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// For each file the files that it uses, and the paths that say so.
pub(super) type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What a path leads to.
#[derive(Clone, PartialEq)]
enum Found {
    Module(Vec<String>),
    /// Something that this module defines.
    Item(Vec<String>),
}

/// One leaf of a `use`.
struct Import {
    path: Vec<String>,
    /// The name that it gets here; `*` for all.
    name: String,
    public: bool,
}

/// What is to be known of one file.
struct File {
    path: String,
    imports: Vec<Import>,
    /// Paths in the code itself, `use` aside.
    paths: BTreeSet<Vec<String>>,
    words: BTreeSet<String>,
    defined: BTreeSet<String>,
}

/// Files by module.
struct Crate(BTreeMap<Vec<String>, File>);

/// Who uses whom among `sources`; tests are left out.
pub(super) fn uses(sources: &[Source]) -> Uses {
    let files = sources.iter().filter(|s| !s.is_test() && s.path != "main.rs");
    let all = Crate(files.map(|s| (module(&s.path), read(s))).collect());
    let mut uses = Uses::new();
    for (module, file) in &all.0 {
        let used = uses.entry(file.path.clone()).or_default();
        let imports = file.imports.iter().filter(|i| !i.public || file.words.contains(&i.name)).map(|i| &i.path);
        for path in imports.chain(&file.paths) {
            let Some(Found::Item(at)) = all.follow(module, path) else { continue };
            if at != *module {
                used.entry(all.0[&at].path.clone()).or_default().insert(path.join("::"));
            }
        }
    }
    uses
}

fn module(path: &str) -> Vec<String> {
    let mut module: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|l| l == "mod" || l == "lib") {
        module.pop();
    }
    module
}

impl Crate {
    /// Where `path` leads that stands in `module`; `None` if it leaves the crate.
    fn follow(&self, module: &[String], path: &[String]) -> Option<Found> {
        self.follow_on(module, path, &mut Vec::new())
    }

    fn follow_on(&self, module: &[String], path: &[String], been: &mut Vec<(Vec<String>, String)>) -> Option<Found> {
        let (mut at, mut rest) = (module.to_vec(), path);
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|w| w == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            name => {
                let imported = self.0.get(&at)?.imports.iter().any(|i| i.name == name);
                if !imported && !self.0.contains_key(&child(&at, name)) {
                    return None;
                }
            }
        }
        loop {
            let Some(name) = rest.first() else { return Some(Found::Module(at)) };
            if name == "*" {
                return Some(Found::Item(at));
            }
            let below = child(&at, name);
            if self.0.contains_key(&below) {
                (at, rest) = (below, &rest[1..]);
                continue;
            }
            if been.contains(&(at.clone(), name.clone())) {
                return None;
            }
            been.push((at.clone(), name.clone()));
            let file = self.0.get(&at)?;
            if let Some(import) = file.imports.iter().find(|i| i.name == *name) {
                return match self.follow_on(&at, &import.path, been)? {
                    Found::Module(there) if rest.len() > 1 => self.follow_on(&there, &named(&rest[1..]), been),
                    found => Some(found),
                };
            }
            for import in file.imports.iter().filter(|i| i.name == "*") {
                let Some(Found::Item(there)) = self.follow_on(&at, &import.path, been) else { continue };
                if self.0[&there].defined.contains(name) {
                    return Some(Found::Item(there));
                }
            }
            return Some(Found::Item(at));
        }
    }
}

/// The same path, from the module that it begins in.
fn named(path: &[String]) -> Vec<String> {
    std::iter::once("self".to_owned()).chain(path.iter().cloned()).collect()
}

fn child(module: &[String], name: &str) -> Vec<String> {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

/// The code as words and signs; comments, strings, characters and lifetimes are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let raw = rest.trim_start_matches('b').strip_prefix('r').filter(|r| r.trim_start_matches('#').starts_with('"'));
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if let Some(raw) = raw {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let (before, end) = (rest.len() - raw.len() + hashes + 1, format!("\"{}", "#".repeat(hashes)));
            rest[before..].find(&end).map_or(rest.len(), |at| before + at + end.len())
        } else if c == '"' {
            string(rest)
        } else if c == '\'' {
            character(rest)
        } else if c.is_alphanumeric() || c == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            end
        } else if rest.starts_with("::") {
            found.push(Token::Colons);
            2
        } else {
            if !c.is_whitespace() {
                found.push(Token::Sign(c));
            }
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    found
}

/// The length of the string that begins here.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character that begins here, or of the lifetime.
fn character(text: &str) -> usize {
    let inside = &text[1..];
    let Some(first) = inside.chars().next() else { return 1 };
    if first == '\\' {
        return inside[2..].find('\'').map_or(text.len(), |at| at + 4);
    }
    if inside[first.len_utf8()..].starts_with('\'') {
        return first.len_utf8() + 2;
    }
    1 + inside.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inside.len())
}

fn read(source: &Source) -> File {
    let lines: Vec<&str> = source.text.lines().take(source.lines_before_tests()).collect();
    let tokens = tokens(&lines.join("\n"));
    let mut file = File {
        path: source.path.clone(),
        imports: Vec::new(),
        paths: BTreeSet::new(),
        words: BTreeSet::new(),
        defined: BTreeSet::new(),
    };
    let (mut at, mut public) = (0, false);
    while at < tokens.len() {
        match &tokens[at] {
            Token::Word(word) if word == "use" && tokens.get(at + 1) != Some(&Token::Sign('<')) => {
                at += 1;
                tree(&tokens, &mut at, &[], public, &mut file.imports);
            }
            Token::Word(first) => {
                let mut path = vec![first.clone()];
                while let (Some(Token::Colons), Some(Token::Word(next))) = (tokens.get(at + 1), tokens.get(at + 2)) {
                    path.push(next.clone());
                    at += 2;
                }
                if ["fn", "struct", "enum", "trait", "type", "const", "static"].contains(&first.as_str())
                    && let Some(Token::Word(name)) = tokens.get(at + 1)
                {
                    file.defined.insert(name.clone());
                }
                public = first == "pub" || (public && ["crate", "super", "self", "in"].contains(&first.as_str()));
                file.words.insert(first.clone());
                if path.len() > 1 {
                    file.paths.insert(path);
                }
            }
            Token::Sign('(' | ')') => {}
            _ => public = false,
        }
        at += 1;
    }
    file
}

/// Reads one branch of a `use`, up to the sign that ends it.
fn tree(tokens: &[Token], at: &mut usize, before: &[String], public: bool, found: &mut Vec<Import>) {
    let mut path = before.to_vec();
    let mut name = None;
    loop {
        match tokens.get(*at) {
            Some(Token::Word(word)) if word == "as" => {
                *at += 1;
                if let Some(Token::Word(new)) = tokens.get(*at) {
                    name = Some(new.clone());
                }
            }
            Some(Token::Word(word)) => path.push(word.clone()),
            Some(Token::Sign('*')) => path.push("*".to_owned()),
            Some(Token::Sign('{')) => {
                while tokens.get(*at) != Some(&Token::Sign('}')) {
                    *at += 1;
                    if tokens.get(*at) != Some(&Token::Sign('}')) {
                        tree(tokens, at, &path, public, found);
                    }
                }
                *at += 1;
                return;
            }
            Some(Token::Colons) => {}
            _ => break,
        }
        *at += 1;
    }
    // `{self, x}` is the module before the brace.
    if path.len() > 1 && path.last().is_some_and(|l| l == "self") {
        path.pop();
    }
    if let Some(name) = name.or_else(|| path.last().cloned()) {
        found.push(Import { path, name, public });
    }
}

fn file(path: &str, text: &str) -> Source {
    Source { path: path.into(), text: text.into() }
}

fn told(sources: &[Source]) -> Vec<String> {
    let uses = uses(sources);
    let pairs = uses.iter().flat_map(|(from, to)| to.iter().map(move |(to, why)| (from, to, why)));
    pairs.map(|(from, to, why)| format!("{from} {to} {}", why.iter().cloned().collect::<Vec<_>>().join(" "))).collect()
}

#[test]
fn a_path_is_followed_to_where_the_thing_is_defined() {
    let sources = [
        file("lib.rs", "mod room; mod other;"),
        file("other.rs", "pub struct Far;"),
        file("room/mod.rs", "mod a; mod b; mod c; pub use a::{A, Kind as Sort}; pub(crate) use c::*; pub struct Own;"),
        file("room/a.rs", "pub struct A; pub enum Kind { One } // super::b::B"),
        file(
            "room/b.rs",
            "use super::{A, Sort, c}; use std::fmt; fn f() { Sort::One; c::deep(); fmt::Write; \"super::Own\" } pub struct B;",
        ),
        file(
            "room/c.rs",
            "pub fn deep() -> super::Own { crate::other::Far }\n#[cfg(test)]\nmod t { use super::b::B; }",
        ),
    ];
    let expected = [
        "room/b.rs room/a.rs Sort::One super::A super::Sort",
        "room/b.rs room/c.rs c::deep",
        "room/c.rs other.rs crate::other::Far",
        "room/c.rs room/mod.rs super::Own",
    ];
    let mut found = told(&sources);
    found.retain(|f| !f.starts_with("room/mod.rs"));
    // `use c::*` is no use of its own: the parent only passes on.
    assert_eq!(found, expected);
}

#[test]
fn a_module_uses_what_it_passes_on_only_if_it_names_it() {
    let child = file("room/a.rs", "pub struct A;");
    let passes_on = [file("room/mod.rs", "mod a; pub use a::A;"), file("room/a.rs", &child.text)];
    assert_eq!(told(&passes_on), [""; 0]);
    let names =
        [file("room/mod.rs", "mod a; pub use a::A; struct B<'a>(A, &'a str, char); const Q: char = '\"';"), child];
    assert_eq!(told(&names), ["room/mod.rs room/a.rs a::A"]);
}
