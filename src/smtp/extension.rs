//! What EHLO offers (RFC 5321 §2.2): PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152),
//! ENHANCEDSTATUSCODES (RFC 2034), REQUIRETLS (RFC 8689), STARTTLS (RFC 3207), AUTH (RFC 4954).

use std::fmt;

use crate::sasl::{Mechanism, Mechanisms};

/// Declares the extensions, each once: its keyword, and by how many octets its parameter lengthens a MAIL command line
/// (RFC 5321 §4.1.1.11). The name is the word of scenario files, too.
macro_rules! extensions {
    ($($(#[doc = $about:literal])* $name:ident: $keyword:literal, $mail_octets:literal;)*) => {
        /// A service extension (RFC 5321 §2.2).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Extension {
            $($(#[doc = $about])* $name,)*
        }

        impl Extension {
            /// All of them, in the order in which EHLO offers them.
            pub const ALL: [Extension; [$($keyword),*].len()] = [$(Extension::$name),*];
            /// What a list of them holds, as the reference of scenario files says it.
            pub const LIST: &'static str = list!($($name)*);

            /// The keyword of EHLO.
            #[must_use]
            pub const fn keyword(self) -> &'static str {
                match self {
                    $(Extension::$name => $keyword,)*
                }
            }

            /// The word of scenario files.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Extension::$name => stringify!($name),)*
                }
            }

            /// By how many octets its parameter lengthens a MAIL command line.
            #[must_use]
            pub const fn mail_octets(self) -> usize {
                match self {
                    $(Extension::$name => $mail_octets,)*
                }
            }
        }
    };
}
macro_rules! list {
    ($first:ident $($rest:ident)*) => {
        concat!("list of ", stringify!($first) $(, ", ", stringify!($rest))*)
    };
}

extensions! {
    /// RFC 2920: several commands in one go.
    Pipelining: "PIPELINING", 0;
    /// RFC 1870: the server's message size limit stands behind the keyword, and the size of a mail in MAIL (§3: 26).
    Size: "SIZE", 26;
    /// RFC 6152: content with the high bit, told in MAIL (§2: 17).
    EightBitMime: "8BITMIME", 17;
    /// RFC 2034: codes of RFC 3463 in replies.
    EnhancedStatusCodes: "ENHANCEDSTATUSCODES", 0;
    /// RFC 8689: MAIL may say that a mail goes on behind TLS only (§2: 11). Offered only behind TLS itself.
    RequireTls: "REQUIRETLS", 11;
    /// RFC 3207: TLS from then on. Offered only by who has a certificate, and only once.
    StartTls: "STARTTLS", 0;
    /// RFC 4954: the mechanisms by which one can log in stand behind the keyword. MAIL may name who has submitted a mail
    /// (§3: 500).
    Auth: "AUTH", 500;
}

/// Which extensions a server offers: a set of them. All by default.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Offer(u32);

impl Offer {
    /// Offers everything.
    pub const ALL: Offer = Offer((1 << Extension::ALL.len()) - 1);
    /// Offers nothing: EHLO is understood and answered with the domain alone.
    pub const NONE: Offer = Offer(0);

    /// Whether this one is offered.
    #[must_use]
    #[inline]
    pub const fn has(self, extension: Extension) -> bool {
        self.0 & (1 << extension as u32) != 0
    }

    /// This one as well.
    #[must_use]
    pub const fn with(self, extension: Extension) -> Offer {
        Offer(self.0 | (1 << extension as u32))
    }

    /// All but this one.
    #[must_use]
    pub const fn without(self, extension: Extension) -> Offer {
        Offer(self.0 & !(1 << extension as u32))
    }

    /// What is offered, in the order in which EHLO says it.
    pub fn iter(self) -> impl Iterator<Item = Extension> {
        Extension::ALL.into_iter().filter(move |extension| self.has(*extension))
    }

    /// The keyword lines of the EHLO reply, in the order in which they are written.
    pub(super) fn keywords(
        self,
        max_message_bytes: Option<u64>,
        mechanisms: Mechanisms,
    ) -> impl Iterator<Item = String> {
        self.iter().map(move |extension| match extension {
            // RFC 1870 §3: 0 says that there is no fixed maximum.
            Extension::Size => format!("{} {}", extension.keyword(), max_message_bytes.unwrap_or(0)),
            Extension::Auth => {
                let add = |line: String, mechanism: Mechanism| line + " " + mechanism.name();
                mechanisms.iter().fold(extension.keyword().to_owned(), add)
            }
            _ => extension.keyword().to_owned(),
        })
    }
}

impl Default for Offer {
    fn default() -> Offer {
        Offer::ALL
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What a client learned from the EHLO reply. After HELO nothing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// Whether the peer answered EHLO at all.
    pub esmtp: bool,
    /// What it offers.
    pub offer: Offer,
    /// RFC 1870: the largest message that the peer takes, in octets, where it says so.
    pub max_message_bytes: Option<u64>,
    /// RFC 4954: the mechanisms that it offers, of those that are known here.
    pub mechanisms: Mechanisms,
}

/// Nothing is offered.
impl Default for Extensions {
    fn default() -> Extensions {
        Extensions { esmtp: false, offer: Offer::NONE, max_message_bytes: None, mechanisms: Mechanisms::NONE }
    }
}

impl Extensions {
    /// Reads the text of a positive EHLO reply: its first line is the greeting, each other line one keyword.
    #[must_use]
    pub fn from_ehlo(text: &[u8]) -> Extensions {
        let mut found = Extensions { esmtp: true, ..Extensions::default() };
        for line in text.split(|&b| b == b'\n').skip(1) {
            let mut words = line.split(|&b| b == b' ').filter(|word| !word.is_empty());
            let Some(keyword) = words.next() else { continue };
            // RFC 5321 §2.4: keywords are case-insensitive. Unknown ones are ignored (§4.1.1.1).
            let known = |e: &Extension| keyword.eq_ignore_ascii_case(e.keyword().as_bytes());
            let Some(extension) = Extension::ALL.into_iter().find(known) else { continue };
            found.offer = found.offer.with(extension);
            if extension == Extension::Auth {
                let names = words.filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok());
                found.mechanisms = names.fold(found.mechanisms, Mechanisms::with);
            } else if extension == Extension::Size {
                let number = words.next().and_then(|word| std::str::from_utf8(word).ok()?.parse::<u64>().ok());
                found.max_message_bytes = number.filter(|&n| n > 0);
            }
        }
        found
    }

    /// Whether this one may be used.
    #[must_use]
    #[inline]
    pub const fn has(&self, extension: Extension) -> bool {
        self.offer.has(extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case_and_unknown_ones_ignored() {
        let found = Extensions::from_ehlo(
            b"mx greets you\npipelining\nSize 1000\nX-FOO bar\n8BitMime\n\nHELP\nAUTH login X-9  Plain",
        );
        let expected = Extensions {
            esmtp: true,
            offer: Offer::NONE
                .with(Extension::Pipelining)
                .with(Extension::Size)
                .with(Extension::EightBitMime)
                .with(Extension::Auth),
            max_message_bytes: Some(1000),
            mechanisms: Mechanisms::COMMON,
        };
        assert_eq!(found, expected);
        assert_eq!(Extensions::from_ehlo(b"mx\nSIZE 0").max_message_bytes, None, "zero: no fixed maximum");
        assert_eq!(Extensions::from_ehlo(b"PIPELINING"), Extensions { esmtp: true, ..Extensions::default() });
    }

    #[test]
    fn what_is_offered_is_understood() {
        let text =
            Offer::ALL.keywords(Some(5), Mechanisms::ALL).fold("mx".to_owned(), |text, line| text + "\n" + &line);
        let found = Extensions::from_ehlo(text.as_bytes());
        assert_eq!(
            found,
            Extensions { esmtp: true, offer: Offer::ALL, max_message_bytes: Some(5), mechanisms: Mechanisms::ALL }
        );
        assert_eq!(Offer::NONE.keywords(Some(5), Mechanisms::ALL).count(), 0);
    }

    #[test]
    fn each_can_be_left_out_alone() {
        for one in Extension::ALL {
            let offer = Offer::ALL.without(one);
            assert!(!offer.has(one) && offer.with(one) == Offer::ALL);
            assert_eq!(Extension::ALL.into_iter().filter(|other| offer.has(*other)).count(), Extension::ALL.len() - 1);
            assert!(Extension::LIST.contains(one.word()));
        }
    }
}
