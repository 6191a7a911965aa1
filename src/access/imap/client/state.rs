//! Where a session is: [`State`].

use super::plan;
use super::view::Question;

/// Where a session is.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// `start` has not been called.
    Unborn,
    /// The server has the first word.
    Greeting,
    /// The end of a command is to come.
    Waiting(Command),
    /// A handshake is under way.
    Securing,
    /// Nothing is under way.
    Resting,
    /// Nothing more is said.
    Closed,
}

/// A command that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) tag: String,
    pub(super) role: Role,
}

/// What a command is for.
#[derive(Clone, Debug)]
pub(super) enum Role {
    Capability,
    StartTls,
    LogIn,
    Id,
    Enable,
    /// A step of the request.
    Step(plan::Kind),
    /// The picture of the folder has gaps.
    Question(Question),
    Idle(Idle),
    Logout,
}

/// How far an IDLE has come (RFC 2177).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// The server has not said that it idles.
    Asked,
    /// It has not, and something else is to be done.
    Unwanted,
    /// It idles.
    On,
    /// DONE has been said.
    Ending,
}
