use crate::access::{Door, Output};
use crate::octets::Chunk;
use crate::sasl::Nonce;
use crate::sim::Instant;
use crate::store::{Desk, MailboxId};
use std::sync::Arc;
#[derive(Debug, Default)]
pub struct Config;
#[derive(Debug)]
pub struct Server;
impl Server {
    pub fn new(_: Arc<Config>, _: Arc<Door>) -> Server {
        Server
    }
}
#[derive(Debug, Clone)]
pub struct Session;
impl Session {
    pub fn new(_: Arc<Server>) -> Session {
        Session
    }
    pub fn with_nonce(self, _: Nonce) -> Session {
        self
    }
    pub fn offer_tls(&mut self) {}
    pub fn observe(&mut self, _: bool) {}
    pub fn start(&mut self, _: Instant, _: &mut Desk<'_>) {}
    pub fn handle_secured(&mut self, _: Instant, _: &mut Desk<'_>) {}
    pub fn handle_input(&mut self, _: Instant, _: Chunk, _: &mut Desk<'_>) {}
    pub fn handle_eof(&mut self, _: Instant, _: &mut Desk<'_>) {}
    pub fn handle_timeout(&mut self, _: Instant, _: &mut Desk<'_>) {}
    pub fn handle_news(&mut self, _: Instant, _: &mut Desk<'_>) {}
    pub fn handle_gone(&mut self, _: &mut Desk<'_>) {}
    pub fn poll_output(&mut self, _: Instant, _: &mut Desk<'_>) -> Option<Output> {
        None
    }
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    pub fn mailbox(&self) -> Option<MailboxId> {
        None
    }
}
