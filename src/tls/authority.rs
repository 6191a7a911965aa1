//! A certificate authority (RFC 5280), and what it signs: all of it follows from random bytes that are given in.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, SanType, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;

use crate::sim::Stream;

/// From when to when a certificate is valid, in Unix seconds; both belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub from_unix_secs: i64,
    /// The last second.
    pub to_unix_secs: i64,
}

/// A certificate, those between it and a root, and its key.
#[derive(Debug)]
pub(super) struct Certified {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// An authority that signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// An authority of this name, whose key is drawn from `random`.
    ///
    /// # Panics
    /// Never: what `rcgen` refuses (names that are no ASCII, keys of other kinds) is not handed to it.
    #[must_use]
    pub fn new(name: &str, validity: Validity, random: &mut Stream) -> Authority {
        let key = key(random);
        let mut params = params(validity, random);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = params.self_signed(&key).expect("a root certificate can be made").into();
        Authority { issuer: Issuer::new(params, key), root }
    }

    /// Its own certificate, which a client trusts or not.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    pub(super) fn anchor(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// A certificate for these names, with a key of its own.
    pub(super) fn certify(&self, names: &[&str], validity: Validity, random: &mut Stream) -> Certified {
        let key = key(random);
        let leaf = leaf(names, validity, random).signed_by(&key, &self.issuer).expect("a certificate can be signed");
        Certified { chain: vec![leaf.into()], key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
    }
}

/// A certificate that nobody has signed but itself.
pub(super) fn self_signed(names: &[&str], validity: Validity, random: &mut Stream) -> Certified {
    let key = key(random);
    let leaf = leaf(names, validity, random).self_signed(&key).expect("a certificate can be signed");
    Certified { chain: vec![leaf.into()], key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
}

fn leaf(names: &[&str], validity: Validity, random: &mut Stream) -> CertificateParams {
    let mut params = params(validity, random);
    // RFC 9525 §2: the names are alternative names; what stands in the subject is for people.
    if let Some(first) = names.first() {
        params.distinguished_name.push(DnType::CommonName, *first);
    }
    params.subject_alt_names = names.iter().filter_map(|name| alternative_name(name)).collect();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

/// A name, or the address in a literal such as `[192.0.2.1]`.
fn alternative_name(name: &str) -> Option<SanType> {
    match name.trim_matches(['[', ']']).parse() {
        Ok(address) => Some(SanType::IpAddress(address)),
        Err(_) => Some(SanType::DnsName(name.try_into().ok()?)),
    }
}

fn params(validity: Validity, random: &mut Stream) -> CertificateParams {
    let time = |unix_secs| OffsetDateTime::from_unix_timestamp(unix_secs).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    // RFC 5280 §4.1.2.2: positive, 20 octets at most.
    let serial = (random.bits() >> 1 | 1 << 62).to_be_bytes();
    let mut params = CertificateParams::default();
    params.not_before = time(validity.from_unix_secs);
    params.not_after = time(validity.to_unix_secs);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    params
}

/// An Ed25519 key (RFC 8410 §7: what stands before the 32 octets is always the same). Its signatures need no randomness.
fn key(random: &mut Stream) -> KeyPair {
    const HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let mut der = [0; 48];
    der[..16].copy_from_slice(&HEAD);
    random.fill(&mut der[16..]);
    let der = PrivatePkcs8KeyDer::from(&der[..]);
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ED25519).expect("32 octets are an Ed25519 key")
}
