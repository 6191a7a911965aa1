//! Answers to mail.

use crate::identity::Mailbox;
use crate::mime::{Body, Content, Draft};

/// An answer to this mail, if it is one that a person would answer by habit: not an answer itself, or no two people would ever
/// stop, and not from a machine or a list (RFC 3834 §2 names the signs).
pub(super) fn by_habit(content: &Content, author: &Mailbox, text: &str) -> Option<(Draft, Mailbox)> {
    let says = |field: &str| content.first(field).map(|value| value.trim_ascii().to_ascii_lowercase());
    let is_automatic = says("Auto-Submitted").is_some_and(|value| value != b"no")
        || says("Precedence").is_some_and(|value| [&b"bulk"[..], b"junk", b"list"].contains(&&value[..]))
        || says("Return-Path").is_some_and(|value| value == b"<>");
    let from_list = content.first("List-Id").is_some() || content.first("List-Unsubscribe").is_some();
    if is_automatic || from_list || content.first("In-Reply-To").is_some() {
        return None;
    }
    to(content, author, text)
}

/// An answer to this mail (RFC 5322 §3.6.2, §3.6.4): to Reply-To, or else From.
pub(super) fn to(content: &Content, author: &Mailbox, text: &str) -> Option<(Draft, Mailbox)> {
    let address = content.first("Reply-To").or_else(|| content.first("From"))?;
    let recipient = mailbox(&String::from_utf8_lossy(&address))?;
    let mut draft = Draft::new(author.clone(), recipient.clone());
    let subject = content.first("Subject").unwrap_or_default();
    let subject = crate::mime::read::words::decode_words(subject.trim_ascii());
    let is_answer = subject.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("re:"));
    draft.subject = if is_answer { subject } else { format!("Re: {subject}") };
    draft.body = Body::plain(text);
    draft.in_reply_to = ids(content, "Message-ID");
    draft.references = ids(content, "References");
    if draft.references.is_empty() {
        draft.references = ids(content, "In-Reply-To");
    }
    draft.references.extend(draft.in_reply_to.iter().cloned());
    Some((draft, recipient))
}

/// The first address of a field.
fn mailbox(field: &str) -> Option<Mailbox> {
    let field = field.replace(['\r', '\n'], "");
    let inside = field.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    inside.unwrap_or_else(|| field.split(',').next().unwrap_or_default()).trim().parse().ok()
}

/// The ids in a field, without their brackets.
fn ids(content: &Content, field: &str) -> Vec<String> {
    let value = content.first(field).unwrap_or_default();
    let value = String::from_utf8_lossy(&value);
    let id = |piece: &str| piece.split_once('>').map(|(id, _)| id.trim().to_owned()).filter(|id| !id.is_empty());
    value.split('<').skip(1).filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::{Chunk, Rope};

    fn mail(text: &'static str) -> Content {
        Content::scan(Rope::from(Chunk::from(text)))
    }

    fn bob() -> Mailbox {
        "bob@blue.example".parse().unwrap()
    }

    #[test]
    fn an_answer_goes_on_with_the_conversation() {
        let asked = mail(
            "From: \"Alice, A.\" <alice@green.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <3@x>\r\n\
             References: <1@x>\r\n <2@x>\r\n\r\nHi\r\n",
        );
        let (draft, recipient) = by_habit(&asked, &bob(), "Thanks!").unwrap();
        assert_eq!((recipient.as_str(), draft.subject.as_str()), ("alice@green.example", "Re: Grüße"));
        assert_eq!(
            (draft.in_reply_to, draft.references),
            (vec!["3@x".into()], vec!["1@x".into(), "2@x".into(), "3@x".into()])
        );
        let elsewhere = mail("From: alice@green.example\r\nReply-To: desk@green.example\r\nSubject: Re: x\r\n\r\n");
        let (draft, recipient) = to(&elsewhere, &bob(), "Thanks!").unwrap();
        assert_eq!((recipient.as_str(), draft.subject.as_str()), ("desk@green.example", "Re: x"));
    }

    #[test]
    fn machines_lists_and_answers_get_none_by_habit() {
        let from = "From: alice@green.example\r\n";
        for sign in [
            "Auto-Submitted: auto-replied",
            "Precedence: list",
            "Return-Path: <>",
            "List-Id: <a.example>",
            "In-Reply-To: <1@x>",
        ] {
            let content = Content::scan(Rope::from(Chunk::copy_from(format!("{from}{sign}\r\n\r\n").as_bytes())));
            assert_eq!(by_habit(&content, &bob(), "x"), None, "{sign}");
            assert!(to(&content, &bob(), "x").is_some(), "a person may all the same: {sign}");
        }
        assert!(by_habit(&mail("From: alice@green.example\r\nAuto-Submitted: no\r\n\r\n"), &bob(), "x").is_some());
        assert_eq!(to(&mail("Subject: from nobody\r\n\r\n"), &bob(), "x"), None);
    }
}
