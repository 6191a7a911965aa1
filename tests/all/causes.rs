//! A trace knows its causes: every record has one but the first of a chain, and the way back from what became of a mail leads
//! to its author.

use std::collections::{BTreeMap, BTreeSet};

use postroad::trace::{ConditionStep, Direction, MailId, Record, RecordId, Side, What, chain};

use super::lab::{self, Look};

/// Whether a record may be the first of a chain: what a person does, and what the scenario does, is because of nothing.
fn is_first(record: &Record, reports: &BTreeMap<MailId, RecordId>) -> bool {
    match &record.what {
        What::Composed { .. } => record.mail.is_some_and(|mail| !reports.contains_key(&mail)),
        What::Condition { step: ConditionStep::Begins, .. } => true,
        // A person opens a mail when the file says so, and a mail program looks when it is switched on: it asks for its server.
        What::Read { .. } => true,
        What::Question { direction: Direction::Sent, .. } | What::Lookup { cached: true, .. } => record.mail.is_none(),
        _ => false,
    }
}

/// Looks at every record of every shipped scenario.
fn each(mut look: impl FnMut(&str, &[Record], &Record)) {
    for (name, plan) in lab::shipped() {
        let run = lab::run(&plan, Look { records: true, ..Look::default() });
        for record in &run.records {
            look(&name, &run.records, record);
        }
    }
}

#[test]
fn every_record_has_a_cause_but_the_first_of_a_chain() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, plan) in lab::shipped() {
        let run = lab::run(&plan, Look { records: true, ..Look::default() });
        let reports = run.records.iter().filter_map(|r| match &r.what {
            What::Bounced { report: Some(report), .. } => Some((*report, r.id?)),
            _ => None,
        });
        let reports: BTreeMap<MailId, RecordId> = reports.collect();
        let mut states = BTreeSet::new();
        for record in &run.records {
            count += 1;
            let late = matches!(record.cause, Some(cause) if Some(cause) >= record.id);
            // What a lean trace leaves out is nobody's cause.
            let of_state = record.cause.is_some_and(|cause| states.contains(&cause));
            if of_state {
                wrong.push(format!("{name}: because of a state: {record:?}"));
            }
            if matches!(record.what, What::Session { .. }) {
                states.extend(record.id);
            }
            if late || record.cause.is_none() && !is_first(record, &reports) {
                wrong.push(format!("{name}: {record:?}"));
            }
        }
    }
    assert!(count > 10_000, "{count} records");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn what_became_of_a_mail_leads_back_to_its_author() {
    let mut ends = 0;
    each(|name, records, record| {
        if let What::Delivered { .. } | What::Bounced { .. } | What::Unsent { .. } = record.what {
            let way = chain(records, record.id.unwrap());
            let first = way.last().unwrap();
            let is_right = match &first.what {
                // A look-up may have been asked for another mail first; a report is about another mail.
                What::Composed { .. } => {
                    first.mail == record.mail
                        // An answer is written because another mail was read.
                        || way.iter().any(|r| matches!(r.what, What::Read { .. }))
                        || way.iter().any(|r| matches!(r.what, What::Lookup { .. } | What::Bounced { .. }))
                }
                // An answer to a mail that was there when its reader looked.
                What::Question { .. } | What::Lookup { .. } => way.iter().any(|r| matches!(r.what, What::Read { .. })),
                // A mail that was taken up again after a crash.
                What::Condition { .. } => true,
                _ => false,
            };
            assert!(is_right, "{name}: {record:?} leads back to {first:?}");
            ends += 1;
        }
    });
    assert!(ends > 80, "{ends} mails");
}

#[test]
fn a_line_is_heard_because_it_was_said_and_a_reply_is_said_because_of_its_command() {
    let (mut heard, mut replies) = (0, 0);
    each(|name, records, record| {
        let cause = || {
            let way = chain(records, record.id.unwrap());
            way.get(1).map(|r| r.what.clone())
        };
        match &record.what {
            What::Line { direction: Direction::Received, text, .. } => {
                let Some(What::Line { direction: Direction::Sent, text: said, .. }) = cause() else {
                    panic!("{name}: nobody said {record:?}");
                };
                // Lab 28: somebody on the line has written over it.
                let is_it = *text == said || text.visible() == said.visible().replace("STARTTLS", "XXXXXXXA");
                assert!(is_it, "{name}: {record:?}, said as {said:?}");
                heard += 1;
            }
            What::Line { direction: Direction::Sent, side: Side::Server, text, .. } => {
                // After a command, or a final dot, or by itself: the greeting, and a time-out.
                if let Some(What::Line { direction: Direction::Received, text: command, .. }) = cause() {
                    let (reply, command) = (text.visible(), command.visible());
                    if command.starts_with("DATA") {
                        assert!(!reply.starts_with("250"), "{name}: {reply} to {command}");
                    }
                    if reply.starts_with("354") {
                        assert_eq!(command, "DATA", "{name}: {reply}");
                    }
                    if reply.starts_with("221") {
                        assert_eq!(command, "QUIT", "{name}: {reply}");
                    }
                    replies += 1;
                }
            }
            _ => {}
        }
    });
    assert!(heard > 2_000 && replies > 1_000, "{heard} heard, {replies} replies");
}
