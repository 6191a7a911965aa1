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

impl Server {
    /// The same server after its memory was lost.
    #[must_use]
    pub fn restarted(&self, _random: &mut crate::sim::Stream) -> Server {
        self.clone()
    }
}

/// What a client may go on with once. There is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    _nobody: (),
}
