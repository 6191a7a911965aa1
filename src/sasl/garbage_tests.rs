//! What nobody means to say: neither end panics, and nobody gets in by it.

use proptest::prelude::*;

use super::dialogue_tests::{accounts, login, nonce};
use super::*;

/// What an honest client says in each mechanism, given what the honest server says: octets, and the challenges between.
fn honest(mechanism: Mechanism, accounts: &Accounts) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut client = Client::new(mechanism, login("user", "pencil"), nonce("CLI")).unwrap();
    let mut server = Server::new(mechanism, nonce("SRV"), "mx.blue.example");
    let (mut said, mut asked) = (Vec::new(), Vec::new());
    let mut step = server.begin(accounts, None);
    while let Step::Challenge(challenge) = step {
        let response = client.respond(&challenge).unwrap();
        step = server.accept(accounts, response.octets());
        asked.push(challenge);
        said.push(response.octets().to_vec());
    }
    assert_eq!(step, Step::Done { identity: "user".to_owned() });
    (said, asked)
}

/// Feeds a server until it has a verdict.
fn feed_server(mechanism: Mechanism, accounts: &Accounts, said: &[Vec<u8>], lines: bool) -> Option<Step> {
    let mut server = Server::new(mechanism, nonce("SRV"), "mx.blue.example");
    let mut step = server.begin(accounts, None);
    for response in said {
        if !matches!(step, Step::Challenge(_)) {
            break;
        }
        step = if lines { server.accept_line(accounts, response) } else { server.accept(accounts, response) };
    }
    (!matches!(step, Step::Challenge(_))).then_some(step)
}

/// Feeds a client until it gives up; whether it would believe a yes at any time after the first challenge.
fn feed_client(mechanism: Mechanism, asked: &[Vec<u8>], lines: bool) -> bool {
    let mut client = Client::new(mechanism, login("user", "pencil"), nonce("CLI")).unwrap();
    for challenge in asked {
        let answer = if lines { client.respond_line(challenge) } else { client.respond(challenge) };
        if answer.is_err() {
            break;
        }
    }
    client.finish().is_ok()
}

fn mechanism() -> impl Strategy<Value = Mechanism> {
    prop::sample::select(Mechanism::ALL.to_vec())
}

/// Bytes, and text that is nearly a message.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "n,,",
        "y,,",
        "p=x,,",
        "n=user",
        "a=user,",
        ",",
        "r=",
        "CLI",
        "SRV",
        "CLISRV",
        "s=c2FsdA==",
        "i=4096",
        "i=5000",
        "c=biws",
        "p=",
        "v=",
        "e=",
        "m=",
        "=",
        "=2C",
        "\0",
        "user",
        "tim",
        "root",
        " ",
        "Username:",
        "A",
        "AAAA",
        "*",
        "biws",
        "\u{AD}",
        "\u{A0}",
        "0123456789abcdef0123456789abcdef",
    ]);
    let text = prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..80), text]
}

/// One text, cut anywhere.
fn split(whole: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
    at.sort_unstable();
    at.push(whole.len());
    let mut from = 0;
    at.into_iter().map(|to| whole[std::mem::replace(&mut from, to)..to].to_vec()).collect()
}

#[test]
fn what_is_honest_is_believed() {
    let accounts = accounts();
    for mechanism in Mechanism::ALL {
        let (said, asked) = honest(mechanism, &accounts);
        let done = Some(Step::Done { identity: "user".to_owned() });
        assert_eq!(feed_server(mechanism, &accounts, &said, false), done);
        assert!(feed_client(mechanism, &asked, false));
    }
}

proptest! {
    #[test]
    fn garbage_gets_nobody_in(
        mechanism in mechanism(),
        said in prop::collection::vec(garbage(), 0..6),
        lines: bool,
    ) {
        let step = feed_server(mechanism, &accounts(), &said, lines);
        prop_assert!(!matches!(step, Some(Step::Done { .. })), "{step:?}");
    }

    #[test]
    fn garbage_convinces_no_client_of_scram(asked in prop::collection::vec(garbage(), 0..6), lines: bool) {
        prop_assert!(!feed_client(Mechanism::ScramSha256, &asked, lines));
    }

    #[test]
    fn no_client_panics(mechanism in mechanism(), asked in prop::collection::vec(garbage(), 0..6), lines: bool) {
        let believes = feed_client(mechanism, &asked, lines);
        // The older mechanisms prove nothing of the server: what they believe is that it is their turn no more.
        prop_assert!(!believes || mechanism != Mechanism::ScramSha256);
    }

    #[test]
    fn honest_words_in_wrong_pieces_get_nobody_in(
        mechanism in mechanism(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        lines: bool,
    ) {
        let accounts = accounts();
        let (said, asked) = honest(mechanism, &accounts);
        let pieces = split(&said.concat(), &cuts);
        let step = feed_server(mechanism, &accounts, &pieces, lines);
        let honest = !lines && pieces.starts_with(&said);
        prop_assert_eq!(matches!(step, Some(Step::Done { .. })), honest, "{:?}", step);
        if mechanism == Mechanism::ScramSha256 {
            let pieces = split(&asked.concat(), &cuts);
            prop_assert_eq!(feed_client(mechanism, &pieces, lines), !lines && pieces == asked);
        }
    }
}

proptest! {
    // Each case may take a client and a server thousands of rounds.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn one_wrong_octet_gets_nobody_in(
        mechanism in mechanism(),
        which: prop::sample::Index,
        at: prop::sample::Index,
        flip in 1_u8..,
    ) {
        let accounts = accounts();
        let (mut said, _) = honest(mechanism, &accounts);
        let spoken: Vec<usize> = (0..said.len()).filter(|&i| !said[i].is_empty()).collect();
        let message = &mut said[spoken[which.index(spoken.len())]];
        let at = at.index(message.len());
        message[at] ^= flip;
        let step = feed_server(mechanism, &accounts, &said, false);
        prop_assert!(!matches!(step, Some(Step::Done { .. })), "{step:?}");
    }

    #[test]
    fn one_wrong_octet_convinces_no_client_of_scram(
        which: prop::sample::Index,
        at: prop::sample::Index,
        flip in 1_u8..,
    ) {
        let (_, mut asked) = honest(Mechanism::ScramSha256, &accounts());
        let spoken: Vec<usize> = (0..asked.len()).filter(|&i| !asked[i].is_empty()).collect();
        let message = &mut asked[spoken[which.index(spoken.len())]];
        let at = at.index(message.len());
        message[at] ^= flip;
        prop_assert!(!feed_client(Mechanism::ScramSha256, &asked, false));
    }
}
