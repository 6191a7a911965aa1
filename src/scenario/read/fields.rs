//! Groups of named fields.

use std::ops::Range;

use super::Reader;
use crate::scenario::schema::shape::Shape;
use crate::scenario::tree::{Kind, Node, Word};

impl Reader {
    /// The fields of a group; tells unknown ones and missing ones.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, shape: &'static Shape) -> Option<Fields<'n>> {
        let entries: &[(Word, Node)] = match &node.kind {
            Kind::Struct(word, entries) if word.as_ref().is_none_or(|w| w.text == shape.name) => entries,
            Kind::Tuple(word, items) if items.is_empty() && word.as_ref().is_none_or(|w| w.text == shape.name) => &[],
            Kind::Name(name) if name == shape.name => &[],
            _ => {
                let some = shape.fields.first().map_or("", |f| f.name);
                return self.wrong_type(node, &format!("named fields, such as ({some}: ..)"));
            }
        };
        let known: Vec<&'static str> = shape.all_fields().map(|f| f.name).collect();
        let mut strange = false;
        for (word, _) in entries {
            let unknown = !known.contains(&word.text.as_str());
            strange |= unknown;
            if unknown && !self.is_full() {
                let message = format!("{} has no field `{}`", shape.name, word.text);
                let d = self.at(&word.span, "unknown-field", message).label("unknown field");
                let near = crate::diag::nearest(&word.text, known.iter().copied());
                let d = match near {
                    Some(near) => d.help(format!("did you mean `{near}`?")),
                    None => d.note(format!("its fields are {}", known.join(", "))),
                };
                self.push(d);
            }
        }
        for field in shape.all_fields().filter(|f| f.default.is_none()) {
            if !entries.iter().any(|(w, n)| w.text == field.name && !matches!(n.kind, Kind::Nothing)) {
                let d =
                    self.at(&node.span, "missing-field", format!("{} needs the field `{}`", shape.name, field.name));
                self.push(d.label(format!("add `{}: ..`", field.name)).note(format!("it takes: {}", field.takes)));
            }
        }
        Some(Fields { shape, span: node.span.clone(), strange, entries })
    }

    /// A word with fields, one of several.
    pub(crate) fn variant<'n>(&mut self, node: &'n Node, what: &str, shapes: &[&'static Shape]) -> Option<Fields<'n>> {
        let (name, span) = match &node.kind {
            Kind::Struct(Some(w), _) | Kind::Tuple(Some(w), _) => (w.text.as_str(), &w.span),
            Kind::Name(name) => (name.as_str(), &node.span),
            _ => {
                let names: Vec<&str> = shapes.iter().map(|s| s.name).collect();
                return self.wrong_type(node, &format!("{what}: {}", names.join(", ")));
            }
        };
        let Some(shape) = shapes.iter().find(|s| s.name == name) else {
            let names: Vec<&str> = shapes.iter().map(|s| s.name).collect();
            let d = self.at(span, "unknown-word", format!("`{name}` is not {what}"));
            let d = d.label(format!("expected {}", names.join(", "))).did_you_mean(name, names);
            self.push(d);
            return None;
        };
        self.fields(node, shape)
    }
}

/// The fields of one group.
#[derive(Clone)]
pub(crate) struct Fields<'n> {
    pub(crate) shape: &'static Shape,
    pub(crate) span: Range<usize>,
    /// Whether some field has a name that none has here: what seems to be missing may be meant by it.
    pub(crate) strange: bool,
    entries: &'n [(Word, Node)],
}

impl<'n> Fields<'n> {
    /// A group of which nothing is written.
    pub(crate) fn none(shape: &'static Shape, span: Range<usize>) -> Fields<'n> {
        Fields { shape, span, strange: false, entries: &[] }
    }

    /// What was written for a field. (The first, where it was written twice: that is told elsewhere.)
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        debug_assert!(self.shape.all_fields().any(|f| f.name == name), "{} has no {name}", self.shape.name);
        let (_, node) = self.entries.iter().find(|(w, _)| w.text == name)?;
        (!matches!(node.kind, Kind::Nothing)).then_some(node)
    }

    /// Reads a field, or takes the default where it is not written or wrong.
    pub(crate) fn or<T>(&self, name: &str, default: T, read: impl FnOnce(&'n Node) -> Option<T>) -> T {
        self.get(name).and_then(read).unwrap_or(default)
    }

    /// Reads a field that may be absent.
    pub(crate) fn opt<T>(&self, name: &str, read: impl FnOnce(&'n Node) -> Option<T>) -> Option<T> {
        self.get(name).and_then(read)
    }

    /// The items of a list; nothing where it is not written.
    pub(crate) fn items(&self, r: &mut Reader, name: &str, of: &str) -> &'n [Node] {
        self.get(name).and_then(|node| r.list(node, of)).unwrap_or(&[])
    }
}
