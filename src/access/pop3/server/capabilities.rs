//! CAPA (RFC 2449 §5).

use super::{Session, command};

impl Session {
    /// What can be done in AUTHORIZATION is listed in both states, as RFC 2449 §5 asks; what it comes to depends on whether the
    /// connection is sealed.
    pub(super) fn do_capa(&mut self, arguments: Option<&[u8]>) -> Option<()> {
        command::nothing(arguments)?;
        let config = &self.server.config;
        let mut lines = vec!["TOP".to_owned(), "UIDL".into(), "RESP-CODES".into()];
        // RFC 3206 §6.
        lines.push("AUTH-RESP-CODE".into());
        lines.push("PIPELINING".into());
        // RFC 2595 §4: not over TLS.
        if self.offers_tls && !self.sealed {
            lines.push("STLS".into());
        }
        if self.logins_are_open() {
            lines.push("USER".into());
            let names: String = self.mechanisms().map(|mechanism| format!(" {mechanism}")).collect();
            if !names.is_empty() {
                lines.push(format!("SASL{names}"));
            }
        }
        if config.utf8 {
            // RFC 6856 §2.2: names and passwords may be UTF-8, too; they are prepared (RFC 4013).
            lines.push("UTF8 USER".into());
        }
        let implementation = config.implementation.replace(['\r', '\n'], " ");
        if !implementation.is_empty() {
            lines.push(format!("IMPLEMENTATION {implementation}"));
        }
        self.answer("+OK Capability list follows");
        lines.iter().for_each(|line| self.say(line));
        self.say(".");
        Some(())
    }
}
