//! What is sent is made while it is asked for.

use super::player::{Arrival, Player};
use crate::access::imap::server::Config;
use crate::access::{Event, Output, Says};
use crate::octets::Chunk;
use crate::sasl::Mechanisms;
use crate::store::Done;

fn player(mails: usize) -> Player {
    let mut player = Player::new(Config::default(), true, Mechanisms::NONE, Arrival::Whole);
    for _ in 0..mails {
        player.file("Subject: x\r\n\r\nbody\r\n");
    }
    player.connect(1, false, false);
    player.input(1, b"x LOGIN bob secret\r\nx SELECT INBOX\r\n");
    player.sent(1);
    player
}

fn say(player: &mut Player, text: &str) {
    player.hand(1, |session, now, desk| session.handle_input(now, Chunk::from(text.to_owned()), desk));
}

#[test]
fn a_large_fetch_is_made_piece_by_piece() {
    let mut player = player(50_000);
    say(&mut player, "a FETCH 1:* (UID FLAGS)\r\n");
    let (mut bytes, mut pieces) = (0, 0);
    while let Some(output) = player.poll(1) {
        let Output::Send { data, .. } = output else { continue };
        assert!(data.len() < 5000, "a piece has {} octets", data.len());
        assert!(player.session(1).outputs.len() < 10, "little is made before it is asked for");
        (bytes, pieces) = (bytes + data.len(), pieces + 1);
    }
    assert!(bytes > 50_000 * 30 && pieces > 300, "{bytes} octets in {pieces} pieces");
}

#[test]
fn who_stops_reading_keeps_the_rest_from_being_made() {
    let mut player = player(1000);
    say(&mut player, "a FETCH 1:* BODY[]\r\n");
    (0..20).for_each(|_| {
        player.poll(1);
    });
    let seen = |player: &Player| {
        let inbox = player.store.mailbox(player.bob).inbox();
        inbox.messages().iter().filter(|message| !message.flags().is_empty()).count()
    };
    assert!(seen(&player) < 20, "a mail is read when it is given out, and no earlier");
    while player.poll(1).is_some() {}
    assert_eq!(seen(&player), 1000);
}

#[test]
fn many_are_removed_and_told_piece_by_piece() {
    let mut player = player(20_000);
    say(&mut player, "a STORE 1:* +FLAGS.SILENT (\\Deleted)\r\n");
    let deeds = std::iter::from_fn(|| player.poll(1)).filter(|o| matches!(o, Output::Event(Event::Deed(_)))).count();
    assert_eq!(deeds, 20_000);
    say(&mut player, "b EXPUNGE\r\n");
    let mut last = 20_001;
    while let Some(output) = player.poll(1) {
        let Output::Send { data, .. } = output else { continue };
        assert!(data.len() < 5000);
        for line in std::str::from_utf8(&data).unwrap().lines().filter(|line| line.ends_with("EXPUNGE")) {
            let seq: u32 = line.split(' ').nth(1).unwrap().parse().unwrap();
            assert_eq!(seq + 1, last);
            last = seq;
        }
    }
    assert_eq!(last, 1);
}

#[test]
fn content_is_shared_and_known_by_its_mail() {
    let mut player = player(1);
    let stored = player.store.mailbox(player.bob).inbox().message(1).unwrap().letter().unwrap().content.clone();
    say(&mut player, "a FETCH 1 (FLAGS BODY.PEEK[] BODY.PEEK[]<0.5>)\r\n");
    let outputs: Vec<Output> = std::iter::from_fn(|| player.poll(1)).collect();
    let sent: Vec<(&Chunk, bool, Says)> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send { data, about, says } => Some((data, *about == Some((1, 1)), *says)),
            _ => None,
        })
        .collect();
    let says: Vec<(bool, Says)> = sent.iter().map(|(_, about, says)| (*about, *says)).collect();
    let end = |size_bytes| Says::EndOfContent { size_bytes };
    let lines = Says::Lines;
    assert_eq!(says, [(true, lines), (true, end(20)), (true, lines), (true, end(5)), (true, lines), (false, lines)]);
    assert!(std::ptr::eq(sent[1].0.as_ptr(), stored.rope().chunks()[0].as_ptr()), "it is the same memory");
    let deeds: Vec<&Done> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Event(Event::Deed(deed)) => Some(&deed.done),
            _ => None,
        })
        .collect();
    assert_eq!(deeds, [&Done::Fetched { whole: true, bytes: 25 }]);
}

#[test]
fn a_mail_that_is_appended_is_not_copied() {
    let mut player = player(0);
    let mail = Chunk::text(b"Subject: x\r\n\r\n".iter().copied().chain([b'x'; 10_000]).collect());
    say(&mut player, "a APPEND INBOX {10014+}\r\n");
    player.hand(1, |session, now, desk| session.handle_input(now, mail.clone(), desk));
    say(&mut player, "\r\n");
    while player.poll(1).is_some() {}
    let inbox = player.store.mailbox(player.bob).inbox();
    let kept = inbox.message(1).unwrap().letter().unwrap().content.rope().chunks()[0].clone();
    assert!(std::ptr::eq(kept.as_ptr(), mail.as_ptr()), "it is the same memory");
}

#[test]
fn a_mail_that_dribbles_in_is_put_together() {
    let mut player = player(0);
    player.arrival = Arrival::ByteByByte;
    player.input(1, format!("a APPEND INBOX {{3000}}\r\n{}\r\n", "x".repeat(3000)).as_bytes());
    let inbox = player.store.mailbox(player.bob).inbox();
    let chunks = inbox.message(1).unwrap().letter().unwrap().content.rope().chunks().len();
    assert!(chunks < 10, "{chunks} pieces");
}

#[test]
fn what_came_behind_starttls_is_counted() {
    let mut player = Player::new(Config::default(), true, Mechanisms::NONE, Arrival::Whole);
    player.connect(1, true, false);
    say(&mut player, "a STARTTLS\r\nb LOGIN mallory evil\r\n");
    let discarded = std::iter::from_fn(|| player.poll(1)).find_map(|output| match output {
        Output::StartTls { discarded_bytes } => Some(discarded_bytes),
        _ => None,
    });
    assert_eq!(discarded, Some(22));
    assert_eq!(player.session(1).mailbox(), None);
}

#[test]
fn too_much_that_is_pipelined_ends_the_session() {
    let config = Config { max_backlog_bytes: 1000, ..Config::default() };
    let mut player = Player::new(config, true, Mechanisms::NONE, Arrival::Whole);
    player.file("Subject: x\r\n\r\nbody\r\n");
    player.connect(1, false, false);
    player.input(1, b"x LOGIN bob secret\r\nx SELECT INBOX\r\n");
    for _ in 0..200 {
        say(&mut player, "a NOOP\r\n");
    }
    let outputs: Vec<Output> = std::iter::from_fn(|| player.poll(1)).collect();
    let last: Vec<&Output> = outputs.iter().rev().take(2).collect();
    assert_eq!(*last[0], Output::Close);
    assert!(matches!(last[1], Output::Send { data, .. } if data.starts_with(b"* BYE Too much pipelined input.")));
}

#[test]
fn what_a_session_has_changed_is_told_when_it_is_gone() {
    let mut player = player(3);
    say(&mut player, "a FETCH 1:* BODY[]\r\n");
    while !matches!(player.poll(1), Some(Output::Send { .. })) {}
    player.hand(1, |session, _, desk| session.handle_gone(desk));
    let outputs: Vec<Output> = std::iter::from_fn(|| player.poll(1)).collect();
    assert!(outputs.contains(&Output::Event(Event::Changed)), "{outputs:?}");
    assert_eq!(player.session(1).mailbox(), Some(player.bob), "and whose mailbox it was");
}
