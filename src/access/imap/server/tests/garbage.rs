//! Any bytes, split anywhere: nothing panics, hangs, or grows without bound, and it does not matter how they are split.

use proptest::prelude::*;

use super::player::{Arrival, Player};
use crate::access::Output;
use crate::access::imap::server::{Config, Extension};
use crate::octets::Chunk;
use crate::sasl::Mechanisms;

/// What commands are made of.
const WORDS: [&str; 76] = [
    "a",
    "NOOP",
    "LOGIN",
    "bob",
    "secret",
    "SELECT",
    "EXAMINE",
    "INBOX",
    "Work",
    "CREATE",
    "DELETE",
    "RENAME",
    "LIST",
    "LSUB",
    "STATUS",
    "APPEND",
    "FETCH",
    "UID",
    "STORE",
    "SEARCH",
    "COPY",
    "MOVE",
    "EXPUNGE",
    "IDLE",
    "DONE",
    "ENABLE",
    "IMAP4rev2",
    "UTF8=ACCEPT",
    "CONDSTORE",
    "AUTHENTICATE",
    "PLAIN",
    "SCRAM-SHA-256",
    "CLOSE",
    "UNSELECT",
    "RETURN",
    "(",
    ")",
    "1:*",
    "1",
    "*",
    "$",
    "4294967295",
    "0",
    "99999999999999999999",
    "BODY[]",
    "BODY.PEEK[HEADER]",
    "(FLAGS UID)",
    "BODY[1.2.3.TEXT]<5.7>",
    "+FLAGS",
    "-FLAGS.SILENT",
    "(\\Seen)",
    "(\\Deleted $x)",
    "(UNCHANGEDSINCE 3)",
    "ALL",
    "OR",
    "NOT",
    "TEXT",
    "\"",
    "\\",
    "\"a b\"",
    "{3}\r\nabc",
    "{3+}\r\nabc",
    "{0}\r\n",
    "{70000+}\r\n",
    "~{3+}\r\na\0c",
    "{4294967296+}\r\n",
    "UTF8 (~{3+}\r\n",
    "(SAVE MIN)",
    "(MESSAGES SIZE)",
    "\r\n",
    "\r\n",
    "\r\n",
    "\n",
    "\0",
    "\u{fc}",
    "AGJvYgBzZWNyZXQ=",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => prop::sample::select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec()),
        8 => Just(b" ".to_vec()),
        5 => Just(b"\r\na ".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (any::<u8>(), 1..300_usize).prop_map(|(b, times)| vec![b; times]),
    ]
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..120).prop_map(|pieces| pieces.concat())
}

fn player(is_selected: bool) -> Player {
    let config = Config {
        max_command_bytes: 4096,
        max_append_bytes: 5000,
        max_bad_commands: 1000,
        offer: Config::default().offer.without(Extension::LiteralMinus),
        ..Config::default()
    };
    let mut player = Player::new(config, true, Mechanisms::ALL, Arrival::Whole);
    for round in 0..5 {
        player.file(&format!("Subject: {round}\r\n\r\nbody {round}\r\n"));
    }
    player.connect(1, false, false);
    if is_selected {
        player.input(1, b"x LOGIN bob secret\r\nx SELECT INBOX\r\n");
    }
    player.sent(1);
    player
}

/// What a session sends for these bytes, handed over in pieces of these sizes.
fn answer(player: &mut Player, input: &[u8], sizes: &[usize]) -> Vec<u8> {
    let (mut rest, mut sizes) = (input, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, more) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        player.with(1, |session, now, desk| session.handle_input(now, Chunk::copy_from(piece), desk));
        rest = more;
    }
    player.sent(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn it_does_not_matter_how_bytes_are_split(
        input in input(),
        sizes in prop::collection::vec(1..40_usize, 1..10),
        is_selected in any::<bool>(),
    ) {
        let whole = answer(&mut player(is_selected), &input, &[usize::MAX]);
        let split = answer(&mut player(is_selected), &input, &sizes);
        prop_assert_eq!(whole.escape_ascii().to_string(), split.escape_ascii().to_string());
    }

    #[test]
    fn what_is_held_has_a_bound(input in input(), most in 0..4_usize) {
        let mut player = player(true);
        // A peer that does not read.
        for piece in input.chunks(7) {
            player.hand(1, |session, now, desk| session.handle_input(now, Chunk::copy_from(piece), desk));
            for _ in 0..most {
                player.poll(1);
            }
            let session = player.session(1);
            prop_assert!(session.command.text.len() <= 4096 + 2);
            prop_assert!(session.lines.len() <= 4096 * 3);
            prop_assert!(session.outputs.len() <= 200);
            prop_assert!(session.jobs.len() <= 4);
        }
        let mut polls = 0;
        while player.poll(1).is_some() {
            polls += 1;
            prop_assert!(polls < 10_000, "it comes to an end");
        }
    }

    #[test]
    fn the_end_may_come_at_any_time(input in input(), at in any::<prop::sample::Index>(), how in 0..3_u8) {
        let mut player = player(true);
        let at = at.index(input.len() + 1);
        player.hand(1, |session, now, desk| session.handle_input(now, Chunk::copy_from(&input[..at]), desk));
        player.poll(1);
        player.hand(1, |session, now, desk| match how {
            0 => session.handle_eof(now, desk),
            1 => session.handle_gone(desk),
            _ => session.handle_timeout(session.poll_timeout().unwrap_or(now), desk),
        });
        let outputs: Vec<Output> = std::iter::from_fn(|| player.poll(1)).collect();
        let has_closed = outputs.iter().filter(|output| **output == Output::Close).count();
        let session = player.session(1);
        prop_assert!(session.is_closed() && session.poll_timeout().is_none());
        prop_assert!(has_closed <= 1 && (how == 1 || has_closed == 1 || at > 0), "{outputs:?}");
        prop_assert!(how != 1 || outputs.iter().all(|output| matches!(output, Output::Event(_))));
    }
}
