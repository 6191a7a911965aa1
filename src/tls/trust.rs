//! Whether a client believes a certificate.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::facts::Defect;
use super::scene;

/// Looks at each certificate and says what it found; whether that ends the handshake is the client's choice.
#[derive(Debug)]
pub(super) struct Checker {
    pub(super) by: Arc<WebPkiServerVerifier>,
    /// Whether a defect ends the handshake. RFC 7435 §3: who would also speak in plain text has nothing to gain from that.
    pub(super) strict: bool,
}

impl ServerCertVerifier for Checker {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = self.by.verify_server_cert(leaf, between, name, ocsp, now);
        let verdict = found.as_ref().map(|_| ()).map_err(|error| defect(error, leaf));
        let _ = scene::with(|scene| scene.verdict = Some(verdict));
        if self.strict { found } else { Ok(ServerCertVerified::assertion()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by.supported_verify_schemes()
    }
}

/// What is wrong, in the words of this program.
fn defect(error: &Error, leaf: &CertificateDer<'_>) -> Defect {
    let Error::InvalidCertificate(error) = error else { return Defect::Other(error.to_string().into()) };
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            Defect::Expired { secs: time.as_secs().saturating_sub(not_after.as_secs()) }
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            Defect::NotYetValid { secs: not_before.as_secs().saturating_sub(time.as_secs()) }
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            // As webpki writes them: `DnsName("mx.example")`.
            let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
            Defect::OtherName { names: presented.iter().map(bare).collect() }
        }
        CertificateError::UnknownIssuer if is_self_signed(leaf) => Defect::SelfSigned,
        CertificateError::UnknownIssuer => Defect::UntrustedIssuer,
        other => Defect::Other(other.to_string().into()),
    }
}

fn is_self_signed(leaf: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(leaf).is_ok_and(|cert| cert.issuer() == cert.subject())
}
