//! The two ends of what travels: what was sent, and what was heard of it.

use serde::Serialize;

use super::{ConnId, Direction, HostId, MailId, Record, RecordId, Side, What};
use crate::sim::Instant;

/// A record that is the other end of its cause. It says what differs, and nothing else.
#[derive(Serialize)]
pub(super) struct Heard {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RecordId>,
    at: Instant,
    host: HostId,
    #[serde(skip_serializing_if = "Option::is_none")]
    conn: Option<ConnId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<MailId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hop: Option<u16>,
    cause: Option<RecordId>,
    kind: &'static str,
}

/// Whether something was sent that can be heard.
pub(super) fn is_sent(what: &What) -> bool {
    matches!(
        what,
        What::Line { direction: Direction::Sent, .. }
            | What::Content { direction: Direction::Sent, .. }
            | What::Question { direction: Direction::Sent, .. }
            | What::Answer { direction: Direction::Sent, .. }
    )
}

/// What is observed at the other end, where nobody has changed it on the way.
pub(super) fn turned(sent: &Record) -> Option<What> {
    if !is_sent(&sent.what) {
        return None;
    }
    let mut what = sent.what.clone();
    let other = |side: Side| if side == Side::Client { Side::Server } else { Side::Client };
    match &mut what {
        What::Line { direction, side, peer, .. } | What::Content { direction, side, peer, .. } => {
            (*direction, *side, *peer) = (Direction::Received, other(*side), sent.host);
        }
        What::Question { direction, peer, .. } | What::Answer { direction, peer, .. } => {
            (*direction, *peer) = (Direction::Received, sent.host);
        }
        _ => return None,
    }
    Some(what)
}

/// The short form of a record, where it can be made whole again from its cause.
pub(super) fn heard(cause: &Record, record: &Record) -> Option<Heard> {
    /// What is left to say; `None` where nothing can be said that would mean nothing.
    fn left<T: PartialEq + Copy>(sent: Option<T>, heard: Option<T>) -> Option<Option<T>> {
        match (sent, heard) {
            (sent, heard) if sent == heard => Some(None),
            (_, Some(heard)) => Some(Some(heard)),
            (_, None) => None,
        }
    }
    if turned(cause)? != record.what {
        return None;
    }
    Some(Heard {
        id: record.id,
        at: record.at,
        host: record.host,
        conn: left(cause.conn, record.conn)?,
        mail: left(cause.mail, record.mail)?,
        hop: left(cause.hop, record.hop)?,
        cause: record.cause,
        kind: "heard",
    })
}
