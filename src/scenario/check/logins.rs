//! Who can log in where, and as whom.

use std::sync::Arc;

use super::Checker;
use crate::agent::mta::Service;
use crate::sasl::{Accounts, Login, Mechanism, Mechanisms, ScramConfig, Secret};
use crate::scenario::plan::Role;
use crate::scenario::read::{Fields, Reader, whole};
use crate::scenario::schema::USER;
use crate::scenario::tree::Kind;
use crate::smtp::server;
use crate::trace::HostId;

impl Checker {
    /// Who has an account: names and passwords.
    pub(super) fn accounts(&mut self, id: HostId, fields: &Fields<'_>) -> Option<Arc<Accounts>> {
        let node = fields.get("accounts")?;
        // Each server has salts of its own.
        let seed = self.names.hosts[id.0 as usize].name.as_bytes().to_vec();
        let scram = ScramConfig { seed, ..ScramConfig::default() };
        let mut accounts = Accounts::new(scram);
        for (key, value) in self.r.map(node, "from names to passwords").unwrap_or(&[]) {
            let (Some(name), Some(password)) = (self.r.text(key), self.r.text(value)) else { continue };
            if let Err(why) = accounts.add(name, &Secret::from(password)) {
                let d = self.r.at(&key.span, "bad-account", format!("`{name}` cannot have an account: {why}"));
                self.r.push(d.label("expected a name and a password, such as \"alice@green.example\": \"sesame\""));
            }
        }
        Some(Arc::new(accounts))
    }

    /// How one can log in.
    pub(super) fn mechanisms(&mut self, fields: &Fields<'_>, server: &mut server::Config) {
        if fields.get("mechanisms").is_none() {
            return;
        }
        let names = Mechanism::ALL.map(|mechanism| (word(mechanism), mechanism));
        let nodes = fields.items(&mut self.r, "mechanisms", "SASL mechanisms");
        let read = |node| self.r.choice(node, "a SASL mechanism", &names);
        server.mechanisms = nodes.iter().filter_map(read).collect::<Mechanisms>();
        if let (Some(none), Some(accounts)) = (fields.get("mechanisms"), fields.get("accounts"))
            && matches!(&none.kind, Kind::List(items) if items.is_empty())
        {
            let d = self.r.at(&none.span, "contradiction", "there are accounts, and no way to log in");
            let d = d.label("expected at least one mechanism").also(accounts.span.clone(), "nobody could use them");
            self.r.push(d.help("write mechanisms: [Plain], or leave it out"));
        }
    }

    /// An MTA logs in at its smarthost and nowhere else: without one, these fields are about nobody.
    pub(super) fn needs_smarthost(&mut self, fields: &Fields<'_>) {
        if fields.get("smarthost").is_some() {
            return;
        }
        for name in ["login", "smarthost_port"] {
            if let Some(node) = fields.get(name) {
                let d = self.r.at(&node.span, "missing-field", "this is about a smarthost, and there is none");
                let d = d.label("at which server?");
                self.r.push(d.help("add smarthost: \"smtp.provider.example\""));
            }
        }
    }

    /// Ports of a demand. Something has to be served there, and what is demanded must be there to be had.
    pub(super) fn demanding_ports(
        &mut self,
        fields: &Fields<'_>,
        name: &'static str,
        listens: &[(u16, Service)],
        needs: (&str, &'static str, &'static str),
    ) -> Vec<u16> {
        let mut ports = Vec::new();
        for node in fields.items(&mut self.r, name, "ports") {
            let Some(number) = whole::<u16>(1, 65_535)(&mut self.r, node) else { continue };
            if !listens.iter().any(|(known, _)| *known == number) {
                let d = self.r.at(&node.span, "unknown-port", format!("nothing is served at port {number}"));
                self.r.push(d.label("not in its `listens`"));
            }
            ports.push(number);
        }
        let (needed, why, help) = needs;
        if let (false, Some(node)) = (ports.is_empty(), fields.get(name).filter(|_| fields.get(needed).is_none())) {
            let d = self.r.at(&node.span, "missing-field", why).label("nobody can do that here");
            self.r.push(d.help(help));
        }
        ports
    }
}

/// The word of scenario files.
const fn word(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::ScramSha256 => "ScramSha256",
        Mechanism::CramMd5 => "CramMd5",
        Mechanism::Plain => "Plain",
        Mechanism::Login => "Login",
    }
}

/// Whom a sender logs in as.
pub(super) fn login(r: &mut Reader, fields: &Fields<'_>) -> Option<(Arc<str>, Secret)> {
    let (mut name, password) = (fields.get("login"), fields.get("password"));
    if fields.shape.name == USER.name && name.is_none() && password.is_some() {
        // A person is called as his mailbox is. Who hands no mail in needs the password for his mailbox only.
        name = fields.get("mailbox");
        if fields.get("submits_to").is_none() && fields.get("fetches").is_some() {
            return None;
        }
    }
    let (Some(name), Some(password)) = (name, password) else {
        let (lone, other) = match (name, password) {
            (Some(name), None) => (name, "password: \"sesame\""),
            (None, Some(password)) => (password, "login: \"alice@green.example\""),
            _ => return None,
        };
        let d = r.at(&lone.span, "missing-field", "a login has a name and a password").label("and the other one?");
        r.push(d.help(format!("add {other}")));
        return None;
    };
    let (user, secret) = (r.text(name)?, Secret::from(r.text(password)?));
    if let Err(why) = Login::new(user, &secret) {
        return r.bad_value(
            &name.span,
            format!("nobody can log in with this: {why}"),
            "expected a name and a password",
        );
    }
    Some((user.into(), secret))
}

impl Checker {
    /// Whether a server takes mail of a host because it knows its address. Where there are accounts, people log in.
    pub(super) fn is_known_by_address(&self, server: HostId, client: HostId) -> bool {
        let role = |host: HostId| &self.plan.hosts[host.0 as usize].role;
        let has_accounts = matches!(role(server), Role::Mta(mta) if mta.accounts.is_some());
        let logs_in = match role(client) {
            Role::User(_) => true,
            Role::Mta(mta) => mta.sending.login.is_some(),
            Role::NameServer(_) | Role::Router => false,
        };
        !(has_accounts && logs_in)
    }
}
