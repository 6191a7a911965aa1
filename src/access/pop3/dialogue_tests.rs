//! Runs the dialogues of `tests/dialogues/pop3`, as those of SMTP are run: each case twice, with the bytes of one turn in one piece and
//! byte by byte. The format is described in `tests/dialogues/README.md`.

mod client_runner;
mod server_runner;

use crate::smtp::dialogue_tests::play_all;

#[test]
fn server_dialogues() {
    play_all::<server_runner::ServerPlayer>("pop3", "server", 60);
}

#[test]
fn client_dialogues() {
    play_all::<client_runner::ClientPlayer>("pop3", "client", 40);
}
