use crate::access::{About, Says};
use crate::mime::Content;
use crate::octets::Chunk;
use crate::sasl::{Nonce, Secret};
use crate::sim::Instant;
use std::sync::Arc;
#[derive(Debug, Clone)]
pub enum StartTls {
    Never,
    IfOffered,
    Required,
}
#[derive(Debug, Clone)]
pub struct Session;
impl Session {
    pub fn new(_: Config, _: Arc<str>, _: Secret, _: Nonce) -> Session {
        Session
    }
    pub fn observe(&mut self, _: bool) {}
    pub fn start(&mut self, _: Instant) {}
    pub fn handle_secured(&mut self, _: Instant) {}
    pub fn handle_input(&mut self, _: Instant, _: Chunk, _: Option<About>) {}
    pub fn handle_eof(&mut self, _: Instant) {}
    pub fn handle_timeout(&mut self, _: Instant) {}
    pub fn poll_output(&mut self) -> Option<Output> {
        None
    }
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
    pub fn choose(&mut self, _: Instant, _: Choice) {}
}
#[derive(Debug, Clone)]
pub struct Config {
    pub tls: StartTls,
    pub plain_text_logins: bool,
}
impl Default for Config {
    fn default() -> Config {
        Config { tls: StartTls::Never, plain_text_logins: false }
    }
}
#[derive(Debug, Clone)]
pub struct Item {
    pub number: u32,
    pub uidl: Chunk,
    pub size_bytes: u64,
}
#[derive(Debug, Clone)]
pub struct Choice {
    pub fetch: Vec<u32>,
    pub delete: Vec<u32>,
}
#[derive(Debug, Clone)]
pub enum Output {
    Send { data: Chunk, says: Says },
    Saw { line: Chunk },
    Content { size_bytes: u64, about: Option<About> },
    StartTls { discarded_bytes: u64 },
    Event(Event),
    Close,
}
#[derive(Debug, Clone)]
pub enum Event {
    Listed(Vec<Item>),
    Got { number: u32, uidl: Chunk, content: Content, about: Option<About> },
    Done { deleted: Vec<u32> },
    Failed { text: String },
}
