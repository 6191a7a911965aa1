//! What `rustls` asks the world for while it works: random bytes, the time, tickets, and ears for what it has to say.
//!
//! It asks through statics, so what a connection has of its own is lent to this thread while the connection works, and
//! taken back after. Nothing is shared between connections, so none moves what another draws.

use std::cell::RefCell;

use rustls::client::{Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::UnixTime;

use super::facts::Defect;
use crate::sim::Stream;

/// A session that a client can go on with.
#[derive(Debug)]
pub(super) enum Value {
    Tls12(Tls12ClientSessionValue),
    Tls13(Tls13ClientSessionValue),
}

/// What one connection has of its own.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) random: Stream,
    pub(super) now_unix_secs: u64,
    /// What the client may go on with.
    pub(super) ticket: Option<Value>,
    /// What the server gave out for later.
    pub(super) issued: Vec<Value>,
    /// Lines of the key log, where somebody wants them.
    pub(super) secrets: Option<Vec<String>>,
    /// What was found out about the server's certificate; `Ok` is good.
    pub(super) verdict: Option<Result<(), Defect>>,
}

impl Scene {
    pub(super) fn new(random: Stream, secrets: bool) -> Scene {
        Scene {
            random,
            now_unix_secs: 0,
            ticket: None,
            issued: Vec::new(),
            secrets: secrets.then(Vec::new),
            verdict: None,
        }
    }
}

thread_local! {
    static LENT: RefCell<Option<Box<Scene>>> = const { RefCell::new(None) };
}

/// Lets `work` happen in this scene.
pub(super) fn play<R>(scene: &mut Option<Box<Scene>>, work: impl FnOnce() -> R) -> R {
    LENT.with(|lent| *lent.borrow_mut() = scene.take());
    let result = work();
    *scene = LENT.with(|lent| lent.borrow_mut().take());
    result
}

/// The scene that is played; nothing where `rustls` works outside one, which is a defect and fails its call.
pub(super) fn with<R>(ask: impl FnOnce(&mut Scene) -> R) -> Option<R> {
    LENT.with(|lent| lent.borrow_mut().as_deref_mut().map(ask))
}

/// Fills `bytes`. Says whether there was a scene.
pub(super) fn fill(bytes: &mut [u8]) -> bool {
    with(|scene| scene.random.fill(bytes)).is_some()
}

/// The time of the scene.
pub(super) fn now() -> Option<UnixTime> {
    with(|scene| UnixTime::since_unix_epoch(core::time::Duration::from_secs(scene.now_unix_secs)))
}
