//! What agents are given and what they may ask for.

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Ledger;
use super::watch::{TriggerEvent, Watch};
use crate::identity::Mailbox;
use crate::mime::Content;
use crate::octets::Chunk;
use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};
use crate::store::Letter;
use crate::tls;
use crate::trace::{At, ConnId, Direction, HostId, MailId, RecordId, Side, Tracer, What};

/// A TCP connection of a host: its place in the world's table. Places are used again after a connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The host.
    pub host: HostId,
    /// Its address.
    pub address: IpAddr,
}

/// Why a connection could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsealed {
    /// The handshake came to nothing.
    Handshake,
    /// This end does not trust the other's certificate.
    Distrusted,
    /// The certificate is for somebody else.
    OtherName,
}

impl Unsealed {
    /// What is wrong with a certificate.
    #[must_use]
    pub fn by(defect: &tls::Defect) -> Unsealed {
        if matches!(defect, tls::Defect::OtherName { .. }) { Unsealed::OtherName } else { Unsealed::Distrusted }
    }

    /// As Postfix says it (`smtp_proto.c`).
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Unsealed::Handshake => "cannot start TLS: handshake failure",
            Unsealed::Distrusted => "server certificate not trusted",
            Unsealed::OtherName => "server certificate not verified",
        }
    }
}

/// Why a connection could not be made, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The other end has no such service.
    Refused,
    /// Nobody answered in time.
    TimedOut,
    /// The other end broke it off.
    Reset,
    /// It could not be sealed: the handshake of TLS failed.
    Unsealed(Unsealed),
    /// All ports that the connection could be opened from are taken.
    NoPort {
        /// The address that it was to come from. Each has its own ports to each service.
        from: IpAddr,
        /// How many of the ports belong to connections.
        open: u16,
        /// How many are in TIME-WAIT.
        time_wait: u16,
    },
}

/// What is said with bytes that are sent. It is told when the last of them leaves the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// Nothing that is to be told.
    #[default]
    Nothing,
    /// Lines of dialogue: whole ones, each with its line end.
    Lines,
    /// A line of dialogue that holds what proves who somebody is.
    Secret,
    /// The last bytes of a message that is said in so many octets (RFC 9051 §4.3, a literal).
    EndOfLiteral {
        /// How many.
        size_bytes: u64,
    },
    /// The last bytes of a message, the final dot among them.
    EndOfContent {
        /// Size of the message in bytes, without dot-stuffing and without the final dot.
        size_bytes: u64,
    },
}

/// What the send buffer of a new connection takes at the least, in bytes (Linux `tcp_wmem[1]`).
pub const SEND_BUFFER_BYTES: usize = 16 << 10;

/// How long both ends wait for a handshake of TLS to be done (Postfix `smtp_starttls_timeout`, `smtpd_starttls_timeout`).
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(300);

/// What an agent can know of its connections at once.
pub trait Sockets {
    /// A free place for a connection that is going to be opened.
    fn reserve(&mut self) -> SocketId;
    /// How many bytes the send buffer of a connection has room for.
    fn room(&self, socket: SocketId) -> usize;
}

/// What can happen to an agent. `token` is the agent's own name for a connection.
#[derive(Clone, Debug)]
pub enum Input {
    /// The host starts: at the beginning, and after it was down.
    Start,
    /// The host goes down: connections and sessions are gone, what is on disk stays.
    Crash,
    /// A client connected. The agent answers with [`Action::Adopt`].
    Accepted {
        /// The connection.
        socket: SocketId,
        /// The number both ends share.
        conn: ConnId,
        /// The port it came in on.
        port: u16,
        /// Who connected.
        peer: Peer,
    },
    /// A connection that the agent asked for is there.
    Connected {
        /// The agent's name for it.
        token: u32,
        /// The number both ends share.
        conn: ConnId,
    },
    /// Bytes, in order.
    Received {
        /// The agent's name for the connection.
        token: u32,
        /// The bytes.
        data: Chunk,
        /// The mail that whoever sent them says they are about, for observers.
        about: Option<(MailId, u16)>,
    },
    /// The other end will send no more.
    PeerClosed {
        /// The agent's name for the connection.
        token: u32,
    },
    /// The connection could not be made, or is gone.
    Failed {
        /// The agent's name for the connection.
        token: u32,
        /// Why.
        trouble: Trouble,
    },
    /// There is room in the send buffer again, after [`Action::WantRoom`].
    Room {
        /// The agent's name for the connection.
        token: u32,
    },
    /// TLS on the connection has come to this, after [`Action::StartTls`].
    Tls {
        /// The agent's name for the connection.
        token: u32,
        /// What.
        news: Box<tls::News>,
    },
    /// A UDP datagram.
    Datagram {
        /// Who sent it.
        from: Peer,
        /// Its port there.
        from_port: u16,
        /// To which of the host's addresses it came.
        to: IpAddr,
        /// The port it came in on.
        port: u16,
        /// What it carries.
        payload: Chunk,
    },
    /// A time that was asked for has come.
    Timer,
}

/// What an agent can ask of the world.
#[derive(Clone, Debug)]
pub enum Action {
    /// Connect to a service.
    Connect {
        /// The place of the new connection.
        socket: SocketId,
        /// The agent's name for it.
        token: u32,
        /// Address to connect from; `None` is the host's own.
        from: Option<IpAddr>,
        /// Address to connect to.
        to: IpAddr,
        /// Port to connect to.
        port: u16,
        /// The mail that it is for and its hop, for observers.
        about: Option<(MailId, u16)>,
    },
    /// Give an accepted connection the agent's own name.
    Adopt {
        /// The connection.
        socket: SocketId,
        /// The agent's name for it.
        token: u32,
    },
    /// Send bytes.
    Send {
        /// The connection.
        socket: SocketId,
        /// The bytes.
        data: Chunk,
        /// The mail that they are about and its hop, for observers.
        about: Option<(MailId, u16)>,
        /// What they say.
        says: Says,
    },
    /// Ask for [`Input::Room`] as soon as the send buffer has room.
    WantRoom {
        /// The connection.
        socket: SocketId,
    },
    /// Seal the connection from here on. [`Input::Tls`] tells what comes of it.
    StartTls {
        /// The connection.
        socket: SocketId,
        /// What this end is in the handshake.
        role: tls::Role,
        /// Bytes that came before it and were thrown away, for observers.
        discarded_bytes: u64,
    },
    /// Take no bytes for now, or go on taking them: what is not taken keeps the other end from sending more.
    Pause {
        /// The connection.
        socket: SocketId,
        /// Whether to take none.
        paused: bool,
    },
    /// Finish the connection after everything has been sent. Nothing more is heard of it.
    Close {
        /// The connection.
        socket: SocketId,
    },
    /// Break the connection off. Nothing more is heard of it.
    Abort {
        /// The connection.
        socket: SocketId,
    },
    /// Send a UDP datagram.
    SendDatagram {
        /// Address to send from; `None` is the host's own.
        from: Option<IpAddr>,
        /// Address to send to.
        to: IpAddr,
        /// Port to send to.
        port: u16,
        /// Port to send from.
        from_port: u16,
        /// What it carries.
        payload: Chunk,
    },
}

/// A letter that was filed, for who looks on.
#[derive(Clone, Debug)]
pub struct Filed {
    /// When.
    pub at: Instant,
    /// The host that filed it.
    pub host: HostId,
    /// Which mail it is.
    pub mail: MailId,
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Its number there.
    pub number: u32,
    /// What was filed.
    pub letter: Letter,
}

/// What one mail is from hop to hop, for who looks on.
#[derive(Clone, Debug)]
pub struct Held {
    /// Which mail.
    pub mail: MailId,
    /// Its content when it was composed, whenever it was accepted and whenever it was filed: one for each of those records, in their
    /// order.
    pub contents: Vec<Content>,
}

/// Numbers that are given out once in a run.
#[derive(Clone, Debug, Default)]
pub struct Identifiers {
    mails: u64,
}

impl Identifiers {
    /// The number of the next mail.
    pub fn next_mail(&mut self) -> MailId {
        self.mails += 1;
        MailId(self.mails)
    }
    /// Mails so far.
    #[must_use]
    pub fn mails(&self) -> u64 {
        self.mails
    }
}

/// Who has which address: what a host knows about its peers without asking the DNS.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    names: Vec<Arc<str>>,
    by_address: FxHashMap<IpAddr, HostId>,
}

impl Directory {
    /// Adds a host; they are numbered in the order in which they are added.
    pub fn add(&mut self, name: Arc<str>, addresses: impl IntoIterator<Item = IpAddr>) -> HostId {
        let id = HostId(self.names.len() as u32);
        self.names.push(name);
        for address in addresses {
            self.by_address.insert(address, id);
        }
        id
    }
    /// The host that has an address.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<HostId> {
        self.by_address.get(&address).copied()
    }
    /// What a host is called.
    #[must_use]
    pub fn name(&self, host: HostId) -> &Arc<str> {
        &self.names[host.0 as usize]
    }
    /// A host and its address as people write them: `name [address]`.
    #[must_use]
    pub fn label(&self, peer: Peer) -> Arc<str> {
        format!("{} [{}]", self.name(peer.host), peer.address).into()
    }
}

/// What an agent is given with every input.
pub struct Context<'a> {
    /// The time.
    pub now: Instant,
    /// The host.
    pub host: HostId,
    /// What the host's clock shows.
    pub calendar: Calendar,
    /// Who looks on.
    pub tracer: &'a mut Tracer,
    /// Who is responsible for what.
    pub ledger: &'a mut Ledger,
    /// Numbers.
    pub ids: &'a mut Identifiers,
    /// What is known of the host's connections.
    pub sockets: &'a mut dyn Sockets,
    /// Who has which address.
    pub directory: &'a Directory,
    /// Lines that are waited for.
    pub watch: &'a mut Watch,
    /// Letters that are filed, where somebody wants to have them.
    pub filed: Option<&'a mut Vec<Filed>>,
    /// The mail of which somebody wants to have every content.
    pub held: Option<&'a mut Held>,
    /// What the agent asks for, in order.
    pub actions: &'a mut Vec<Action>,
    /// Bytes that connections were given with this input.
    pub given: usize,
}

/// One end of a connection, for records of what is heard there.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Which end it is.
    pub side: Side,
    /// The host at the other end.
    pub peer: HostId,
    /// Whether what comes went through TLS.
    pub sealed: bool,
}

impl Context<'_> {
    /// Here and now, for records.
    #[must_use]
    pub fn at(&self) -> At {
        At::host(self.now, self.host)
    }

    /// Records something that happens here and now.
    #[inline]
    pub fn record(&mut self, at: At, what: impl FnOnce() -> What) -> Option<RecordId> {
        self.tracer.record(at, what)
    }

    /// Whether somebody wants to have the contents of this mail.
    #[must_use]
    #[inline]
    pub fn holds(&self, mail: MailId) -> bool {
        self.held.as_ref().is_some_and(|held| held.mail == mail)
    }

    /// Gives the content of a mail to who looks on.
    #[inline]
    pub fn hold(&mut self, mail: MailId, content: &Content) {
        if let Some(held) = self.held.as_mut().filter(|held| held.mail == mail) {
            held.contents.push(content.clone());
        }
    }

    /// Whether lines of dialogue are of interest to anybody.
    #[must_use]
    #[inline]
    pub fn wants_lines(&self) -> bool {
        self.tracer.is_on() || self.watch.is_on(self.host)
    }

    /// A line of dialogue (without its line end) was received, through TLS where it was `sealed`; what is secret in it is not shown.
    pub fn line_received(&mut self, at: At, end: End, line: Chunk, is_secret: bool) -> Option<RecordId> {
        let (direction, End { side, peer, sealed }) = (Direction::Received, end);
        let text = self.tracer.shown(&line, is_secret);
        let record = self.tracer.hear(at, || What::Line { direction, side, peer, sealed, text });
        self.watch.see_line(at.host, direction, &line, record);
        record
    }

    /// The server has read a final dot.
    pub fn final_dot(&mut self) {
        let record = self.tracer.last();
        self.watch.see(self.host, record, |event| *event == TriggerEvent::FinalDot);
    }

    /// Asks for a connection; `token` is the agent's own name for it.
    pub fn connect(
        &mut self,
        token: u32,
        from: Option<IpAddr>,
        to: IpAddr,
        port: u16,
        about: Option<(MailId, u16)>,
    ) -> SocketId {
        let socket = self.sockets.reserve();
        self.actions.push(Action::Connect { socket, token, from, to, port, about });
        socket
    }

    /// How many bytes a connection has room for, less what connections were given with this input.
    #[must_use]
    #[inline]
    pub fn room(&self, socket: SocketId) -> usize {
        self.sockets.room(socket).saturating_sub(self.given)
    }

    /// Gives bytes to a connection.
    #[inline]
    pub fn give(&mut self, socket: SocketId, data: Chunk, about: Option<(MailId, u16)>, says: Says) {
        if says != Says::Nothing && self.tracer.is_on() {
            self.say(about);
        }
        self.given += data.len();
        self.actions.push(Action::Send { socket, data, about, says });
    }

    #[cold]
    fn say(&mut self, about: Option<(MailId, u16)>) {
        let at = self.at();
        let at = about.map_or(at, |(mail, hop)| at.mail(mail, hop));
        self.tracer.say(&at);
    }

    /// Sends bytes on a connection, about nothing that observers should know.
    #[inline]
    pub fn send(&mut self, socket: SocketId, data: Chunk) {
        self.give(socket, data, None, Says::Nothing);
    }
}
