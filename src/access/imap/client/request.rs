//! What an agent asks for: [`Request`].

use super::flags::FlagList;
use crate::access::About;
use crate::octets::Rope;
use crate::store::GivenDate;

/// Something to be done. Requests are worked off in the order in which they come, and each is answered by one
/// [`Done`](super::Event::Done). Names of folders are Unicode, with the server's separator between a folder and one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which folders there are.
    List,
    /// Makes a folder, and subscribes to it, as Thunderbird does.
    Create {
        /// Its name.
        folder: String,
    },
    /// Opens a folder, and finds out what has changed in it. The one that was open is closed.
    Open {
        /// Its name.
        folder: String,
        /// What is known of it from before. If it is the one that is open, what the session has told counts in its place. In the
        /// answer it is empty.
        known: Known,
    },
    /// Looks whether something has changed in the folder that is open.
    Sync,
    /// Gets something of mails. It is told by [`Got`](super::Event::Got), mail by mail, and no mail counts as read.
    Fetch {
        /// Which mails.
        uids: Vec<u32>,
        /// What of them.
        what: What,
    },
    /// Says something about mails.
    Flag {
        /// Which mails.
        uids: Vec<u32>,
        /// What is to be said about them.
        add: FlagList,
        /// What is not to be said any more.
        remove: FlagList,
    },
    /// Moves mails to another folder.
    Move {
        /// Which mails.
        uids: Vec<u32>,
        /// The other folder.
        to: String,
    },
    /// Copies mails to another folder.
    Copy {
        /// Which mails.
        uids: Vec<u32>,
        /// The other folder.
        to: String,
    },
    /// Removes mails for good. Where the server does not know UID EXPUNGE, others go as well that somebody has marked as deleted.
    Delete {
        /// Which mails.
        uids: Vec<u32>,
    },
    /// Puts a mail into a folder.
    Append {
        /// The folder.
        folder: String,
        /// What is said about it.
        flags: FlagList,
        /// Its internal date; `None`: now.
        date: Option<GivenDate>,
        /// The mail: not empty, and without NUL.
        content: Rope,
        /// What observers know it by.
        about: Option<About>,
    },
    /// Waits for changes until there is another request.
    Idle,
    /// Closes the folder that is open. What is marked as deleted stays.
    Close,
    /// Ends the session.
    Logout,
}

/// What of a mail is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Its header section, with the empty line.
    Header,
    /// All of it.
    Whole,
    /// Which parts it has.
    Structure,
    /// The body of a part, as it is encoded, by the numbers that lead to it (RFC 9051 §6.4.5): none of them is 0.
    Part(Vec<u32>),
}

/// What is known of a folder from an earlier session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The UIDVALIDITY; 0: nothing is known.
    pub uid_validity: u32,
    /// The number of the last change that is known ([`Session::modseq`](super::Session::modseq)). With it, `mails` must be all that
    /// there were at that time.
    pub modseq: Option<u64>,
    /// The mails that are known, and what was said about them.
    pub mails: Vec<(u32, FlagList)>,
}
