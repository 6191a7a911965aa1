//! Commands (RFC 5321 §4.1): verbs, arguments and parameters, read and written.
//!
//! Verbs and keywords are read in any case (§2.4). White space between the last argument and CRLF is tolerated
//! (§4.1.1: "receivers SHOULD tolerate trailing white space"); anywhere else a command is taken as the grammar says.

use std::fmt;

use super::limits;
use crate::identity::{Domain, ForwardPath, Mailbox, MailboxError, ReversePath};
use crate::sasl::Secret;

/// The verbs that are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// §4.1.1.1, the old greeting.
    Helo,
    /// §4.1.1.1, the greeting that asks for extensions.
    Ehlo,
    /// §4.1.1.2.
    Mail,
    /// §4.1.1.3.
    Rcpt,
    /// §4.1.1.4.
    Data,
    /// §4.1.1.5.
    Rset,
    /// §4.1.1.6.
    Vrfy,
    /// §4.1.1.7.
    Expn,
    /// §4.1.1.8.
    Help,
    /// §4.1.1.9.
    Noop,
    /// §4.1.1.10.
    Quit,
    /// RFC 3207 §4.
    StartTls,
    /// RFC 4954 §4.
    Auth,
    /// RFC 2033 §4.1: EHLO of LMTP.
    Lhlo,
}

impl Verb {
    /// The verb as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Helo => "HELO",
            Verb::Ehlo => "EHLO",
            Verb::Mail => "MAIL",
            Verb::Rcpt => "RCPT",
            Verb::Data => "DATA",
            Verb::Rset => "RSET",
            Verb::Vrfy => "VRFY",
            Verb::Expn => "EXPN",
            Verb::Help => "HELP",
            Verb::Noop => "NOOP",
            Verb::Quit => "QUIT",
            Verb::StartTls => "STARTTLS",
            Verb::Auth => "AUTH",
            Verb::Lhlo => "LHLO",
        }
    }

    /// Takes a line (without CRLF) apart into its verb and what follows the space; `None` for an unknown verb.
    #[must_use]
    pub fn split(line: &[u8]) -> Option<(Verb, &[u8])> {
        let line = trim_end(line);
        if let Some((word, arguments)) = line.split_at_checked(8)
            && word.eq_ignore_ascii_case(b"STARTTLS")
        {
            return match arguments {
                [] => Some((Verb::StartTls, arguments)),
                [b' ', arguments @ ..] => Some((Verb::StartTls, arguments)),
                _ => None,
            };
        }
        let word: [u8; 4] = line.get(..4)?.try_into().ok()?;
        let arguments = match line.get(4) {
            None => &line[4..],
            Some(b' ') => &line[5..],
            Some(_) => return None,
        };
        let verb = match &word.map(|b| b.to_ascii_uppercase()) {
            b"HELO" => Verb::Helo,
            b"EHLO" => Verb::Ehlo,
            b"MAIL" => Verb::Mail,
            b"RCPT" => Verb::Rcpt,
            b"DATA" => Verb::Data,
            b"RSET" => Verb::Rset,
            b"VRFY" => Verb::Vrfy,
            b"EXPN" => Verb::Expn,
            b"HELP" => Verb::Help,
            b"NOOP" => Verb::Noop,
            b"QUIT" => Verb::Quit,
            b"AUTH" => Verb::Auth,
            b"LHLO" => Verb::Lhlo,
            _ => return None,
        };
        Some((verb, arguments))
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The BODY parameter (RFC 6152 §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BodyType {
    /// Lines of US-ASCII; what a message is when nothing is said.
    #[default]
    SevenBit,
    /// Lines whose octets may have the high bit.
    EightBitMime,
}

impl BodyType {
    /// The value as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            BodyType::SevenBit => "7BIT",
            BodyType::EightBitMime => "8BITMIME",
        }
    }
}

/// The parameters of MAIL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// SIZE in octets (RFC 1870 §3). Numbers that need more than 64 bits are [`u64::MAX`].
    pub size: Option<u64>,
    /// BODY (RFC 6152 §2).
    pub body: Option<BodyType>,
    /// Whether AUTH was said (RFC 4954 §5). Nobody here trusts a client about who has submitted a mail elsewhere, so who it
    /// names is not kept; that is what `AUTH=<>` says.
    pub auth: bool,
    /// Whether REQUIRETLS was said (RFC 8689 §2).
    pub require_tls: bool,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `HELO domain`.
    Helo(Domain),
    /// `EHLO domain`.
    Ehlo(Domain),
    /// `LHLO domain`.
    Lhlo(Domain),
    /// `MAIL FROM:<reverse-path> [parameters]`.
    Mail {
        /// Where to report failure.
        reverse_path: ReversePath,
        /// What else was said.
        parameters: MailParameters,
    },
    /// `RCPT TO:<forward-path>`.
    Rcpt {
        /// Where it is to go.
        forward_path: ForwardPath,
    },
    /// `DATA`.
    Data,
    /// `RSET`.
    Rset,
    /// `VRFY string`.
    Vrfy(String),
    /// `EXPN string`.
    Expn(String),
    /// `HELP [string]`; empty where nothing was asked.
    Help(String),
    /// `NOOP [string]`; what was said is not kept.
    Noop,
    /// `QUIT`.
    Quit,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH mechanism [initial-response]`.
    Auth {
        /// The name of the mechanism, as it was written.
        mechanism: String,
        /// What the client says with the command: base64, or `=` for nothing.
        initial: Option<Secret>,
    },
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such verb.
    #[error("the command is not known")]
    Unknown,
    /// RFC 5321 §2.4: commands are US-ASCII.
    #[error("a command has an octet with the high bit")]
    EightBit,
    /// The arguments do not fit the grammar of the command.
    #[error("syntax: {0}")]
    Syntax(&'static str),
    /// What stands in the angle brackets is no path.
    #[error("the address is not well-formed")]
    Address,
    /// RFC 5321 §4.5.3.1.1 to §4.5.3.1.3: local part 64, domain 255, path 256 octets.
    #[error("the path is too long")]
    PathTooLong,
    /// RFC 5321 §4.1.1.11: a parameter that is not known here.
    #[error("the parameter is not known")]
    UnknownParameter,
    /// The value of a known parameter is not one of its values, or the parameter comes twice.
    #[error("the value of the parameter is not well-formed")]
    ParameterValue,
}

impl Command {
    /// Reads a line without its CRLF.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Command, CommandError> {
        let (verb, arguments) = Verb::split(line).ok_or(CommandError::Unknown)?;
        if !arguments.is_ascii() {
            return Err(CommandError::EightBit);
        }
        Command::parse_arguments(verb, arguments)
    }

    /// Reads what follows the verb and its space.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_arguments(verb: Verb, arguments: &[u8]) -> Result<Command, CommandError> {
        let alone = |command: Command, syntax| {
            // RFC 5321 §4.1.1.4, §4.1.1.5, §4.1.1.10: no arguments.
            if arguments.is_empty() { Ok(command) } else { Err(CommandError::Syntax(syntax)) }
        };
        let text = || std::str::from_utf8(arguments).map(str::to_owned).map_err(|_| CommandError::EightBit);
        match verb {
            Verb::Helo => Ok(Command::Helo(parse_domain(arguments, "HELO domain")?)),
            Verb::Ehlo => Ok(Command::Ehlo(parse_domain(arguments, "EHLO domain")?)),
            Verb::Lhlo => Ok(Command::Lhlo(parse_domain(arguments, "LHLO domain")?)),
            Verb::Mail => parse_mail(arguments),
            Verb::Rcpt => parse_rcpt(arguments),
            Verb::Data => alone(Command::Data, "DATA"),
            Verb::Rset => alone(Command::Rset, "RSET"),
            Verb::Quit => alone(Command::Quit, "QUIT"),
            Verb::StartTls => alone(Command::StartTls, "STARTTLS"),
            Verb::Auth => parse_auth(arguments),
            Verb::Vrfy if arguments.is_empty() => Err(CommandError::Syntax("VRFY string")),
            Verb::Expn if arguments.is_empty() => Err(CommandError::Syntax("EXPN string")),
            Verb::Vrfy => Ok(Command::Vrfy(text()?)),
            Verb::Expn => Ok(Command::Expn(text()?)),
            Verb::Help => Ok(Command::Help(text()?)),
            Verb::Noop => Ok(Command::Noop),
        }
    }

    /// Which verb it is.
    #[must_use]
    pub fn verb(&self) -> Verb {
        match self {
            Command::Helo(_) => Verb::Helo,
            Command::Ehlo(_) => Verb::Ehlo,
            Command::Mail { .. } => Verb::Mail,
            Command::Rcpt { .. } => Verb::Rcpt,
            Command::Data => Verb::Data,
            Command::Rset => Verb::Rset,
            Command::Vrfy(_) => Verb::Vrfy,
            Command::Expn(_) => Verb::Expn,
            Command::Help(_) => Verb::Help,
            Command::Noop => Verb::Noop,
            Command::Quit => Verb::Quit,
            Command::StartTls => Verb::StartTls,
            Command::Auth { .. } => Verb::Auth,
            Command::Lhlo(_) => Verb::Lhlo,
        }
    }
}

/// Writes the command without CRLF.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = self.verb();
        match self {
            Command::Helo(domain) | Command::Ehlo(domain) | Command::Lhlo(domain) => write!(f, "{verb} {domain}"),
            Command::Mail { reverse_path, parameters } => {
                write!(f, "MAIL FROM:{reverse_path}")?;
                if let Some(size) = parameters.size {
                    write!(f, " SIZE={size}")?;
                }
                if let Some(body) = parameters.body {
                    write!(f, " BODY={}", body.as_str())?;
                }
                if parameters.auth {
                    f.write_str(" AUTH=<>")?;
                }
                if parameters.require_tls {
                    f.write_str(" REQUIRETLS")?;
                }
                Ok(())
            }
            Command::Rcpt { forward_path } => write!(f, "RCPT TO:{forward_path}"),
            Command::Help(text) if text.is_empty() => f.write_str("HELP"),
            Command::Vrfy(text) | Command::Expn(text) | Command::Help(text) => write!(f, "{verb} {text}"),
            Command::Auth { mechanism, initial: None } => write!(f, "AUTH {mechanism}"),
            Command::Auth { mechanism, initial: Some(secret) } => write!(f, "AUTH {mechanism} {}", secret.reveal()),
            Command::Data | Command::Rset | Command::Noop | Command::Quit | Command::StartTls => {
                f.write_str(verb.as_str())
            }
        }
    }
}

fn trim_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |last| last + 1);
    &line[..end]
}

fn ascii(bytes: &[u8]) -> Result<&str, CommandError> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii()).ok_or(CommandError::EightBit)
}

fn parse_domain(arguments: &[u8], syntax: &'static str) -> Result<Domain, CommandError> {
    ascii(arguments)?.parse().map_err(|_| CommandError::Syntax(syntax))
}

const MAIL_SYNTAX: &str = "MAIL FROM:<address>";
const RCPT_SYNTAX: &str = "RCPT TO:<address>";

fn parse_mail(arguments: &[u8]) -> Result<Command, CommandError> {
    let (inside, rest) = split_path(arguments, b"FROM:", MAIL_SYNTAX)?;
    let reverse_path = if inside.is_empty() { ReversePath::Null } else { ReversePath::Mailbox(parse_mailbox(inside)?) };
    let mut parameters = MailParameters::default();
    for_each_parameter(rest, MAIL_SYNTAX, |keyword, value| {
        if keyword.eq_ignore_ascii_case(b"SIZE") {
            let size = parse_size(value).ok_or(CommandError::ParameterValue)?;
            set_once(&mut parameters.size, size)
        } else if keyword.eq_ignore_ascii_case(b"BODY") {
            let value = value.unwrap_or_default();
            let known = [BodyType::SevenBit, BodyType::EightBitMime];
            let body = known.into_iter().find(|body| value.eq_ignore_ascii_case(body.as_str().as_bytes()));
            set_once(&mut parameters.body, body.ok_or(CommandError::ParameterValue)?)
        } else if keyword.eq_ignore_ascii_case(b"AUTH") {
            let named = value.is_some_and(|value| value == b"<>" || is_xtext(value));
            if !named || std::mem::replace(&mut parameters.auth, true) {
                return Err(CommandError::ParameterValue);
            }
            Ok(())
        } else if keyword.eq_ignore_ascii_case(b"REQUIRETLS") {
            if value.is_some() || std::mem::replace(&mut parameters.require_tls, true) {
                return Err(CommandError::ParameterValue);
            }
            Ok(())
        } else {
            Err(CommandError::UnknownParameter)
        }
    })?;
    Ok(Command::Mail { reverse_path, parameters })
}

/// RFC 4954 §4: `"AUTH" SP sasl-mech [SP initial-response]`. The name is of RFC 4422 §3.1, in any case.
fn parse_auth(arguments: &[u8]) -> Result<Command, CommandError> {
    let wrong = CommandError::Syntax("AUTH mechanism [initial-response]");
    let mut words = arguments.split(|&b| b == b' ');
    let mechanism = words.next().filter(|name| matches!(name.len(), 1..=20)).ok_or(wrong)?;
    if !mechanism.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return Err(wrong);
    }
    let initial = words.next().map(|word| ascii(word).map(Secret::from)).transpose()?;
    if words.next().is_some() {
        return Err(wrong);
    }
    Ok(Command::Auth { mechanism: ascii(mechanism)?.to_owned(), initial })
}

/// RFC 3461 §4: printable characters, where `+` and two hexadecimal digits stand for any.
fn is_xtext(value: &[u8]) -> bool {
    let hex = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    let escape = |at: usize| hex(value.get(at + 1)) && hex(value.get(at + 2));
    value.iter().enumerate().all(|(at, &b)| (b'!'..=b'~').contains(&b) && b != b'=' && (b != b'+' || escape(at)))
}

fn parse_rcpt(arguments: &[u8]) -> Result<Command, CommandError> {
    let (inside, rest) = split_path(arguments, b"TO:", RCPT_SYNTAX)?;
    // RFC 5321 §4.1.1.3: the reserved mailbox needs no domain, and its case does not count.
    let forward_path = if inside.eq_ignore_ascii_case("postmaster") {
        ForwardPath::Postmaster
    } else {
        ForwardPath::Mailbox(parse_mailbox(inside)?)
    };
    // No extension that is spoken here gives RCPT a parameter.
    for_each_parameter(rest, RCPT_SYNTAX, |_, _| Err(CommandError::UnknownParameter))?;
    Ok(Command::Rcpt { forward_path })
}

/// Takes `KEY:<inside> rest` apart. RFC 5321 §3.3: no space on either side of the colon.
fn split_path<'a>(arguments: &'a [u8], key: &[u8], syntax: &'static str) -> Result<(&'a str, &'a [u8]), CommandError> {
    let wrong = CommandError::Syntax(syntax);
    let (said, path) = arguments.split_at_checked(key.len()).ok_or(wrong)?;
    if !said.eq_ignore_ascii_case(key) || path.first() != Some(&b'<') {
        return Err(wrong);
    }
    let close = closing_bracket(path).ok_or(wrong)?;
    // RFC 5321 §4.5.3.1.3: counted with the brackets.
    if close + 1 > limits::PATH {
        return Err(CommandError::PathTooLong);
    }
    Ok((ascii(&path[1..close])?, &path[close + 1..]))
}

/// Where the path that begins with `<` ends. A quoted local part may hold a `>` of its own.
fn closing_bracket(path: &[u8]) -> Option<usize> {
    let simple = memchr::memchr2(b'>', b'"', path)?;
    if path[simple] == b'>' {
        return Some(simple);
    }
    let (mut quoted, mut escaped) = (false, false);
    path.iter().position(|&b| {
        if escaped {
            escaped = false;
        } else {
            match b {
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'>' => return !quoted,
                _ => {}
            }
        }
        false
    })
}

fn parse_mailbox(inside: &str) -> Result<Mailbox, CommandError> {
    let mut inside = inside;
    if let Some(route) = inside.strip_prefix('@') {
        // RFC 5321 §4.1.1.3, Appendix C: source routes MUST be accepted, SHOULD be ignored.
        let (hosts, mailbox) = route.split_once(':').ok_or(CommandError::Address)?;
        let mut names = hosts.split(",@");
        if names.any(|name| Domain::check(name).is_err()) {
            return Err(CommandError::Address);
        }
        inside = mailbox;
    }
    inside.parse().map_err(|error| match error {
        MailboxError::LocalPartTooLong | MailboxError::Domain(crate::identity::DomainError::TooLong) => {
            CommandError::PathTooLong
        }
        _ => CommandError::Address,
    })
}

/// RFC 5321 §4.1.2: `esmtp-keyword ["=" esmtp-value]`, each behind a space.
fn for_each_parameter<'a>(
    rest: &'a [u8],
    syntax: &'static str,
    mut each: impl FnMut(&'a [u8], Option<&'a [u8]>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    if rest.is_empty() {
        return Ok(());
    }
    if rest[0] != b' ' {
        return Err(CommandError::Syntax(syntax));
    }
    for word in rest.split(|&b| b == b' ').filter(|word| !word.is_empty()) {
        let (keyword, value) = match memchr::memchr(b'=', word) {
            Some(at) => (&word[..at], Some(&word[at + 1..])),
            None => (word, None),
        };
        let first = keyword.first().is_some_and(u8::is_ascii_alphanumeric);
        let plain = first && keyword.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-');
        let printable = |v: &[u8]| !v.is_empty() && v.iter().all(|&b| (b'!'..=b'~').contains(&b) && b != b'=');
        if !plain || !value.is_none_or(printable) {
            return Err(CommandError::Syntax(syntax));
        }
        each(keyword, value)?;
    }
    Ok(())
}

/// RFC 1870 §3: `size-value ::= 1*20DIGIT`.
fn parse_size(value: Option<&[u8]>) -> Option<u64> {
    let digits = value.filter(|v| matches!(v.len(), 1..=20) && v.iter().all(u8::is_ascii_digit))?;
    Some(digits.iter().fold(0_u64, |n, &d| n.saturating_mul(10).saturating_add(u64::from(d - b'0'))))
}

fn set_once<T>(slot: &mut Option<T>, value: T) -> Result<(), CommandError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(CommandError::ParameterValue),
    }
}

#[cfg(test)]
mod tests;
