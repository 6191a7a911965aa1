//! What a client session is set up with, and what it delivers.

use smallvec::SmallVec;

use crate::identity::ReversePath;
use crate::octets::Rope;
use crate::sasl::{ClientError, Mechanisms};
use crate::smtp::Recipients;
use crate::smtp::extension::Extensions;
use crate::smtp::reply::{Reply, ReplyError};
use crate::smtp::timeouts::Timeouts;

/// The settings that all sessions of one client share; clients that are set up alike can share them, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whether to say EHLO, and HELO only where that is refused; `false`: HELO at once, and no extensions.
    pub try_esmtp: bool,
    /// Whether to use PIPELINING where it is offered.
    pub pipelining: bool,
    /// Whether to declare the size of the message where SIZE is offered.
    pub declare_size: bool,
    /// Whether to seal the connection (RFC 3207).
    pub start_tls: StartTls,
    /// How to log in, where there is a choice (RFC 4954).
    pub mechanisms: Mechanisms,
    /// Whether to show a password over a connection that is not sealed. RFC 4954 §4 warns against it.
    pub plain_text_logins: bool,
    /// How long to wait for each reply.
    pub timeouts: Timeouts,
}

/// When a client says STARTTLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartTls {
    /// Never.
    #[default]
    Never,
    /// Where it is offered; where it is not, or is refused, everything goes on in plain text (RFC 7435).
    IfOffered,
    /// Always: nothing is handed over in plain text.
    Required,
}

/// The settings of a client that follows the RFC and uses what is offered.
impl Default for Config {
    fn default() -> Config {
        Config {
            try_esmtp: true,
            pipelining: true,
            declare_size: true,
            start_tls: StartTls::Never,
            mechanisms: Mechanisms::ALL,
            plain_text_logins: false,
            timeouts: Timeouts::default(),
        }
    }
}

/// One mail to deliver in one transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Where to report failure.
    pub reverse_path: ReversePath,
    /// Who is to get it; at least one.
    pub recipients: Recipients,
    /// The content, with CRLF line ends. A missing last CRLF is added.
    pub content: Rope,
    /// Whether the content has octets with the high bit.
    pub eight_bit: bool,
    /// Why the content could not be converted to seven bits, as the end of a sentence, where somebody has tried.
    pub stuck: Option<&'static str>,
    /// Whether it goes on behind TLS only (RFC 8689): it fails unsent where the peer does not promise that.
    pub require_tls: bool,
    /// Whether it is known that no line of the content begins with a dot: then nobody looks.
    pub clean_lines: bool,
}

/// When a verdict was spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// By the client itself: the message cannot be sent to this peer, and nothing was said.
    Local,
    /// The reply to MAIL.
    Mail,
    /// The reply to RCPT.
    Rcpt,
    /// The reply to DATA.
    Data,
    /// The reply behind the final dot.
    EndOfData,
}

/// What became of one recipient: 2yz delivered to the peer, 4yz to be tried again, 5yz failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// When it was spoken.
    pub stage: Stage,
    /// The reply that decided.
    pub reply: Reply,
}

/// One verdict for each recipient of the transaction, in the same order.
pub type Verdicts = SmallVec<[Verdict; 1]>;

/// Why a session failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A reply did not come in time.
    Timeout,
    /// The peer closed the connection, or it broke.
    Eof,
    /// The peer refused the session: the greeting, EHLO or HELO got this reply.
    Refused(Reply),
    /// TLS is required, and the peer does not offer it; or it said this to STARTTLS.
    NoTls(Option<Reply>),
    /// Somebody was to log in, and has not.
    NotLoggedIn(NoLogin),
    /// What came is no reply.
    BadReply(ReplyError),
    /// A reply came that does not fit: unasked, or 354 where nothing was to be sent, or 2yz instead of it.
    UnexpectedReply(Reply),
}

/// Why nobody is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLogin {
    /// The peer offers no mechanism that may be used.
    NotOffered {
        /// Whether those that show the password were left out, because the connection is not sealed.
        in_plain_text: bool,
    },
    /// The peer said this.
    Refused(Reply),
    /// The peer's side of the exchange is wrong: it may be somebody else.
    GaveUp(ClientError),
}

/// How a session failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// For what reply it was waiting, such as `greeting`, `RCPT` or `end of data`; `idle` where for none.
    pub awaited: &'static str,
    /// Whether the final dot had been sent and its reply had not come: the peer may have taken the message, and trying
    /// again may duplicate it (RFC 1047, RFC 5321 §4.5.3.2.6 and §6.1).
    pub after_final_dot: bool,
    /// What was decided before, one entry for each recipient of the running transaction (`None`: undecided); empty
    /// where there was none.
    pub verdicts: SmallVec<[Option<Verdict>; 1]>,
}

/// What a session reports to its agent. The last event of a session is [`Closed`](Event::Closed) or
/// [`Failed`](Event::Failed), exactly one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// [`begin`](super::Session::begin) and [`quit`](super::Session::quit) may be called: the first time, and behind
    /// each [`Finished`](Event::Finished) that leaves the session usable.
    Ready {
        /// What the peer offers.
        extensions: Extensions,
    },
    /// The reply to one RCPT. A positive one is no verdict yet.
    Recipient {
        /// Which recipient.
        index: usize,
        /// The reply.
        reply: Reply,
    },
    /// A transaction is over, and every recipient has its verdict.
    Finished {
        /// The verdicts, in the order of the recipients.
        verdicts: Verdicts,
    },
    /// The session ended in an orderly way: behind QUIT, with a 421, or the peer left while nothing was asked.
    Closed {
        /// The 421, where there was one.
        reply: Option<Reply>,
    },
    /// The session failed. Where the peer [refused](Reason::Refused) it, QUIT is still said before it closes.
    Failed(Box<Failure>),
    /// For observers only: what is waited for now.
    State(&'static str),
}
