//! The sizes of RFC 5321 §4.5.3.1, in octets unless the name says otherwise.

use super::extension::Extension;

/// §4.5.3.1.3: a reverse-path or forward-path, brackets and punctuation included.
pub const PATH: usize = 256;

/// §4.5.3.1.4: a command line, CRLF included.
pub const COMMAND_LINE: usize = 512;

/// The longest command line that any command may have here, CRLF included: MAIL with the parameters of all
/// extensions.
pub const LONGEST_COMMAND_LINE: usize = {
    let (mut octets, mut place) = (COMMAND_LINE, 0);
    while place < Extension::ALL.len() {
        octets += Extension::ALL[place].mail_octets();
        place += 1;
    }
    octets
};

/// §4.5.3.1.5: a reply line, CRLF included.
pub const REPLY_LINE: usize = 512;

/// What a client puts up with in one reply line, CRLF included. More than the RFC says, as real servers do send more.
pub const RECEIVED_REPLY_LINE: usize = 2048;

/// How much text of one reply a client keeps before it calls the reply bad.
pub const RECEIVED_REPLY: usize = 65_536;
