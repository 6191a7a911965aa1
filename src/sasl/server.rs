//! The server's end of an exchange.

use super::accounts::{Accounts, may_act_as};
use super::cram_md5;
use super::line::{self, LineError};
use super::mechanism::Mechanism;
use super::nonce::Nonce;
use super::plain;
use super::refusal::Refusal;
use super::scram::{BadMessage, ClientFinal, ClientFirst, ServerFinal, ServerFirst};
use super::secret::same;

/// What LOGIN asks first. The draft has `User Name`; clients have grown up with this.
const LOGIN_USER: &[u8] = b"Username:";
/// What LOGIN asks then.
const LOGIN_PASSWORD: &[u8] = b"Password:";

/// What a server does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this challenge, and give what comes back to [`Server::accept`].
    Challenge(Vec<u8>),
    /// The client is who it says.
    Done {
        /// The user's name as its account has it.
        identity: String,
    },
    /// The exchange has failed.
    Failed {
        /// Why; not all of it is for the client (see [`Refusal`]).
        reason: Refusal,
    },
}

impl Step {
    /// The challenge as a line of base64 without CRLF.
    #[must_use]
    pub fn challenge_line(&self) -> Option<String> {
        match self {
            Step::Challenge(octets) => Some(line::encode(octets)),
            Step::Done { .. } | Step::Failed { .. } => None,
        }
    }
}

impl From<LineError> for Refusal {
    fn from(error: LineError) -> Refusal {
        match error {
            LineError::Cancelled => Refusal::Cancelled,
            LineError::Garbled => Refusal::Garbled,
            LineError::TooLong => Refusal::TooLong,
        }
    }
}

impl From<BadMessage> for Refusal {
    fn from(bad: BadMessage) -> Refusal {
        match bad {
            BadMessage::Malformed => Refusal::Malformed,
            BadMessage::Extension => Refusal::Extension,
            BadMessage::ChannelBinding => Refusal::ChannelBinding,
        }
    }
}

/// The server's end. [`Server::begin`] once, then [`Server::accept`] until it is done or has failed. It holds no password.
#[derive(Clone, Debug)]
pub struct Server {
    mechanism: Mechanism,
    state: State,
}

/// What the server waits for.
#[derive(Clone, Debug)]
enum State {
    /// To begin.
    Fresh { nonce: Nonce, host: String },
    /// For the message of PLAIN.
    Plain,
    /// For the name of LOGIN.
    LoginName,
    /// For its password.
    LoginPassword { user: String },
    /// For the answer to this challenge of CRAM-MD5.
    Cram { challenge: String },
    /// For the client's first message of SCRAM.
    ScramFirst(Nonce),
    /// For its last one.
    ScramFinal(Box<Agreed>),
    /// For the empty answer to the signature.
    ScramEnd { identity: String },
    /// For nothing.
    Over,
}

/// What the first two messages of SCRAM have settled.
#[derive(Clone, Debug)]
struct Agreed {
    user: String,
    authzid: String,
    /// The client's header as it came: `c=` must repeat it.
    header: String,
    nonce: String,
    /// Both messages, with a comma behind each: how the AuthMessage begins.
    said: String,
}

impl Server {
    /// A server before the exchange. SCRAM uses the nonce, CRAM-MD5 nonce and host name; `host` is the server's own name.
    #[must_use]
    pub fn new(mechanism: Mechanism, nonce: Nonce, host: impl Into<String>) -> Server {
        Server { mechanism, state: State::Fresh { nonce, host: host.into() } }
    }

    /// The mechanism.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Begins, with the client's initial response if it came with the command. The name for LOGIN may come so, too: clients
    /// do it, and servers let them.
    pub fn begin(&mut self, accounts: &Accounts, initial: Option<&[u8]>) -> Step {
        let State::Fresh { nonce, host } = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Failed { reason: Refusal::OutOfTurn };
        };
        let (state, question) = match self.mechanism {
            Mechanism::Plain => (State::Plain, Vec::new()),
            Mechanism::Login => (State::LoginName, LOGIN_USER.to_vec()),
            Mechanism::ScramSha256 => (State::ScramFirst(nonce), Vec::new()),
            Mechanism::CramMd5 if initial.is_some() => {
                return Step::Failed { reason: Refusal::UnexpectedInitial };
            }
            Mechanism::CramMd5 => {
                let challenge = cram_md5::challenge(&nonce, &host);
                let question = challenge.clone().into_bytes();
                (State::Cram { challenge }, question)
            }
        };
        self.state = state;
        match initial {
            Some(response) => self.accept(accounts, response),
            None => Step::Challenge(question),
        }
    }

    /// [`Server::begin`] with the argument of the command, where `=` is an empty initial response.
    pub fn begin_line(&mut self, accounts: &Accounts, argument: Option<&[u8]>) -> Step {
        match argument.map(line::decode_initial).transpose() {
            Ok(initial) => self.begin(accounts, initial.as_deref()),
            Err(error) => self.fail(error.into()),
        }
    }

    /// Takes the client's answer to the last challenge.
    pub fn accept(&mut self, accounts: &Accounts, response: &[u8]) -> Step {
        let state = std::mem::replace(&mut self.state, State::Over);
        match self.judge(state, accounts, response) {
            Ok(step) => step,
            Err(reason) => self.fail(reason),
        }
    }

    /// [`Server::accept`] of a line: base64, or `*`.
    pub fn accept_line(&mut self, accounts: &Accounts, line: &[u8]) -> Step {
        match line::decode(line) {
            Ok(response) => self.accept(accounts, &response),
            Err(error) => self.fail(error.into()),
        }
    }

    fn fail(&mut self, reason: Refusal) -> Step {
        self.state = State::Over;
        Step::Failed { reason }
    }

    fn judge(&mut self, state: State, accounts: &Accounts, response: &[u8]) -> Result<Step, Refusal> {
        match state {
            State::Fresh { .. } | State::Over => Err(Refusal::OutOfTurn),
            State::Plain => {
                let fields = plain::read(response).ok_or(Refusal::Malformed)?;
                let user = accounts.check(fields.user, fields.password)?;
                may_act_as(user, fields.authzid)?;
                Ok(Step::Done { identity: user.to_owned() })
            }
            State::LoginName => {
                self.state = State::LoginPassword { user: text(response)?.to_owned() };
                Ok(Step::Challenge(LOGIN_PASSWORD.to_vec()))
            }
            State::LoginPassword { user } => {
                let user = accounts.check(&user, text(response)?)?;
                Ok(Step::Done { identity: user.to_owned() })
            }
            State::Cram { challenge } => {
                let (user, digest) = cram_md5::read(response).ok_or(Refusal::Malformed)?;
                let (user, password) = accounts.password(user)?;
                let expected = cram_md5::digest(password.reveal(), challenge.as_bytes());
                if !same(expected.as_bytes(), digest.as_bytes()) {
                    return Err(Refusal::WrongPassword);
                }
                Ok(Step::Done { identity: user.to_owned() })
            }
            State::ScramFirst(nonce) => self.agree(accounts, response, &nonce),
            State::ScramFinal(agreed) => self.check_proof(accounts, response, &agreed),
            State::ScramEnd { identity } if response.is_empty() => Ok(Step::Done { identity }),
            State::ScramEnd { .. } => Err(Refusal::Malformed),
        }
    }

    /// Answers the client's first message of SCRAM: the nonce goes on, and the client learns salt and rounds. A stranger
    /// learns the same, and fails at the proof: a wrong password looks no different (RFC 5802 §9).
    fn agree(&mut self, accounts: &Accounts, response: &[u8], nonce: &Nonce) -> Result<Step, Refusal> {
        let (first, header, bare) = ClientFirst::read(response)?;
        let (salt, iterations) = accounts.salt(&first.user)?;
        let nonce = format!("{}{nonce}", first.nonce);
        let answer = ServerFirst { nonce: nonce.clone(), salt, iterations }.write();
        self.state = State::ScramFinal(Box::new(Agreed {
            header: header.to_owned(),
            said: format!("{bare},{answer},"),
            user: first.user,
            authzid: first.authzid,
            nonce,
        }));
        Ok(Step::Challenge(answer.into_bytes()))
    }

    /// Checks the proof, and proves in return. Of a failure the client hears from the protocol, at once, and not by `e=` and
    /// another round trip (RFC 5802 §5.1, `e`).
    fn check_proof(&mut self, accounts: &Accounts, response: &[u8], agreed: &Agreed) -> Result<Step, Refusal> {
        let last = ClientFinal::read(response)?;
        if last.binding != agreed.header.as_bytes() {
            return Err(Refusal::BindingMismatch);
        }
        if last.nonce != agreed.nonce {
            return Err(Refusal::NonceMismatch);
        }
        let (user, keys) = accounts.keys(&agreed.user)?;
        let auth_message = format!("{}{}", agreed.said, last.without_proof);
        if !keys.proves(&last.proof, auth_message.as_bytes()) {
            return Err(Refusal::WrongPassword);
        }
        may_act_as(user, &agreed.authzid)?;
        let signature = ServerFinal::Signature(keys.signature(auth_message.as_bytes())).write();
        self.state = State::ScramEnd { identity: user.to_owned() };
        Ok(Step::Challenge(signature.into_bytes()))
    }
}

/// A name or password as text without NUL and not empty.
fn text(response: &[u8]) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(response).map_err(|_| Refusal::Malformed)?;
    if text.is_empty() || text.contains('\0') { Err(Refusal::Malformed) } else { Ok(text) }
}
