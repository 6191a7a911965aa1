//! LIST with options (RFC 5258, RFC 9051 §6.3.9), and CREATE (RFC 6154 §3).

use super::cursor::Cursor;
use super::status::{StatusItem, read_items};

/// What LIST asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct List {
    /// Whether it is more than LIST of RFC 3501.
    pub(in super::super) is_extended: bool,
    /// Only folders that somebody has subscribed to.
    pub(in super::super) subscribed: bool,
    /// Folders with such in them, too.
    pub(in super::super) recursive: bool,
    /// Only folders with a special use.
    pub(in super::super) special_use: bool,
    /// Whether to say which are subscribed to.
    pub(in super::super) tell_subscribed: bool,
    /// Of what to tell the status.
    pub(in super::super) status: Vec<StatusItem>,
    /// What stands before each pattern.
    pub(in super::super) reference: Vec<u8>,
    /// Patterns of names.
    pub(in super::super) patterns: Vec<Vec<u8>>,
}

/// Reads what stands behind LIST.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<List> {
    let mut list = List::default();
    cursor.eat(" ")?;
    if cursor.rest().starts_with(b"(") {
        list.is_extended = true;
        let options = cursor.list(Cursor::word)?;
        for option in &options {
            match option.as_str() {
                "SUBSCRIBED" => list.subscribed = true,
                "RECURSIVEMATCH" => list.recursive = true,
                "SPECIAL-USE" => list.special_use = true,
                // There are no folders elsewhere.
                "REMOTE" => {}
                _ => return None,
            }
        }
        // RFC 5258 §3.1: it needs one that it can go with.
        if list.recursive && !list.subscribed {
            return None;
        }
        list.tell_subscribed = list.subscribed;
        cursor.eat(" ")?;
    }
    list.reference = cursor.astring()?;
    cursor.eat(" ")?;
    if cursor.rest().starts_with(b"(") {
        list.is_extended = true;
        list.patterns = cursor.list(Cursor::pattern).filter(|patterns| !patterns.is_empty())?;
    } else {
        list.patterns.push(cursor.pattern()?);
    }
    if cursor.eat(" RETURN ").is_some() {
        list.is_extended = true;
        cursor.list(|cursor| read_return(cursor, &mut list))?;
    }
    cursor.end()?;
    Some(list)
}

fn read_return(cursor: &mut Cursor<'_>, list: &mut List) -> Option<()> {
    match cursor.word()?.as_str() {
        "SUBSCRIBED" => list.tell_subscribed = true,
        // These are told always.
        "CHILDREN" | "SPECIAL-USE" => {}
        "STATUS" => {
            cursor.eat(" ")?;
            list.status = read_items(cursor)?;
        }
        _ => return None,
    }
    Some(())
}

/// Reads what stands behind LSUB (RFC 3501 §6.3.9).
pub(super) fn read_lsub(cursor: &mut Cursor<'_>) -> Option<List> {
    cursor.eat(" ")?;
    let reference = cursor.astring()?;
    cursor.eat(" ")?;
    let patterns = vec![cursor.pattern()?];
    cursor.end()?;
    Some(List { subscribed: true, reference, patterns, ..List::default() })
}

/// Reads what stands behind CREATE: a name, and what the folder is for, as it is written.
pub(super) fn read_create(cursor: &mut Cursor<'_>) -> Option<(Vec<u8>, Vec<String>)> {
    cursor.eat(" ")?;
    let name = cursor.astring()?;
    let mut uses = Vec::new();
    if cursor.eat(" ").is_some() {
        cursor.list(|cursor| {
            cursor.eat("USE ")?;
            uses = cursor.list(Cursor::word)?;
            Some(())
        })?;
    }
    cursor.end()?;
    Some((name, uses))
}
