//! What CAPABILITY offers (RFC 9051 §6.1.1).

use std::fmt;

/// Declares the extensions, each once, with its name.
macro_rules! extensions {
    ($($(#[doc = $about:literal])* $name:ident: $word:literal;)*) => {
        /// Something that a server can do beyond what every server of RFC 3501 can.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Extension {
            $($(#[doc = $about])* $name,)*
        }

        impl Extension {
            /// All of them, in the order in which they are offered.
            pub const ALL: [Extension; [$($word),*].len()] = [$(Extension::$name),*];

            /// The registered name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Extension::$name => $word,)*
                }
            }
        }
    };
}

extensions! {
    /// RFC 9051. It asks for most of the others: who leaves out one of [`Extension::OF_REV2`] does not offer it.
    Rev2: "IMAP4rev2";
    /// RFC 4959: AUTHENTICATE with an initial response.
    SaslIr: "SASL-IR";
    /// RFC 7888: literals of any size without waiting.
    LiteralPlus: "LITERAL+";
    /// RFC 7888 §5: literals of up to 4,096 octets without waiting. Not said beside LITERAL+.
    LiteralMinus: "LITERAL-";
    /// RFC 2971: who both ends are.
    Id: "ID";
    /// RFC 5161: the client says what it wants to be used.
    Enable: "ENABLE";
    /// RFC 2177: the server tells at once.
    Idle: "IDLE";
    /// RFC 2342.
    Namespace: "NAMESPACE";
    /// RFC 3348: LIST says which folders have others in them.
    Children: "CHILDREN";
    /// RFC 4315: UID EXPUNGE, and APPENDUID and COPYUID.
    UidPlus: "UIDPLUS";
    /// RFC 3691.
    Unselect: "UNSELECT";
    /// RFC 6851.
    Move: "MOVE";
    /// RFC 7162 §3.1: changes have numbers.
    CondStore: "CONDSTORE";
    /// RFC 4731: SEARCH RETURN.
    ESearch: "ESEARCH";
    /// RFC 5182: what SEARCH has found is kept under the name `$`.
    SearchRes: "SEARCHRES";
    /// RFC 5032: OLDER and YOUNGER.
    Within: "WITHIN";
    /// RFC 5258: LIST with options.
    ListExtended: "LIST-EXTENDED";
    /// RFC 5819: LIST with the answers of STATUS.
    ListStatus: "LIST-STATUS";
    /// RFC 6154: LIST says what folders are for.
    SpecialUse: "SPECIAL-USE";
    /// RFC 6154 §3: CREATE says it.
    CreateSpecialUse: "CREATE-SPECIAL-USE";
    /// RFC 8438: STATUS tells the size of a folder.
    StatusSize: "STATUS=SIZE";
    /// RFC 3516: parts of a mail without their encoding.
    Binary: "BINARY";
    /// RFC 6855: names and header fields in UTF-8.
    Utf8Accept: "UTF8=ACCEPT";
    /// RFC 9208: how full the mailbox is, and how full it may be (QUOTA=RES-STORAGE).
    Quota: "QUOTA";
    /// RFC 7889: how large a mail may be that is appended.
    AppendLimit: "APPENDLIMIT";
}

impl Extension {
    /// What belongs to IMAP4rev2 (RFC 9051 appendix E, items 1 to 3; LITERAL- may be LITERAL+).
    pub const OF_REV2: [Extension; 13] = [
        Extension::SaslIr,
        Extension::Enable,
        Extension::Idle,
        Extension::Namespace,
        Extension::UidPlus,
        Extension::Unselect,
        Extension::Move,
        Extension::ESearch,
        Extension::SearchRes,
        Extension::ListExtended,
        Extension::ListStatus,
        Extension::SpecialUse,
        Extension::StatusSize,
    ];
}

/// Which extensions a server offers: a set of them. All by default.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Offer(u32);

impl Offer {
    /// Offers everything.
    pub const ALL: Offer = Offer((1 << Extension::ALL.len()) - 1);
    /// Offers nothing: a server of RFC 3501.
    pub const NONE: Offer = Offer(0);

    /// Whether this one is offered.
    #[must_use]
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

    /// What is left when those are left out that need others which are not there, or are said by others.
    #[must_use]
    pub fn settled(self) -> Offer {
        let mut offer = self;
        if offer.has(Extension::LiteralPlus) {
            offer = offer.without(Extension::LiteralMinus);
        }
        let has_literals = offer.has(Extension::LiteralPlus) || offer.has(Extension::LiteralMinus);
        let has_binary = offer.has(Extension::Binary);
        if !has_literals || !has_binary || !Extension::OF_REV2.into_iter().all(|part| offer.has(part)) {
            offer = offer.without(Extension::Rev2);
        }
        let needs = [
            (Extension::SearchRes, Extension::ESearch),
            (Extension::ListStatus, Extension::ListExtended),
            (Extension::CreateSpecialUse, Extension::SpecialUse),
            (Extension::Utf8Accept, Extension::Enable),
        ];
        needs.into_iter().fold(offer, |offer, (one, other)| if offer.has(other) { offer } else { offer.without(one) })
    }

    /// What is offered, in the order in which CAPABILITY says it.
    pub fn iter(self) -> impl Iterator<Item = Extension> {
        Extension::ALL.into_iter().filter(move |extension| self.has(*extension))
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
