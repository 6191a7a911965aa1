//! Writing the text of a scenario, part by part.

use std::fmt::{Display, Write as _};

use super::Amounts;

/// A scenario in the making.
pub(super) struct Text {
    head: String,
    run_for: String,
    hosts: String,
    links: String,
    mail: String,
    rest: String,
}

impl Text {
    /// An empty scenario.
    pub(super) fn new(title: &str, amounts: &Amounts) -> Text {
        let head = format!("    title: \"{title}\",\n    seed: {},\n    keep_mail: false,\n", amounts.seed);
        let run_for = "3650d".to_owned();
        Text { head, run_for, hosts: String::new(), links: String::new(), mail: String::new(), rest: String::new() }
    }

    /// A person's machine that hands mail to `server`.
    pub(super) fn user(&mut self, name: impl Display, mailbox: impl Display, server: impl Display, more: &str) {
        self.host(name, format_args!("User(mailbox: \"{mailbox}\", submits_to: \"{server}\"{more})"));
    }

    /// A person's machine that looks into `mailbox`.
    pub(super) fn reader(&mut self, name: impl Display, mailbox: impl Display, more: &str) {
        self.host(name, format_args!("User(mailbox: \"{mailbox}\", {more})"));
    }

    /// How long it runs at the most: who looks into a mailbox never ends.
    pub(super) fn runs_for(&mut self, seconds: u64) {
        self.run_for = format!("{seconds}s");
    }

    /// A server with one domain and the mailbox `bob`.
    pub(super) fn server(&mut self, name: impl Display, domain: impl Display, more: &str) {
        let takes = "max_size: \"200MiB\", retry: Postfix";
        self.host(name, format_args!("Mta(domains: [\"{domain}\"], mailboxes: [\"bob\"], {takes}{more})"));
    }

    fn host(&mut self, name: impl Display, role: impl Display) {
        let _ = writeln!(self.hosts, "        \"{name}\": {role},");
    }

    /// A link; `spec` is a preset or its numbers.
    pub(super) fn link(&mut self, a: impl Display, b: impl Display, spec: &str) {
        let _ = writeln!(self.links, "        (\"{a}\", \"{b}\", {spec}),");
    }

    /// `count` mails, the first at `at_us` microseconds, then one every `every_us`. None where `count` is 0.
    pub(super) fn mail(
        &mut self,
        from: impl Display,
        to: impl Display,
        (at_us, every_us, count): (u64, u64, u64),
        size_bytes: u64,
    ) {
        if count > 0 {
            let _ = writeln!(
                self.mail,
                "        (at: \"{at_us}us\", from: \"{from}\", to: [\"{to}\"], size: \"{size_bytes}B\", count: {count}, \
                 every: \"{every_us}us\"),"
            );
        }
    }

    /// Any other field.
    pub(super) fn field(&mut self, text: &str) {
        let _ = writeln!(self.rest, "    {text},");
    }

    /// The whole file.
    pub(super) fn finish(self) -> String {
        let Text { head, run_for, hosts, links, mail, rest } = self;
        let mail = if mail.is_empty() { String::new() } else { format!("    mail: [\n{mail}    ],\n") };
        format!(
            "(\n{head}    run_for: \"{run_for}\",\n    hosts: {{\n{hosts}    }},\n    links: [\n{links}    ],\n{mail}{rest})\n"
        )
    }
}
