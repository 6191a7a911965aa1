//! Links: every file that a page names is there, and every `#anchor` is a heading or an explicit id of its page. Once over
//! the sources, by mdBook's rules; once, on demand, over the pages that mdBook has made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use postroad::cli::command;
use postroad::cli::mdbook::Expander;

use super::{files, project};

/// What a page offers and what it asks for.
#[derive(Default)]
struct Page {
    ids: BTreeSet<String>,
    /// Targets as they are written.
    links: Vec<String>,
}

/// The values of an attribute of HTML.
fn attributes(text: &str, name: &str) -> Vec<String> {
    let opening = format!(" {name}=\"");
    text.match_indices(&opening)
        .filter_map(|(at, _)| Some(text[at + opening.len()..].split_once('"')?.0.replace("&amp;", "&")))
        .collect()
}

/// The id that mdBook gives a heading: letters, digits, `_` and `-` in lower case, spaces as `-`, nothing else.
fn id_of(heading: &str) -> String {
    // Of a link only the words count.
    let mut words = heading.trim().to_owned();
    while let Some((before, rest)) = words.split_once("](") {
        words = format!("{before}{}", rest.split_once(')').map_or("", |(_, after)| after));
    }
    words
        .chars()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some('-'),
            c if c.is_alphanumeric() || matches!(c, '_' | '-') => Some(c.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

/// A page of Markdown, without its fenced blocks and code.
fn markdown(text: &str) -> Page {
    let mut page = Page::default();
    let mut seen = BTreeMap::<String, usize>::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        let start = line.trim_start();
        if let Some(open) = &fence {
            if start.starts_with(open.as_str()) && start.trim_end().chars().all(|c| c == '`') {
                fence = None;
            }
            continue;
        }
        if start.starts_with("```") {
            fence = Some(start.chars().take_while(|c| *c == '`').collect());
            continue;
        }
        if let Some(heading) = line.strip_prefix('#').map(|h| h.trim_start_matches('#')).filter(|h| h.starts_with(' '))
        {
            let (words, explicit) = match heading.trim_end().strip_suffix('}').and_then(|h| h.split_once(" {#")) {
                Some((words, id)) => (words, Some(id.to_owned())),
                None => (heading, None),
            };
            let id = explicit.unwrap_or_else(|| id_of(words));
            // The second heading of the same name is told apart by a number.
            let times = seen.entry(id.clone()).or_default();
            page.ids.insert(if *times == 0 { id } else { format!("{id}-{times}") });
            *times += 1;
        }
        // What stands in backticks links nowhere.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        for (at, _) in plain.match_indices("](") {
            if let Some(end) = plain[at..].find(')') {
                page.links.push(plain[at + 2..at + end].to_owned());
            }
        }
        page.links.extend(attributes(&plain, "href"));
        page.links.extend(attributes(&plain, "src"));
        page.ids.extend(attributes(&plain, "id"));
    }
    page
}

/// `a/b/../c` as `a/c`.
fn straight(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// Links of `pages` that lead nowhere.
fn broken(pages: &BTreeMap<PathBuf, Page>, root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for (place, page) in pages {
        for link in &page.links {
            if link.contains("://") || ["mailto:", "data:"].iter().any(|scheme| link.starts_with(scheme)) {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = path.split('?').next().unwrap_or_default();
            let target = match (path, path.strip_prefix('/')) {
                ("", _) => place.clone(),
                (_, Some(from_root)) => root.join(from_root),
                _ => straight(&place.parent().unwrap().join(path)),
            };
            let place = place.strip_prefix(root).unwrap_or(place).display();
            if !target.exists() {
                problems.push(format!("{place}: there is no file for `{link}`"));
            } else if let Some(page) = pages.get(&target)
                && !anchor.is_empty()
                && !page.ids.contains(anchor)
            {
                problems.push(format!("{place}: nothing has the id of `{link}`"));
            }
        }
    }
    problems
}

#[test]
fn links_of_the_sources_lead_somewhere() {
    let source = project().join("book/src");
    let expander = Expander::new(project(), command());
    let mut pages = BTreeMap::new();
    for file in files(&source, "md") {
        let text = fs::read_to_string(&file).unwrap();
        // Headings and links that a directive writes count, too.
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
        let text = expander.chapter(&name, &text).unwrap_or(text);
        pages.insert(file, markdown(&text));
    }
    assert!(pages.values().map(|page| page.links.len()).sum::<usize>() > 50);
    // What is read in the repository itself.
    for entry in fs::read_dir(project()).unwrap().chain(fs::read_dir(project().join("book")).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "md") {
            let page = markdown(&fs::read_to_string(&path).unwrap());
            pages.insert(path, page);
        }
    }
    let problems = broken(&pages, project());
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
#[ignore = "needs the built book: mdbook build book"]
fn links_of_the_built_book_lead_somewhere() {
    let root = project().join("book/out");
    let mut pages = BTreeMap::new();
    for file in files(&root, "html") {
        let text = fs::read_to_string(&file).unwrap();
        let mut page = Page::default();
        page.ids.extend(attributes(&text, "id"));
        page.links.extend(attributes(&text, "href"));
        page.links.extend(attributes(&text, "src"));
        pages.insert(file, page);
    }
    assert!(pages.len() > 20, "build the book first");
    let problems = broken(&pages, &root);
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = markdown(
        "# A `b`, c!\n## Same\n## Same\n```text\n[no](nowhere.md)\n```\n`[no](x.md)` [yes](#a-b-c) [yes](#same-1) [bad](#b)\n\
         [bad](gone.md#x)\n## Named {#here}\n",
    );
    assert_eq!(page.ids.iter().map(String::as_str).collect::<Vec<_>>(), ["a-b-c", "here", "same", "same-1"]);
    let root = Path::new("/nowhere");
    let place = project().join("Cargo.toml");
    let problems = broken(&BTreeMap::from([(place, page)]), root);
    assert_eq!(problems.len(), 2, "{problems:?}");
}
