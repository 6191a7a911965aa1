//! The sizes of RFC 5321 §4.5.3.1, in octets unless the name says otherwise.

/// §4.5.3.1.3: a reverse-path or forward-path, brackets and punctuation included.
pub const PATH: usize = 256;

/// §4.5.3.1.4: a command line, CRLF included.
pub const COMMAND_LINE: usize = 512;

/// RFC 1870 §3: by how much the SIZE parameter lengthens a MAIL command line.
pub const SIZE_PARAMETER: usize = 26;

/// RFC 6152 §2: by how much the BODY parameter lengthens a MAIL command line.
pub const BODY_PARAMETER: usize = 17;

/// The longest command line that any command may have here, CRLF included: MAIL with both parameters.
pub const LONGEST_COMMAND_LINE: usize = COMMAND_LINE + SIZE_PARAMETER + BODY_PARAMETER;

/// §4.5.3.1.5: a reply line, CRLF included.
pub const REPLY_LINE: usize = 512;

/// What a client puts up with in one reply line, CRLF included. More than the RFC says, as real servers do send more.
pub const RECEIVED_REPLY_LINE: usize = 2048;

/// How much text of one reply a client keeps before it calls the reply bad.
pub const RECEIVED_REPLY: usize = 65_536;
