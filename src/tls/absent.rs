//! What stands in for TLS where it is not built in: nobody can have one.

/// A host as a client. There is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    _nobody: (),
}

/// A host as a server. There is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    _nobody: (),
}

/// What a client may go on with once. There is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    _nobody: (),
}
