//! ENVELOPE (RFC 3501 §7.4.2).

use imap_codec::imap_types::core::NString;
use imap_codec::imap_types::envelope::{Address, Envelope};

use super::addresses;
use super::reading::Reading;
use super::strings::{nstring, unfolded};
use crate::mime::read;

/// What the header section of a mail says, as it stands there: encoded words are not decoded. A Sender or Reply-To that is not
/// there, or names nobody, is as From (RFC 3501 §7.4.2).
///
/// Of several fields with one name, their addresses are told as if they stood in one, as in Dovecot, so that nobody can hide one
/// behind another; of a Date, Subject, In-Reply-To or Message-ID the first is told, as the reader of mails takes it.
#[must_use]
pub fn envelope(reading: &Reading) -> Envelope<'static> {
    of_header(&reading.head_fields())
}

/// Of a header section.
pub(super) fn of_header(header: &[u8]) -> Envelope<'static> {
    let mut envelope = empty();
    for field in read::fields(header) {
        let text = match () {
            () if field.is("Date") => &mut envelope.date,
            () if field.is("Subject") => &mut envelope.subject,
            () if field.is("In-Reply-To") => &mut envelope.in_reply_to,
            () if field.is("Message-ID") => &mut envelope.message_id,
            () => {
                if let Some(list) = list(&mut envelope, &field) {
                    addresses::append(field.value, list);
                }
                continue;
            }
        };
        if text.0.is_none() {
            *text = nstring(Some(&unfolded(field.value)));
        }
    }
    for list in [&mut envelope.sender, &mut envelope.reply_to] {
        if list.is_empty() {
            list.clone_from(&envelope.from);
        }
    }
    envelope
}

/// Of a mail that says nothing.
pub(super) fn empty() -> Envelope<'static> {
    Envelope {
        date: NString::NIL,
        subject: NString::NIL,
        from: Vec::new(),
        sender: Vec::new(),
        reply_to: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        in_reply_to: NString::NIL,
        message_id: NString::NIL,
    }
}

fn list<'a>(
    envelope: &'a mut Envelope<'static>,
    field: &read::HeaderField<'_>,
) -> Option<&'a mut Vec<Address<'static>>> {
    Some(match () {
        () if field.is("From") => &mut envelope.from,
        () if field.is("Sender") => &mut envelope.sender,
        () if field.is("Reply-To") => &mut envelope.reply_to,
        () if field.is("To") => &mut envelope.to,
        () if field.is("Cc") => &mut envelope.cc,
        () if field.is("Bcc") => &mut envelope.bcc,
        () => return None,
    })
}
