//! The replies that never change, with and without their enhanced codes.

use crate::octets::Chunk;

/// A constant reply on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    plain: &'static str,
    enhanced: &'static str,
}

impl Fixed {
    pub(super) const fn chunk(self, enhanced: bool) -> Chunk {
        Chunk::from_static(if enhanced { self.enhanced } else { self.plain }.as_bytes())
    }
}

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident = $code:literal $enhanced:literal $text:literal;)*) => {
        $($(#[$doc])* pub(super) const $name: Fixed = Fixed {
            plain: concat!($code, " ", $text, "\r\n"),
            enhanced: concat!($code, " ", $enhanced, " ", $text, "\r\n"),
        };)*
    };
}

fixed! {
    OK = "250" "2.0.0" "Ok";
    MAIL_OK = "250" "2.1.0" "Ok";
    RCPT_OK = "250" "2.1.5" "Ok";
    /// RFC 5321 §3.5.3.
    CANNOT_VERIFY = "252" "2.5.0" "Cannot VRFY user, but will accept message and attempt delivery";
    UNKNOWN = "500" "5.5.1" "Command not recognized";
    /// RFC 5321 §4.5.3.1.9.
    LINE_TOO_LONG = "500" "5.5.2" "Line too long";
    /// RFC 5321 §4.1.2; §4.2.4 keeps 500 for verbs that are not known.
    EIGHT_BIT = "501" "5.5.2" "Syntax error: octet with the high bit in an argument";
    /// RFC 5321 §2.3.8.
    BARE_NEWLINE = "500" "5.5.2" "Syntax error: CR or LF outside of CRLF";
    /// RFC 5321 §4.2.4.
    NOT_IMPLEMENTED = "502" "5.5.1" "Command not implemented";
    SYNTAX_HELO = "501" "5.5.4" "Syntax: HELO domain";
    SYNTAX_EHLO = "501" "5.5.4" "Syntax: EHLO domain";
    SYNTAX_LHLO = "501" "5.5.4" "Syntax: LHLO domain";
    SYNTAX_MAIL = "501" "5.5.4" "Syntax: MAIL FROM:<address> [parameters]";
    SYNTAX_RCPT = "501" "5.5.4" "Syntax: RCPT TO:<address>";
    SYNTAX_DATA = "501" "5.5.4" "Syntax: DATA";
    SYNTAX_RSET = "501" "5.5.4" "Syntax: RSET";
    SYNTAX_VRFY = "501" "5.5.4" "Syntax: VRFY string";
    SYNTAX_EXPN = "501" "5.5.4" "Syntax: EXPN string";
    SYNTAX_QUIT = "501" "5.5.4" "Syntax: QUIT";
    SENDER_ADDRESS = "501" "5.1.7" "Bad sender address syntax";
    RECIPIENT_ADDRESS = "501" "5.1.3" "Bad recipient address syntax";
    /// RFC 5321 §4.5.3.1.9.
    SENDER_TOO_LONG = "501" "5.1.7" "Path too long";
    RECIPIENT_TOO_LONG = "501" "5.1.3" "Path too long";
    PARAMETER_VALUE = "501" "5.5.4" "Bad parameter value";
    /// RFC 5321 §4.1.1.11.
    UNKNOWN_PARAMETER = "555" "5.5.4" "Parameter not recognized or not implemented";
    HELO_FIRST = "503" "5.5.1" "Send HELO or EHLO first";
    NESTED_MAIL = "503" "5.5.1" "Nested MAIL command";
    MAIL_FIRST = "503" "5.5.1" "Need MAIL command";
    RCPT_FIRST = "503" "5.5.1" "Need RCPT command";
    REFUSED = "503" "5.5.1" "Service refused, only QUIT is accepted";
    /// RFC 3207 §4.
    READY_FOR_TLS = "220" "2.0.0" "Ready to start TLS";
    SYNTAX_STARTTLS = "501" "5.5.4" "Syntax: STARTTLS";
    SEALED = "503" "5.5.1" "TLS is already active";
    /// RFC 3207 §4.
    TLS_FIRST = "530" "5.7.0" "Must issue a STARTTLS command first";
    /// RFC 4954 §6, as are those that follow.
    WELCOME = "235" "2.7.0" "Authentication successful";
    LOGIN_FIRST = "530" "5.7.0" "Authentication required";
    CREDENTIALS = "535" "5.7.8" "Authentication credentials invalid";
    TOO_WEAK = "534" "5.7.9" "Authentication mechanism is too weak";
    ENCRYPTION_REQUIRED = "538" "5.7.11" "Encryption required for requested authentication mechanism";
    UNKNOWN_MECHANISM = "504" "5.5.4" "Unrecognized authentication type";
    SYNTAX_AUTH = "501" "5.5.4" "Syntax: AUTH mechanism [initial-response]";
    LOGGED_IN = "503" "5.5.1" "Already authenticated";
    AUTH_IN_TRANSACTION = "503" "5.5.1" "AUTH is not permitted during a mail transaction";
    AUTH_CANCELLED = "501" "5.7.0" "Authentication cancelled";
    AUTH_GARBLED = "501" "5.5.2" "Cannot decode the response: not base64";
    AUTH_MALFORMED = "501" "5.5.2" "The response does not have the form of the mechanism";
    AUTH_UNEXPECTED_INITIAL = "501" "5.7.0" "The mechanism takes no initial response";
    AUTH_TOO_LONG = "500" "5.5.6" "Authentication exchange line is too long";
    /// RFC 2033 §4.1, §4.2.
    LHLO_FIRST = "503" "5.5.1" "Send LHLO first";
    NO_RECIPIENTS_BY_LMTP = "503" "5.5.1" "No valid recipients";
    /// RFC 5321 §3.3.
    NO_RECIPIENTS = "554" "5.5.1" "No valid recipients";
    /// RFC 5321 §4.5.3.1.10.
    TOO_MANY_RECIPIENTS = "452" "4.5.3" "Too many recipients";
    /// RFC 1870 §6.1, §6.3.
    TOO_BIG = "552" "5.3.4" "Message size exceeds fixed maximum message size";
    BARE_NEWLINE_IN_DATA = "550" "5.6.0" "Message has CR or LF outside of CRLF";
    TEXT_LINE_TOO_LONG = "550" "5.6.0" "Message has a text line that is too long";
}

/// RFC 5321 §4.1.1.4. 3yz replies have no enhanced code (RFC 2034 §4).
pub(super) const START_DATA: Chunk = Chunk::from_static(b"354 End data with <CR><LF>.<CR><LF>\r\n");
