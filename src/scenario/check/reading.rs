//! Who looks into which mailbox, how, and what he does with what he finds.

use std::sync::Arc;

use super::Checker;
use super::hosts::port;
use super::names::WantedAccount;
use crate::agent::mta::Service;
use crate::agent::reader::{Account, Act, Answer, Deed, From, Habits, Keeps, Looks, Protocol, Seals};
use crate::identity::Mailbox;
use crate::sasl::Secret;
use crate::scenario::plan::{AccountPlan, ReadingPlan, Role, TlsDemand, UserPlan};
use crate::scenario::read::Fields;
use crate::scenario::schema::{
    ACTS, ANSWERS, IMAP, POP3, account_settings, answer_settings, folder, imap_settings, pop3_settings,
};
use crate::scenario::tree::{Kind, Node};
use crate::sim::{Duration, Instant};
use crate::store::INBOX;
use crate::trace::HostId;

/// How often a program looks, where nothing else is said.
const USUAL_WAIT: Duration = Duration::from_mins(5);

impl Checker {
    /// How a user's machine takes mail out of mailboxes.
    pub(super) fn reading(&mut self, id: HostId, fields: &Fields<'_>, user: &UserPlan) -> ReadingPlan {
        let mut plan = ReadingPlan::default();
        for node in fields.items(&mut self.r, "fetches", "mailboxes to look into") {
            let Some(account) = self.r.variant(node, "a way to take mail out", &[&POP3, &IMAP]) else { continue };
            let Some(account) = self.account(fields, &account, user) else { continue };
            if let Some(server) = account.server {
                let place = plan.accounts.len();
                self.names.wanted_accounts.push(WantedAccount { user: id, server, place, span: node.span.clone() });
            }
            plan.accounts.push(account);
        }
        plan.acts = self.acts(fields, user);
        plan.offline = self.offline(fields);
        let lone = ["does", "offline"].into_iter().find_map(|name| fields.get(name));
        if let (true, Some(node)) = (fields.get("fetches").is_none(), lone) {
            let d = self.r.at(&node.span, "missing-field", "this machine looks into no mailbox").label("has no effect");
            self.r.push(d.help("add fetches: [ Imap(from: \"mx.blue.example\") ]"));
        }
        plan
    }

    fn account(&mut self, user_fields: &Fields<'_>, fields: &Fields<'_>, user: &UserPlan) -> Option<AccountPlan> {
        let protocol = if fields.shape.name == POP3.name { Protocol::Pop3 } else { Protocol::Imap };
        let mailbox = match fields.get("mailbox") {
            Some(node) => self.r.mailbox(node)?,
            None => user.mailboxes.first()?.clone(),
        };
        let server = self.fetched_from(fields)?;
        let (port, implicit_tls) = self.reading_port(fields, protocol, server);
        let login = self.reading_login(user_fields, fields, &mailbox)?;
        let tls = match (user_fields.get("tls").is_some(), implicit_tls || server.is_none()) {
            (false, true) => TlsDemand::Verified,
            _ => user.sending.tls,
        };
        // The name of the server is put in when the world is built.
        let from = match server {
            Some(_) => From::Host { name: mailbox.to_domain(), port, implicit_tls },
            None => From::Domain(mailbox.to_domain()),
        };
        let looks = match protocol {
            Protocol::Pop3 => Looks::Every(USUAL_WAIT),
            Protocol::Imap => Looks::Idle { otherwise: USUAL_WAIT },
        };
        let seals = match tls {
            TlsDemand::Never => Seals::Never,
            TlsDemand::IfOffered => Seals::IfOffered,
            TlsDemand::Required | TlsDemand::Verified => Seals::Required,
        };
        let mut account = Account {
            mailbox,
            protocol,
            from,
            login,
            seals,
            plain_text_logins: user.sending.courier.client.plain_text_logins,
            looks,
            keeps: Keeps::Leave,
            folders: vec![Arc::from(INBOX)],
            whole: true,
            habits: Habits::default(),
        };
        self.ways(user_fields, fields, user, &mut account)?;
        Some(AccountPlan { server, tls, account })
    }

    /// When it looks, what it fetches, and what the person does then.
    fn ways(
        &mut self,
        user_fields: &Fields<'_>,
        fields: &Fields<'_>,
        user: &UserPlan,
        account: &mut Account,
    ) -> Option<()> {
        account_settings(&mut self.r, fields, account);
        if let Some(node) = fields.get("answers") {
            let mut answer = Answer { after: Duration::from_mins(1), text: "Thank you!".into() };
            let written = self.r.fields(node, &ANSWERS)?;
            answer_settings(&mut self.r, &written, &mut answer);
            account.habits.answers = Some(answer);
            self.needs_server_to_answer(user, node);
        }
        let is_imap = account.protocol == Protocol::Imap;
        if is_imap {
            imap_settings(&mut self.r, fields, account);
            let others = fields.items(&mut self.r, "folders", "folders");
            let others = others.iter().filter_map(|node| folder(&mut self.r, node));
            account.folders.extend(others.filter(|name| !name.eq_ignore_ascii_case(INBOX)));
        } else {
            pop3_settings(&mut self.r, fields, account);
        }
        if account.habits.reads_after.is_some() || user_fields.get("does").is_some() {
            return Some(());
        }
        let after_reading: &[&str] = if is_imap { &["answers", "deletes", "files"] } else { &["answers", "deletes"] };
        if let Some(node) = after_reading.iter().find_map(|name| fields.get(name)) {
            let d = self.r.at(&node.span, "missing-field", "this happens to mail that was read, and nobody reads it");
            self.r.push(d.label("has no effect").help("add reads: \"1min\""));
        }
        Some(())
    }

    /// A server by its name, or whichever the domain names.
    fn fetched_from(&mut self, fields: &Fields<'_>) -> Option<Option<HostId>> {
        let node = fields.get("from")?;
        let Kind::Name(name) = &node.kind else { return self.mta_host(node).map(Some) };
        if name != "Discover" {
            return self.r.choice(node, "a way to find a server (a host is written in quotes)", &[("Discover", None)]);
        }
        if let Some(port) = fields.get("port") {
            let message = "the port of a server that is looked up stands in the DNS, too";
            let d = self.r.at(&port.span, "contradiction", message).label("has no effect");
            let d = d.also(node.span.clone(), "looked up here");
            self.r.push(d.help("leave the port out, or name the server"));
        }
        Some(None)
    }

    /// Its port, and whether TLS begins with the first byte there.
    fn reading_port(&mut self, fields: &Fields<'_>, protocol: Protocol, server: Option<HostId>) -> (u16, bool) {
        let (open, sealed) = match protocol {
            Protocol::Pop3 => (Service::Pop3, Service::Pop3s),
            Protocol::Imap => (Service::Imap, Service::Imaps),
        };
        let listens = server.and_then(|server| self.names.listens.get(&server)).cloned().unwrap_or_default();
        let serves = |service: Service| listens.iter().find(|(_, s)| *s == service).map(|(port, _)| *port);
        let Some(node) = fields.get("port") else {
            return match (serves(sealed), serves(open)) {
                (Some(port), _) => (port, true),
                (None, Some(port)) => (port, false),
                (None, None) => (protocol.port(false), false),
            };
        };
        let Some(port) = port(&mut self.r, node) else { return (protocol.port(false), false) };
        let service = listens.iter().find(|(known, _)| *known == port).map(|(_, service)| *service);
        match service {
            Some(service) if service == sealed => (port, true),
            Some(service) if service == open => (port, false),
            _ => {
                if server.is_some() && !self.names.holes {
                    let message = format!("this server does not serve {} at port {port}", protocol.name());
                    let d = self.r.at(&node.span, "unknown-port", message).label("not in its `listens`");
                    self.r.push(d.help(format!(
                        "the usual ports are {} and {}",
                        protocol.port(false),
                        protocol.port(true)
                    )));
                }
                (port, port == protocol.port(true))
            }
        }
    }

    /// Whom it logs in as.
    fn reading_login(
        &mut self,
        user: &Fields<'_>,
        fields: &Fields<'_>,
        mailbox: &Mailbox,
    ) -> Option<(Arc<str>, Secret)> {
        let name = match fields.get("login").or_else(|| user.get("login")) {
            Some(node) => self.r.text(node)?.to_owned(),
            None => mailbox.as_str().to_owned(),
        };
        let Some(node) = fields.get("password").or_else(|| user.get("password")) else {
            let d = self.r.at(&fields.span, "missing-field", "nobody takes mail out of a mailbox without a password");
            self.r.push(d.label("with which one?").help("add password: \"sesame\""));
            return None;
        };
        Some((Arc::from(name), Secret::from(self.r.text(node)?)))
    }

    fn needs_server_to_answer(&mut self, user: &UserPlan, node: &Node) {
        if user.submits_to.is_none() {
            let d = self.r.at(&node.span, "missing-field", "answers are mail, and this User hands mail to no server");
            self.r.push(d.label("handed to whom?").help("add submits_to: \"mail.green.example\" to the User"));
        }
    }

    fn acts(&mut self, fields: &Fields<'_>, user: &UserPlan) -> Vec<Act> {
        let mut acts = Vec::new();
        for node in fields.items(&mut self.r, "does", "things to do") {
            let Some(act) = self.r.variant(node, "something to do with mail", ACTS) else { continue };
            let at = act.opt("at", |node| self.r.time(node));
            self.within_run(act.get("at"), at.unwrap_or(Instant::ZERO));
            let subject = act.opt("subject", |node| self.r.line(node, 500)).map(Arc::from);
            let what = match act.shape.name {
                "Read" => Some(Deed::Read),
                "Unread" => Some(Deed::Unread),
                "Flag" => Some(Deed::Flag),
                "Delete" => Some(Deed::Delete),
                "Move" => act.opt("to", |node| folder(&mut self.r, node)).map(Deed::Move),
                _ => {
                    self.needs_server_to_answer(user, node);
                    Some(Deed::Answer(act.or("text", "Thank you!", |node| self.r.text(node)).into()))
                }
            };
            acts.extend(at.zip(what).map(|(at, what)| Act { at, subject, what }));
        }
        acts.sort_by_key(|act| act.at);
        acts
    }

    fn offline(&mut self, fields: &Fields<'_>) -> Vec<(Instant, Instant)> {
        let mut times: Vec<(Instant, Instant)> = Vec::new();
        for node in fields.items(&mut self.r, "offline", "times") {
            let Kind::Tuple(None, items) = &node.kind else {
                let _: Option<()> = self.r.wrong_type(node, "(from, to)");
                continue;
            };
            let [from, to] = items.as_slice() else {
                let _: Option<()> = self.r.wrong_type(node, "(from, to)");
                continue;
            };
            let (Some(begin), Some(end)) = (self.r.time(from), self.r.time(to)) else { continue };
            if end <= begin {
                let _: Option<()> = self.r.bad_value(&to.span, "it ends before it begins", "expected a later time");
                continue;
            }
            if times.last().is_some_and(|(_, last)| *last > begin) {
                let label = "expected times one after the other";
                let _: Option<()> =
                    self.r.bad_value(&node.span, "this begins before the one in front of it ends", label);
                continue;
            }
            self.within_run(Some(from), begin);
            times.push((begin, end));
        }
        times
    }

    /// Holds accounts against their servers.
    pub(super) fn who_reads_where(&mut self) {
        for wanted in std::mem::take(&mut self.names.wanted_accounts) {
            let Role::User(user) = &self.plan.hosts[wanted.user.0 as usize].role else { continue };
            let Some(AccountPlan { account, .. }) = user.reading.accounts.get(wanted.place) else { continue };
            let Role::Mta(mta) = &self.plan.hosts[wanted.server.0 as usize].role else { continue };
            let name = &self.names.hosts[wanted.server.0 as usize].name;
            let serves = match account.protocol {
                Protocol::Pop3 => [Service::Pop3, Service::Pop3s],
                Protocol::Imap => [Service::Imap, Service::Imaps],
            };
            let protocol = account.protocol.name();
            let files = mta.domains.iter().find(|local| local.domain == account.mailbox.to_domain());
            let has_mailbox = files.is_some_and(|local| {
                local.catch_all || local.mailboxes.iter().any(|l| l.eq_ignore_ascii_case(account.mailbox.local_part()))
            });
            let d = |code, message: String| self.r.at(&wanted.span, code, message);
            let told = if files.is_none() {
                let message = format!("`{name}` files no mail for `{}`", account.mailbox.domain());
                let help = "name the server that has it in `domains`";
                d("wrong-host", message).label("whose mailbox is where?").help(help)
            } else if !has_mailbox {
                let message = format!("there is no mailbox `{}` at `{name}`", account.mailbox);
                d("unknown-mailbox", message).label("nothing to look into")
            } else if mta.accounts.is_none() {
                let help = format!("add accounts: {{ \"{}\": \"sesame\" }} to `{name}`", account.login.0);
                d("missing-field", format!("nobody has an account at `{name}`")).label("nobody can log in").help(help)
            } else if !mta.listens.iter().any(|(_, service)| serves.contains(service)) {
                let help = format!(
                    "add {}: {} to its `listens`",
                    account.protocol.port(false),
                    if protocol == "POP3" { "Pop3" } else { "Imap" }
                );
                d("no-service", format!("`{name}` does not serve {protocol}")).label("nobody answers there").help(help)
            } else {
                continue;
            };
            if !self.names.holes {
                self.r.push(told);
            }
        }
    }
}
