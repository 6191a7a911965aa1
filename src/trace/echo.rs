//! The two ends of what travels: what was sent, and what was heard of it.

use super::{ConnId, Direction, MailId, Record, Side, What};

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

/// Connection, mail and hop, as far as a record differs in them from its cause.
pub(super) type Differs = (Option<ConnId>, Option<MailId>, Option<u16>);

/// What is left to say of a record that can be made whole again from its cause; `None` where it cannot.
pub(super) fn heard(cause: &Record, record: &Record) -> Option<Differs> {
    /// `None` where it would take a word for "nothing".
    fn left<T: PartialEq + Copy>(sent: Option<T>, heard: Option<T>) -> Option<Option<T>> {
        if sent == heard { Some(None) } else { heard.map(Some) }
    }
    if turned(cause)? != record.what {
        return None;
    }
    Some((left(cause.conn, record.conn)?, left(cause.mail, record.mail)?, left(cause.hop, record.hop)?))
}
