//! What a group of fields is.

/// A group of named fields.
#[derive(Debug)]
pub struct Shape {
    /// What it is called: in front of the bracket, or in messages.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Groups whose fields it has, too.
    pub also: &'static [&'static Shape],
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it takes, in words.
    pub takes: &'static str,
    /// What it is when it is not written; `None` when it must be written.
    pub default: Option<&'static str>,
    /// What it means.
    pub about: &'static str,
}

impl Shape {
    /// All fields, those of the shared groups included.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(self.also.iter().flat_map(|shape| shape.fields.iter()))
    }
}
