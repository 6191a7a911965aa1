//! Reports, read back by another parser.

use super::*;
use mail_parser::{MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;

fn report() -> Report {
    let mut failed = RecipientReport::new("bob@blue.example".parse().unwrap(), Action::Failed, "5.1.1");
    failed.diagnostic = Some("550 5.1.1 <bob@blue.example>: Recipient address rejected: no such user here".into());
    failed.remote_mta = Some("mx.blue.example".into());
    failed.last_attempt = Some("Mon, 5 Jan 2026 09:00:05 +0000".into());
    Report {
        reporting_mta: "mail.green.example".parse().unwrap(),
        arrival_date: Some("Mon, 5 Jan 2026 09:00:00 +0000".into()),
        original_envelope_id: Some("QQ314159".into()),
        is_confidential: false,
        recipients: vec![failed],
        to: "alice@green.example".parse().unwrap(),
        is_for_postmaster: false,
        from: None,
        subject: None,
        text: None,
        date: "Mon, 5 Jan 2026 09:00:06 +0000".into(),
        message_id: "7@mail.green.example".into(),
        boundary_id: "00000A".into(),
    }
}

fn original(text: &str) -> Content {
    Content::scan(Rope::from(Chunk::copy_from(text.as_bytes())))
}

const SMALL: &str = "From: alice@green.example\r\nSubject: x\r\n\r\nhello\r\n.\r\n";

fn part(mail: &Content, index: usize) -> (String, String) {
    let bytes = mail.rope().to_vec();
    let parsed = MessageParser::new().parse(&bytes).unwrap();
    let part = &parsed.parts[index];
    let kind = part.content_type().map(|t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or_default()));
    let body = &bytes[part.raw_body_offset() as usize..part.raw_end_offset() as usize];
    (kind.unwrap_or_default(), String::from_utf8_lossy(body).into_owned())
}

#[test]
fn three_parts_that_another_parser_understands() {
    let mail = report().compose(&original(SMALL));
    let bytes = mail.rope().to_vec();
    let parsed = MessageParser::new().parse(&bytes).unwrap();
    let kind = parsed.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
    assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
    assert_eq!(parsed.subject(), Some("Undelivered Mail Returned to Sender"));
    assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("MAILER-DAEMON@mail.green.example"));
    assert_eq!(mail.first("Auto-Submitted").as_deref(), Some(&b" auto-replied"[..]));
    assert_eq!(parsed.parts.len(), 4);
    let (kind, text) = part(&mail, 1);
    assert_eq!(kind, "text/plain");
    assert!(text.contains("<bob@blue.example>: not delivered") && text.contains("there is no such mailbox"), "{text}");
    let (kind, status) = part(&mail, 2);
    assert_eq!(kind, "message/delivery-status");
    assert_eq!(
        status.trim_end(),
        "Reporting-MTA: dns; mail.green.example\r\nOriginal-Envelope-Id: QQ314159\r\n\
         Arrival-Date: Mon, 5 Jan 2026 09:00:00 +0000\r\n\r\n\
         Final-Recipient: rfc822; bob@blue.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Remote-MTA: dns; mx.blue.example\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <bob@blue.example>: Recipient address\r\n rejected: no such user here\r\n\
         Last-Attempt-Date: Mon, 5 Jan 2026 09:00:05 +0000"
    );
    let (kind, returned) = part(&mail, 3);
    assert_eq!(kind, "message/rfc822");
    assert_eq!(returned, SMALL);
    assert!(matches!(parsed.parts[3].body, PartType::Message(_)));
    assert!(mail.has_leading_dot(), "that of the original");
}

#[test]
fn a_postmaster_is_not_told_that_he_wrote_it() {
    let mail = Report { is_for_postmaster: true, ..report() }.compose(&original(SMALL));
    assert_eq!(mail.first("Subject").as_deref(), Some(&b" Postmaster Copy: Undelivered Mail"[..]));
    let (_, text) = part(&mail, 1);
    assert!(!text.contains("your") && !text.contains("Your"), "{text}");
    assert!(text.contains("<bob@blue.example>: not delivered"), "{text}");
    let (_, sender_status) = part(&report().compose(&original(SMALL)), 2);
    assert_eq!(part(&mail, 2).1, sender_status, "machines are told the same");
}

#[test]
fn large_originals_come_back_as_headers() {
    let large = original(&format!("Subject: x\r\nTo: y\r\n\r\n{}", "word\r\n".repeat(10_000)));
    let mail = report().compose(&large);
    assert_eq!(part(&mail, 3), ("text/rfc822-headers".to_owned(), "Subject: x\r\nTo: y\r\n".to_owned()));
    let small = original(SMALL);
    let full = report().compose(&small);
    let shared = full.rope().chunks()[1][..].as_ptr();
    assert!(std::ptr::eq(shared, small.rope().chunks()[0][..].as_ptr()), "the original is not copied");
}

#[test]
fn a_delay_says_until_when() {
    let mut report = report();
    report.recipients[0].action = Action::Delayed;
    report.recipients[0].status = "4.4.1".into();
    report.recipients[0].will_retry_until = Some("Sat, 10 Jan 2026 09:00:00 +0000".into());
    let mail = report.compose(&original(SMALL));
    let text = part(&mail, 1).1;
    assert!(text.contains("tried again until Sat, 10 Jan 2026"), "{text}");
    assert!(text.contains("The header of your message is attached below."), "{text}");
    let status = part(&mail, 2).1;
    assert!(
        status.contains("Action: delayed\r\n") && status.contains("Will-Retry-Until: Sat, 10 Jan 2026"),
        "{status}"
    );
    assert!(String::from_utf8_lossy(&mail.first("Subject").unwrap()).contains("Delayed"));
    assert!(
        String::from_utf8_lossy(&mail.rope().to_vec()).contains("Content-Description: Delayed Message Headers\r\n")
    );
}

#[test]
fn only_a_failure_returns_the_body() {
    // RFC 3461 §4.3.
    let header = "From: alice@green.example\r\nSubject: x\r\n";
    let mut report = report();
    report.recipients[0].action = Action::Delayed;
    let mail = report.compose(&original(SMALL));
    assert_eq!(part(&mail, 3), ("text/rfc822-headers".to_owned(), header.to_owned()));
    let mut failed = report.recipients[0].clone();
    failed.action = Action::Failed;
    report.recipients.push(failed);
    let mail = report.compose(&original(SMALL));
    assert_eq!(part(&mail, 3).1, SMALL, "one of two has failed");
}

#[test]
fn eight_bit_originals_are_declared() {
    let mut report = report();
    let mail = report.compose(&original("Subject: x\r\n\r\nGrüße\r\n"));
    assert!(mail.is_8bit());
    assert_eq!(mail.first("Content-Transfer-Encoding").as_deref(), Some(&b" 8bit"[..]));
    report.recipients[0].action = Action::Delayed;
    let only_header = report.compose(&original("Subject: x\r\n\r\nGrüße\r\n"));
    assert!(!only_header.is_8bit());
    assert_eq!(only_header.first("Content-Transfer-Encoding").as_deref(), Some(&b" 7bit"[..]));
}

#[test]
fn the_boundary_is_not_in_the_original() {
    let trap = "Subject: x\r\n\r\n--=_00000A_report\r\n--=_00000A_report_1--\r\n";
    let mail = report().compose(&original(trap));
    assert_eq!(part(&mail, 3).1, trap);
    assert_eq!(mail, report().compose(&original(trap)), "the same every time");
}

proptest! {
    #[test]
    fn hostile_replies_stay_in_their_field(
        diagnostic in "(\r\n|\n|[ -~]{0,30}|\\PC|\r\n\r\nFinal-Recipient: rfc822; x|--=_00000A_report){0,12}|a{3000}",
        text in prop::option::of("(\r\n|[ -~]{0,30}|\\PC|--=_00000A_report\r\n){0,12}"),
        cut in 0_usize..60,
    ) {
        let mut report = report();
        report.recipients[0].diagnostic = Some(diagnostic.clone());
        report.recipients[0].remote_mta = Some(diagnostic.clone());
        report.original_envelope_id = Some(diagnostic.clone());
        report.subject = Some(diagnostic);
        report.text = text;
        let original = original(&SMALL[..cut.min(SMALL.len())]);
        let mail = report.compose(&original);
        let bytes = mail.rope().to_vec();
        let parsed = MessageParser::new().parse(&bytes).unwrap();
        prop_assert_eq!(parsed.content_type().unwrap().subtype(), Some("report"));
        let (kind, status) = part(&mail, 2);
        prop_assert_eq!(kind, "message/delivery-status");
        prop_assert_eq!(status.trim_end().split("\r\n\r\n").count(), 2);
        prop_assert_eq!(status.matches("\r\nFinal-Recipient:").count(), 1);
        for line in status.split_terminator("\r\n").chain(std::str::from_utf8(&mail.header().to_vec()).unwrap().split_terminator("\r\n")) {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n']));
        }
        let returned = part(&mail, 3).1;
        let rest = returned.strip_prefix(&SMALL[..cut.min(SMALL.len())]).expect("the original comes first");
        prop_assert!(rest.trim_ascii().is_empty(), "{:?}", rest);
    }
}
