use crate::access::{About, Says};
use crate::mime::Content;
use crate::octets::Chunk;
use crate::sasl::{Nonce, Secret};
use crate::sim::Instant;
use crate::store::Flags;
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
    pub fn request(&mut self, _: Instant, _: Request) {}
}
#[derive(Debug, Clone)]
pub struct Config {
    pub tls: StartTls,
    pub plain_text_logins: bool,
    pub uses_idle: bool,
}
impl Default for Config {
    fn default() -> Config {
        Config { tls: StartTls::Never, plain_text_logins: false, uses_idle: true }
    }
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Header,
    Whole,
}
#[derive(Debug, Clone)]
pub struct Known {
    pub uid_validity: u32,
    pub modseq: u64,
    pub mails: std::collections::BTreeMap<u32, Flags>,
}
#[derive(Debug, Clone)]
pub enum Request {
    List,
    Create { name: Arc<str> },
    Open { folder: Arc<str>, known: Known },
    Sync,
    Fetch { uid: u32, part: Part },
    Flag { uids: Vec<u32>, flags: Flags, add: bool },
    Move { uids: Vec<u32>, to: Arc<str> },
    Delete { uids: Vec<u32> },
    Idle,
    Logout,
}
#[derive(Debug, Clone)]
pub enum Output {
    Send { data: Chunk, about: Option<About>, says: Says },
    Saw { line: Chunk },
    Content { size_bytes: u64, about: Option<About> },
    StartTls { discarded_bytes: u64 },
    Event(Event),
    Close,
}
#[derive(Debug, Clone)]
pub enum Event {
    Ready {},
    Opened { uid_validity: u32, modseq: Option<u64>, count: u32, reset: bool },
    Mail { uid: u32, flags: Flags, size_bytes: u64 },
    Flags { uid: u32, flags: Flags },
    Gone { uid: u32 },
    Got { uid: u32, part: Part, content: Content, about: Option<About> },
    Folder { name: Arc<str> },
    Said { text: String },
    Done { result: Result<(), String> },
    Failed { text: String },
}
