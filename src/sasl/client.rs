//! The client's end of an exchange.

use std::fmt;

use super::cram_md5;
use super::line::{self, LineError};
use super::login::Login;
use super::mechanism::Mechanism;
use super::nonce::Nonce;
use super::plain;
use super::scram::{
    BadMessage, Binding, ClientFirst, Keys, MIN_ITERATIONS, ServerFinal, ServerFirst, client_final_without_proof,
    with_proof,
};
use super::secret::same;

/// The most rounds of PBKDF2 that a client does because a server says so: who asks for more wants to keep it busy
/// (RFC 5802 §9).
pub const MAX_ITERATIONS: u32 = 1_000_000;

/// What a client says. It may hold the password, so its debug text is stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Response(Vec<u8>);

impl Response {
    /// The octets of the mechanism.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// As a line of base64 without CRLF.
    #[must_use]
    pub fn line(&self) -> String {
        line::encode(&self.0)
    }

    /// As the argument of the command that begins the exchange: `=` if it is empty (RFC 4954 §4).
    #[must_use]
    pub fn initial(&self) -> String {
        line::encode_initial(&self.0)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response(***)")
    }
}

/// Why a client gives up. While the exchange goes on it cancels it; if the server has already said yes, it leaves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The mechanism has no place for whom to act as.
    #[error("{0} cannot say whom to act as")]
    CannotActAs(Mechanism),
    /// The line of a challenge is not base64, or too long (RFC 4954 §4: the client must cancel).
    #[error("the server's challenge cannot be read: {0}")]
    Line(#[from] LineError),
    /// A challenge when none is due: before the client has spoken, or after the last.
    #[error("the server sends a challenge when none is due")]
    UnexpectedChallenge,
    /// A challenge does not have the form that the mechanism demands.
    #[error("the server's challenge does not have the form of the mechanism")]
    Malformed,
    /// SCRAM: the server demands an extension (RFC 5802 §5.1, `m`).
    #[error("the server demands an extension that is not supported")]
    Extension,
    /// SCRAM: the nonce does not begin with the client's own, or adds nothing to it: somebody plays an old dialogue
    /// (RFC 5802 §5.1, `r`).
    #[error("the server's nonce does not go on from the client's")]
    NonceMismatch,
    /// SCRAM: fewer rounds than [`MIN_ITERATIONS`], so that a proof would be cheap to guess from (RFC 7677 §4).
    #[error("the server asks for {0} rounds, and fewer than {MIN_ITERATIONS} are not safe")]
    TooFewIterations(u32),
    /// SCRAM: more rounds than [`MAX_ITERATIONS`].
    #[error("the server asks for {0} rounds, and more than {MAX_ITERATIONS} are too many")]
    TooManyIterations(u32),
    /// SCRAM: the server says why it refuses, with a word of RFC 5802 §7 (`server-error-value`).
    #[error("the server refuses: {0}")]
    Refused(String),
    /// SCRAM: the server's signature is wrong. Who is there does not know the password, and may be anybody
    /// (RFC 5802 §5).
    #[error("the server's signature is wrong: it does not know the password")]
    WrongSignature,
    /// The server says yes before the exchange is over: with SCRAM, before it has proved anything.
    #[error("the server agrees before the exchange is over")]
    EarlySuccess,
}

impl From<BadMessage> for ClientError {
    fn from(bad: BadMessage) -> ClientError {
        match bad {
            BadMessage::Extension => ClientError::Extension,
            // No server names a channel binding.
            BadMessage::Malformed | BadMessage::ChannelBinding => ClientError::Malformed,
        }
    }
}

/// The client's end. Give it each challenge, send what it answers, and ask [`Client::finish`] when the server says yes.
#[derive(Clone, Debug)]
pub struct Client {
    mechanism: Mechanism,
    login: Login,
    state: State,
}

/// What the client waits for.
#[derive(Clone, Debug)]
enum State {
    /// To speak first: for somebody to take the initial response, or an empty challenge (RFC 4422 §5.1).
    Opening(Nonce),
    /// For the question of LOGIN after the name.
    LoginName,
    /// For its question after the password.
    LoginPassword,
    /// For the question of CRAM-MD5.
    CramChallenge,
    /// For the first message of the SCRAM server.
    ScramFirst(ClientFirst),
    /// For its last message, whose signature is over the text.
    ScramFinal { keys: Keys, auth_message: String },
    /// For the server's verdict.
    Verdict,
    /// For nothing: the client has given up.
    Over,
}

impl Client {
    /// A client at the beginning of an exchange. Only SCRAM uses the nonce.
    ///
    /// # Errors
    /// [`ClientError::CannotActAs`].
    pub fn new(mechanism: Mechanism, login: Login, nonce: Nonce) -> Result<Client, ClientError> {
        if !login.authzid().is_empty() && !mechanism.carries_authzid() {
            return Err(ClientError::CannotActAs(mechanism));
        }
        let state = match mechanism {
            Mechanism::Plain | Mechanism::ScramSha256 => State::Opening(nonce),
            Mechanism::Login => State::LoginName,
            Mechanism::CramMd5 => State::CramChallenge,
        };
        Ok(Client { mechanism, login, state })
    }

    /// The mechanism.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// What the client says before any challenge, where it speaks first ([`Mechanism::client_speaks_first`]) and has not
    /// spoken yet. Who has no room for it beside the command leaves it: the answer to the empty challenge is the same.
    pub fn initial_response(&mut self) -> Option<Response> {
        let State::Opening(nonce) = &self.state else { return None };
        if self.mechanism == Mechanism::Plain {
            let (authzid, user, password) = (self.login.authzid(), self.login.user(), self.login.password());
            let message = plain::write(plain::Fields { authzid, user, password });
            self.state = State::Verdict;
            return Some(Response(message));
        }
        let first = ClientFirst {
            binding: Binding::No,
            authzid: self.login.authzid().to_owned(),
            user: self.login.user().to_owned(),
            nonce: nonce.to_string(),
        };
        let message = first.header() + &first.bare();
        self.state = State::ScramFirst(first);
        Some(Response(message.into_bytes()))
    }

    /// Answers a challenge.
    ///
    /// # Errors
    /// [`ClientError`]; the client has given up then, and the exchange is to be cancelled.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Response, ClientError> {
        if matches!(self.state, State::Opening(_)) && challenge.is_empty() {
            return self.initial_response().ok_or(ClientError::UnexpectedChallenge);
        }
        // What fails below leaves the client over.
        let (message, next) = match std::mem::replace(&mut self.state, State::Over) {
            State::Opening(_) | State::Verdict | State::Over => return Err(ClientError::UnexpectedChallenge),
            // The words of the questions differ from server to server; their order does not.
            State::LoginName => (self.login.user().as_bytes().to_vec(), State::LoginPassword),
            State::LoginPassword => (self.login.password().as_bytes().to_vec(), State::Verdict),
            State::CramChallenge if challenge.is_empty() => return Err(ClientError::Malformed),
            State::CramChallenge => {
                (cram_md5::answer(self.login.user(), self.login.password(), challenge), State::Verdict)
            }
            State::ScramFirst(first) => self.prove(&first, challenge)?,
            State::ScramFinal { keys, auth_message } => (verify(&keys, &auth_message, challenge)?, State::Verdict),
        };
        self.state = next;
        Ok(Response(message))
    }

    /// [`Client::respond`] to the line of a challenge.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn respond_line(&mut self, line: &[u8]) -> Result<Response, ClientError> {
        match line::decode(line) {
            Ok(challenge) => self.respond(&challenge),
            Err(error) => {
                self.state = State::Over;
                // A server cannot cancel: its star is no base64.
                let error = if error == LineError::Cancelled { LineError::Garbled } else { error };
                Err(error.into())
            }
        }
    }

    /// The server has said yes.
    ///
    /// # Errors
    /// [`ClientError::EarlySuccess`]: the client had more to say or to hear, or has given up before.
    pub fn finish(&self) -> Result<(), ClientError> {
        if matches!(self.state, State::Verdict) { Ok(()) } else { Err(ClientError::EarlySuccess) }
    }

    /// The proof, after the server's first message.
    fn prove(&self, first: &ClientFirst, challenge: &[u8]) -> Result<(Vec<u8>, State), ClientError> {
        let said = ServerFirst::read(challenge)?;
        if said.nonce.strip_prefix(&first.nonce).is_none_or(str::is_empty) {
            return Err(ClientError::NonceMismatch);
        }
        match said.iterations {
            few if few < MIN_ITERATIONS => return Err(ClientError::TooFewIterations(few)),
            many if many > MAX_ITERATIONS => return Err(ClientError::TooManyIterations(many)),
            _ => {}
        }
        // `read` has seen that it is UTF-8; what is proved is the message as it came, with its extensions.
        let server_first = String::from_utf8_lossy(challenge);
        let without_proof = client_final_without_proof(&first.header(), &said.nonce);
        let auth_message = format!("{},{server_first},{without_proof}", first.bare());
        let derived = self.login.derived(&said.salt, said.iterations);
        let message = with_proof(&without_proof, &derived.proof(auth_message.as_bytes()));
        Ok((message.into_bytes(), State::ScramFinal { keys: derived.keys().clone(), auth_message }))
    }
}

/// Checks the server's last message; the answer is empty, for no protocol here sends data with its yes (RFC 4422 §5).
fn verify(keys: &Keys, auth_message: &str, challenge: &[u8]) -> Result<Vec<u8>, ClientError> {
    match ServerFinal::read(challenge)? {
        ServerFinal::Error(word) => Err(ClientError::Refused(word)),
        ServerFinal::Signature(signature) if same(&signature, &keys.signature(auth_message.as_bytes())) => {
            Ok(Vec::new())
        }
        ServerFinal::Signature(_) => Err(ClientError::WrongSignature),
    }
}
