//! What a server offers: [`Capabilities`] (RFC 9051 §7.2.2).

use std::fmt;

use crate::sasl::Mechanisms;

/// Declares the capabilities, each once, with its name.
macro_rules! capabilities {
    ($($(#[doc = $about:literal])* $name:ident: $word:literal;)*) => {
        /// A capability that the client knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Capability {
            $($(#[doc = $about])* $name,)*
        }

        impl Capability {
            /// All of them.
            pub const ALL: [Capability; [$($word),*].len()] = [$(Capability::$name),*];

            /// The registered name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Capability::$name => $word,)*
                }
            }
        }
    };
}

capabilities! {
    /// RFC 9051.
    Rev2: "IMAP4rev2";
    /// RFC 9051 §6.2.1.
    StartTls: "STARTTLS";
    /// RFC 9051 §6.2.3: not by LOGIN.
    LoginDisabled: "LOGINDISABLED";
    /// RFC 4959: AUTHENTICATE with an initial response.
    SaslIr: "SASL-IR";
    /// RFC 7888: literals of any size without waiting.
    LiteralPlus: "LITERAL+";
    /// RFC 7888 §5: literals of up to 4,096 octets without waiting.
    LiteralMinus: "LITERAL-";
    /// RFC 2971.
    Id: "ID";
    /// RFC 5161.
    Enable: "ENABLE";
    /// RFC 2177.
    Idle: "IDLE";
    /// RFC 4315: UID EXPUNGE, and APPENDUID and COPYUID.
    UidPlus: "UIDPLUS";
    /// RFC 3691.
    Unselect: "UNSELECT";
    /// RFC 6851.
    Move: "MOVE";
    /// RFC 7162 §3.1.
    CondStore: "CONDSTORE";
    /// RFC 7162 §3.2.
    QResync: "QRESYNC";
    /// RFC 5258.
    ListExtended: "LIST-EXTENDED";
    /// RFC 6154.
    SpecialUse: "SPECIAL-USE";
}

/// What belongs to IMAP4rev2 (RFC 9051 appendix E) and needs not be said beside it.
const OF_REV2: [Capability; 9] = [
    Capability::SaslIr,
    Capability::LiteralMinus,
    Capability::Enable,
    Capability::Idle,
    Capability::UidPlus,
    Capability::Unselect,
    Capability::Move,
    Capability::ListExtended,
    Capability::SpecialUse,
];

/// What a server offers, as far as the client knows it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    set: u32,
    /// How one can log in by AUTHENTICATE.
    pub mechanisms: Mechanisms,
    /// How large a mail may be that is appended, in octets (RFC 7889).
    pub append_limit: Option<u64>,
}

impl Capabilities {
    /// Whether this one is offered.
    #[must_use]
    pub const fn has(&self, capability: Capability) -> bool {
        self.set & (1 << capability as u32) != 0
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Capability> + '_ {
        Capability::ALL.into_iter().filter(|capability| self.has(*capability))
    }

    /// Reads what stands behind `CAPABILITY`. What is not known counts for nothing.
    pub(super) fn read(words: &str) -> Capabilities {
        let mut all = Capabilities::default();
        for word in words.split_ascii_whitespace() {
            match word.split_once('=') {
                Some((kind, name)) if kind.eq_ignore_ascii_case("AUTH") => {
                    all.mechanisms = name.parse().map_or(all.mechanisms, |mechanism| all.mechanisms.with(mechanism));
                }
                Some((kind, limit)) if kind.eq_ignore_ascii_case("APPENDLIMIT") => {
                    all.append_limit = limit.parse().ok();
                }
                _ => {
                    let known = Capability::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(word));
                    known.into_iter().for_each(|known| all.add(known));
                }
            }
        }
        if all.has(Capability::Rev2) {
            OF_REV2.into_iter().for_each(|part| all.add(part));
        }
        if all.has(Capability::QResync) {
            // RFC 7162 §3.2.3: who offers it knows the other as well.
            all.add(Capability::CondStore);
        }
        all
    }

    fn add(&mut self, capability: Capability) {
        self.set |= 1 << capability as u32;
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).entries(self.mechanisms.iter()).entries(self.append_limit).finish()
    }
}
