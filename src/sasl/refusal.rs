//! Why a server refuses.

/// Why an exchange has failed, as the server knows it. A client is told less: [`Refusal::UnknownUser`] and
/// [`Refusal::WrongPassword`] must look the same to it, or it could find out who has an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The client sent `*` (RFC 4954 §4: 501).
    #[error("the client has cancelled the exchange")]
    Cancelled,
    /// A response is not base64 (RFC 4954 §4: 501 5.5.2).
    #[error("the response is not base64")]
    Garbled,
    /// A line of a response is too long (RFC 4954 §4: 500 5.5.6).
    #[error("the response is too long")]
    TooLong,
    /// An initial response to a mechanism in which the server speaks first (RFC 4954 §4: 501 5.7.0).
    #[error("the client spoke first, and it is the server's turn")]
    UnexpectedInitial,
    /// A response before the exchange has begun or after its end.
    #[error("a response when none is due")]
    OutOfTurn,
    /// A response does not have the form that the mechanism demands.
    #[error("the response does not have the form of the mechanism")]
    Malformed,
    /// A name or a password that cannot be prepared (RFC 4013).
    #[error("a name or password has forbidden characters")]
    Unprepared,
    /// SCRAM: a proof that is bound to the connection is not on offer (RFC 5802 §6).
    #[error("channel binding is not supported")]
    ChannelBinding,
    /// SCRAM: the last message binds to something else than the first one said (RFC 5802 §5.1, `c`).
    #[error("the two messages of the client do not agree about channel binding")]
    BindingMismatch,
    /// SCRAM: an extension that must be understood, and is not (RFC 5802 §5.1, `m`).
    #[error("a mandatory extension is not supported")]
    Extension,
    /// SCRAM: the last message has another nonce than the one that was agreed on (RFC 5802 §5.1, `r`).
    #[error("the client's nonce is not the one that was agreed on")]
    NonceMismatch,
    /// Nobody has this name.
    #[error("no such user")]
    UnknownUser,
    /// The password, the digest or the proof is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user may not act as somebody else (RFC 4422 §3.4.1).
    #[error("the user may not act as somebody else")]
    NotPermitted,
}

impl Refusal {
    /// Whether what was sent is wrong, rather than who sent it: a protocol answers the first as an error of syntax, the
    /// second as failed authentication.
    #[must_use]
    pub const fn is_protocol_error(self) -> bool {
        !matches!(self, Refusal::UnknownUser | Refusal::WrongPassword | Refusal::NotPermitted | Refusal::Unprepared)
    }
}
