//! The four messages as text (RFC 5802 §7).

use data_encoding::BASE64;

use super::keys::TAG_OCTETS;

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sasl) enum BadMessage {
    /// It does not have the form of RFC 5802 §7.
    Malformed,
    /// It demands an extension (`m=`). None is known, so it fails (RFC 5802 §5.1).
    Extension,
    /// It demands a proof that is bound to the connection (`p=`), and no mechanism with `-PLUS` was offered (RFC 5802 §6).
    ChannelBinding,
}

/// The word of a client that does not bind (RFC 5802 §7: `gs2-cbind-flag`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sasl) enum Binding {
    /// `n`: it cannot.
    No,
    /// `y`: it could, and believes that the server cannot. A server that offers no mechanism with `-PLUS` goes on
    /// (RFC 5802 §6); one that does would know that somebody has changed its offer.
    Unoffered,
}

/// `client-first-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sasl) struct ClientFirst {
    pub(in crate::sasl) binding: Binding,
    /// Who to act as; empty: as oneself.
    pub(in crate::sasl) authzid: String,
    pub(in crate::sasl) user: String,
    /// The client's part of the nonce.
    pub(in crate::sasl) nonce: String,
}

impl ClientFirst {
    /// `gs2-header`, with its last comma: what `c=` has to repeat.
    pub(in crate::sasl) fn header(&self) -> String {
        let flag = match self.binding {
            Binding::No => "n",
            Binding::Unoffered => "y",
        };
        match self.authzid.as_str() {
            "" => format!("{flag},,"),
            authzid => format!("{flag},a={},", escape(authzid)),
        }
    }

    /// `client-first-message-bare`, without extensions.
    pub(in crate::sasl) fn bare(&self) -> String {
        format!("n={},r={}", escape(&self.user), self.nonce)
    }

    /// Reads the message; gives also its header and the rest of it as they came, for both are part of what is proved.
    pub(in crate::sasl) fn read(message: &[u8]) -> Result<(ClientFirst, &str, &str), BadMessage> {
        let text = text(message)?;
        let (flag, rest) = text.split_once(',').ok_or(BadMessage::Malformed)?;
        let binding = match flag {
            "n" => Binding::No,
            "y" => Binding::Unoffered,
            _ => return Err(bound(flag)),
        };
        let (authzid, bare) = rest.split_once(',').ok_or(BadMessage::Malformed)?;
        let authzid = match authzid {
            "" => String::new(),
            named => unescape(value(Some(named), "a=")?)?,
        };
        let mut parts = bare.split(',');
        let first = parts.next();
        if first.is_some_and(|part| part.starts_with("m=")) {
            return Err(BadMessage::Extension);
        }
        let user = unescape(value(first, "n=")?)?;
        let nonce = nonce(parts.next())?.to_owned();
        extensions(parts)?;
        let header = &text[..text.len() - bare.len()];
        Ok((ClientFirst { binding, authzid, user, nonce }, header, bare))
    }
}

/// `server-first-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sasl) struct ServerFirst {
    /// Both parts of the nonce.
    pub(in crate::sasl) nonce: String,
    pub(in crate::sasl) salt: Vec<u8>,
    /// A larger number than fits is the largest.
    pub(in crate::sasl) iterations: u32,
}

impl ServerFirst {
    pub(in crate::sasl) fn write(&self) -> String {
        format!("r={},s={},i={}", self.nonce, BASE64.encode(&self.salt), self.iterations)
    }

    pub(in crate::sasl) fn read(message: &[u8]) -> Result<ServerFirst, BadMessage> {
        let mut parts = text(message)?.split(',');
        let first = parts.next();
        if first.is_some_and(|part| part.starts_with("m=")) {
            return Err(BadMessage::Extension);
        }
        let nonce = nonce(first)?.to_owned();
        let salt = octets(value(parts.next(), "s=")?)?;
        let digits = value(parts.next(), "i=")?;
        if digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadMessage::Malformed);
        }
        extensions(parts)?;
        Ok(ServerFirst { nonce, salt, iterations: digits.parse().unwrap_or(u32::MAX) })
    }
}

/// `client-final-message-without-proof`.
pub(in crate::sasl) fn client_final_without_proof(header: &str, nonce: &str) -> String {
    format!("c={},r={nonce}", BASE64.encode(header.as_bytes()))
}

/// `client-final-message`.
pub(in crate::sasl) fn with_proof(without_proof: &str, proof: &[u8; TAG_OCTETS]) -> String {
    format!("{without_proof},p={}", BASE64.encode(proof))
}

/// `client-final-message`, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sasl) struct ClientFinal<'a> {
    /// What is in `c=`: the header again, and the data of a channel binding.
    pub(in crate::sasl) binding: Vec<u8>,
    pub(in crate::sasl) nonce: &'a str,
    /// The message up to the proof, as it came.
    pub(in crate::sasl) without_proof: &'a str,
    pub(in crate::sasl) proof: [u8; TAG_OCTETS],
}

impl<'a> ClientFinal<'a> {
    pub(in crate::sasl) fn read(message: &'a [u8]) -> Result<ClientFinal<'a>, BadMessage> {
        let (without_proof, proof) = text(message)?.rsplit_once(",p=").ok_or(BadMessage::Malformed)?;
        let mut parts = without_proof.split(',');
        let binding = octets(value(parts.next(), "c=")?)?;
        let nonce = nonce(parts.next())?;
        extensions(parts)?;
        Ok(ClientFinal { binding, nonce, without_proof, proof: tag(proof)? })
    }
}

/// `server-final-message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sasl) enum ServerFinal {
    /// `e=`: the server refuses, and says why.
    Error(String),
    /// `v=`: the server proves that it knows the keys.
    Signature([u8; TAG_OCTETS]),
}

impl ServerFinal {
    pub(in crate::sasl) fn write(&self) -> String {
        match self {
            ServerFinal::Error(word) => format!("e={word}"),
            ServerFinal::Signature(tag) => format!("v={}", BASE64.encode(tag)),
        }
    }

    pub(in crate::sasl) fn read(message: &[u8]) -> Result<ServerFinal, BadMessage> {
        let mut parts = text(message)?.split(',');
        let first = parts.next();
        let read = match value(first, "e=") {
            Ok(word) => ServerFinal::Error(word.to_owned()),
            Err(_) => ServerFinal::Signature(tag(value(first, "v=")?)?),
        };
        extensions(parts)?;
        Ok(read)
    }
}

/// UTF-8 without NUL, which no part of a message may have.
fn text(message: &[u8]) -> Result<&str, BadMessage> {
    let text = std::str::from_utf8(message).map_err(|_| BadMessage::Malformed)?;
    if text.contains('\0') { Err(BadMessage::Malformed) } else { Ok(text) }
}

/// What stands behind `name` (with its equals sign) in a part; at least one character.
fn value<'a>(part: Option<&'a str>, name: &str) -> Result<&'a str, BadMessage> {
    part.and_then(|part| part.strip_prefix(name)).filter(|value| !value.is_empty()).ok_or(BadMessage::Malformed)
}

fn nonce(part: Option<&str>) -> Result<&str, BadMessage> {
    let nonce = value(part, "r=")?;
    if nonce.bytes().all(|b| b.is_ascii_graphic()) { Ok(nonce) } else { Err(BadMessage::Malformed) }
}

fn octets(base64: &str) -> Result<Vec<u8>, BadMessage> {
    BASE64.decode(base64.as_bytes()).map_err(|_| BadMessage::Malformed)
}

fn tag(base64: &str) -> Result<[u8; TAG_OCTETS], BadMessage> {
    octets(base64)?.try_into().map_err(|_| BadMessage::Malformed)
}

/// Parts that may follow: a letter, an equals sign and a value. Unknown ones are ignored, but for `m` (RFC 5802 §5.1).
fn extensions<'a>(parts: impl Iterator<Item = &'a str>) -> Result<(), BadMessage> {
    for part in parts {
        match part.as_bytes() {
            [b'm', b'=', ..] => return Err(BadMessage::Extension),
            [letter, b'=', _, ..] if letter.is_ascii_alphabetic() => {}
            _ => return Err(BadMessage::Malformed),
        }
    }
    Ok(())
}

/// What is wrong with a flag that is neither `n` nor `y`: `p=` and the name of a binding has the right form.
fn bound(flag: &str) -> BadMessage {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if flag.strip_prefix("p=").is_some_and(is_name) { BadMessage::ChannelBinding } else { BadMessage::Malformed }
}

/// A name as `saslname`: comma and equals sign are written as `=2C` and `=3D`.
fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Reads a `saslname`. An equals sign that begins anything but those two is an error (RFC 5802 §5.1).
fn unescape(name: &str) -> Result<String, BadMessage> {
    let mut pieces = name.split('=');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (sign, rest) = match (piece.strip_prefix("2C"), piece.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(BadMessage::Malformed),
        };
        out.push(sign);
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first(binding: Binding, authzid: &str, user: &str, nonce: &str) -> ClientFirst {
        ClientFirst { binding, authzid: authzid.into(), user: user.into(), nonce: nonce.into() }
    }

    #[test]
    fn first_messages_of_clients() {
        use BadMessage::*;
        let cases: &[(&str, Result<ClientFirst, BadMessage>)] = &[
            // RFC 5802 §5.
            ("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", Ok(first(Binding::No, "", "user", "fyko+d2lbbFgONRv9qkxdawL"))),
            ("y,,n=user,r=x", Ok(first(Binding::Unoffered, "", "user", "x"))),
            ("n,a=Ursel,n=Kurt,r=x", Ok(first(Binding::No, "Ursel", "Kurt", "x"))),
            ("n,a=a=2Cb,n=c=3Dd=2C,r=x", Ok(first(Binding::No, "a,b", "c=d,", "x"))),
            ("n,,n=user,r=x,e=1,Z==", Ok(first(Binding::No, "", "user", "x"))),
            ("p=tls-unique,,n=user,r=x", Err(ChannelBinding)),
            ("p=tls-server-end-point,a=u,n=user,r=x", Err(ChannelBinding)),
            ("p=,,n=user,r=x", Err(Malformed)),
            ("p,,n=user,r=x", Err(Malformed)),
            ("p=a_b,,n=user,r=x", Err(Malformed)),
            ("F,n,,n=user,r=x", Err(Malformed)),
            ("N,,n=user,r=x", Err(Malformed)),
            ("", Err(Malformed)),
            ("n", Err(Malformed)),
            ("n,", Err(Malformed)),
            ("n,,", Err(Malformed)),
            ("n,,n=user", Err(Malformed)),
            ("n,,n=,r=x", Err(Malformed)),
            ("n,,n=user,r=", Err(Malformed)),
            ("n,,n=user,r=ä", Err(Malformed)),
            ("n,,n=us\0er,r=x", Err(Malformed)),
            ("n,,r=x,n=user", Err(Malformed)),
            ("n,user,n=user,r=x", Err(Malformed)),
            ("n,a=,n=user,r=x", Err(Malformed)),
            ("n,,n=a=2cb,r=x", Err(Malformed)),
            ("n,,n=a=,r=x", Err(Malformed)),
            ("n,,n=a=b,r=x", Err(Malformed)),
            ("n,,m=x,n=user,r=x", Err(Extension)),
            ("n,,n=user,r=x,m=1", Err(Extension)),
            ("n,,n=user,r=x,", Err(Malformed)),
            ("n,,n=user,r=x,1=a", Err(Malformed)),
            ("n,,n=user,r=x,a=", Err(Malformed)),
        ];
        for (message, expected) in cases {
            let read = ClientFirst::read(message.as_bytes());
            assert_eq!(read.map(|(first, _, _)| first), *expected, "{message:?}");
        }
        let (read, header, bare) = ClientFirst::read(b"n,a=b,n=user,r=x,e=1").unwrap();
        assert_eq!((header, bare), ("n,a=b,", "n=user,r=x,e=1"));
        assert_eq!((read.header(), read.bare()), ("n,a=b,".into(), "n=user,r=x".into()));
    }

    #[test]
    fn first_messages_of_servers() {
        use BadMessage::*;
        let some =
            |nonce: &str, iterations| Ok(ServerFirst { nonce: nonce.into(), salt: b"salt".to_vec(), iterations });
        let cases: &[(&str, Result<ServerFirst, BadMessage>)] = &[
            ("r=xy,s=c2FsdA==,i=4096", some("xy", 4096)),
            ("r=xy,s=c2FsdA==,i=1,q=1", some("xy", 1)),
            ("r=xy,s=c2FsdA==,i=99999999999", some("xy", u32::MAX)),
            ("r=xy,s=c2FsdA==,i=0", Err(Malformed)),
            ("r=xy,s=c2FsdA==,i=04096", Err(Malformed)),
            ("r=xy,s=c2FsdA==,i=+4", Err(Malformed)),
            ("r=xy,s=c2FsdA==,i=", Err(Malformed)),
            ("r=xy,s=c2FsdA==", Err(Malformed)),
            ("r=xy,s=c2FsdA,i=4096", Err(Malformed)),
            ("r=xy,s=,i=4096", Err(Malformed)),
            ("s=c2FsdA==,r=xy,i=4096", Err(Malformed)),
            ("m=x,r=xy,s=c2FsdA==,i=4096", Err(Extension)),
            ("r=xy,s=c2FsdA==,i=4096,m=x", Err(Extension)),
            ("e=other-error", Err(Malformed)),
        ];
        for (message, expected) in cases {
            assert_eq!(ServerFirst::read(message.as_bytes()), *expected, "{message:?}");
        }
    }

    #[test]
    fn last_messages() {
        use BadMessage::*;
        let tag = BASE64.encode(&[7; TAG_OCTETS]);
        let message = format!("c=biws,r=xy,q=1,p={tag}");
        let read = ClientFinal::read(message.as_bytes()).unwrap();
        assert_eq!((&read.binding[..], read.nonce, read.without_proof), (&b"n,,"[..], "xy", "c=biws,r=xy,q=1"));
        assert_eq!(with_proof(read.without_proof, &read.proof), message);
        let wrong = [
            ("c=biws,r=xy".to_owned(), Malformed),
            ("c=biws,r=xy,p=AAAA".to_owned(), Malformed),
            (format!("c=biw,r=xy,p={tag}"), Malformed),
            (format!("r=xy,c=biws,p={tag}"), Malformed),
            (format!("c=biws,r=xy,p={tag},q=1"), Malformed),
            (format!("c=biws,r=xy,m=1,p={tag}"), Extension),
        ];
        for (message, expected) in wrong {
            assert_eq!(ClientFinal::read(message.as_bytes()), Err(expected), "{message}");
        }

        for last in [ServerFinal::Error("invalid-proof".into()), ServerFinal::Signature([7; TAG_OCTETS])] {
            assert_eq!(ServerFinal::read(last.write().as_bytes()), Ok(last));
        }
        for message in ["", "v=", "e=", "v=AAAA", "x=1"] {
            assert_eq!(ServerFinal::read(message.as_bytes()), Err(Malformed), "{message}");
        }
    }

    proptest! {
        #[test]
        fn names_survive(user in "[^\0]{1,20}", authzid in "[^\0]{0,20}") {
            let written = first(Binding::No, &authzid, &user, "x");
            let message = written.header() + &written.bare();
            let (read, header, bare) = ClientFirst::read(message.as_bytes()).unwrap();
            prop_assert_eq!((header, bare), (&*written.header(), &*written.bare()));
            prop_assert_eq!(read, written);
        }
    }
}
