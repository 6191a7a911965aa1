//! Hosts as a file says them.

use super::declare::shape;
use crate::agent::courier;
use crate::agent::mta::{ClientName, FullMailbox, LoginSender, Rules, SenderDomain, UnknownUsers};
use crate::net::tcp;
use crate::policy::greylist::{GreylistConfig, Network};
use crate::queue;
use crate::scenario::limits::MAX_MAIL_BYTES;
use crate::scenario::plan::{HostPlan, NameServerPlan, Sending, TlsDemand, TlsVersions, UserPlan};
use crate::scenario::read::{Reader, bytes, flag, length, some, whole, word};
use crate::scenario::tree::Node;
use crate::sim::Duration;
use crate::smtp::framing::BareNewlines;
use crate::smtp::timeouts::Timeouts;
use crate::smtp::{Extension, client, server};

/// The most that may be said to be a limit of sessions: a terabyte.
const MAX_SESSION_BYTES: u64 = 1_000_000_000_000;
const EXTENSIONS: &str = Extension::LIST;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const YEAR: Duration = Duration::from_hours(365 * 24);
/// How long a client may be made to wait.
const WAIT: (Duration, Duration) = (Duration::from_millis(1), DAY);

/// How a TCP behaves.
pub(crate) fn tcp(r: &mut Reader, node: &Node) -> Option<tcp::Config> {
    let names = [
        ("Linux", tcp::Config::default()),
        ("LinuxBefore65", tcp::Config { syn_linear_timeouts: 0, ..tcp::Config::default() }),
        ("Cubic", tcp::Config::cubic()),
        ("Reno", tcp::Config::reno()),
    ];
    r.choice(node, "a TCP", &names)
}

/// One time for every reply.
fn every_reply(r: &mut Reader, node: &Node) -> Option<Timeouts> {
    length(WAIT.0, WAIT.1)(r, node).map(Timeouts::all)
}

/// How much of an address counts.
fn network(r: &mut Reader, node: &Node) -> Option<Network> {
    r.bool(node).map(|by_network| if by_network { Network::Subnet } else { Network::Address })
}

shape! {
    /// What every host can say.
    HOST "every host" into host_settings(host: HostPlan) {
        /// Its IPv4 address. Hosts without one get one by themselves, in the order of the file.
        address: "IPv4 address" = "given out from 192.0.2.0/24, then 10.0.0.0/8",
        /// Whether it has an IPv6 address, too. Then it asks for those of others, and goes there first; where nobody answers, it goes
        /// on to their IPv4 addresses.
        ipv6: "bool" = "false",
        /// How its TCP behaves.
        tcp: "Linux, LinuxBefore65, Cubic or Reno" = "the scenario's" => host.tcp, some(tcp),
        /// The name server that it asks.
        resolver: "host" = "the scenario's",
        /// How far its clock is ahead of the true time; with a minus sign, behind.
        clock: "duration, may be negative" = "\"0s\"",
        /// The zone that its clock shows.
        zone: "zone, such as \"+01:00\"" = "the scenario's",
    }
}

shape! {
    /// How a host speaks when it sends.
    CLIENT "every sender" into client_settings(sending: Sending, courier: courier::Config, client: client::Config) {
        /// Whether it uses PIPELINING where it is offered.
        pipelining: "bool" = "true" => client.pipelining, flag,
        /// Whose times it has: for a connection to open, for each reply, and for each block of content to be taken.
        patience: "Rfc5321, Postfix, Exim, KumoMta, Stalwart or Mox" = "Rfc5321",
        /// How long it waits for a connection to open.
        connect_timeout: "duration" = "that of its patience: 30s, KumoMta 1min, Exim and Stalwart 5min"
            => courier.connect_timeout, length(WAIT.0, WAIT.1),
        /// How long it waits for any reply, and for any block of content to be taken.
        reply_timeout: "duration" = "those of its patience: by RFC 5321, 2 to 10 minutes" => client.timeouts, every_reply,
        /// What it wants of TLS: by STARTTLS (RFC 3207), and at port 465 from the first byte on (RFC 8314). `IfOffered` takes it
        /// where it can be had, with any certificate, and goes on in plain text where it does not work; `Required` hands
        /// nothing over without it; `Verified` wants a certificate for the server's name by an authority that it knows, too.
        tls: "Never, IfOffered, Required or Verified" = "Never; of a User at port 465 or one served as Submissions, or that looks its server up, Verified"
            => sending.tls, word("a demand on TLS", &[
                ("Never", TlsDemand::Never),
                ("IfOffered", TlsDemand::IfOffered),
                ("Required", TlsDemand::Required),
                ("Verified", TlsDemand::Verified),
            ]),
        /// The versions of TLS that it speaks, to servers and to clients.
        tls_versions: "Both, Only12 or Only13" = "Both" => sending.tls_versions, word("versions of TLS", &[
            ("Both", TlsVersions::Both),
            ("Only12", TlsVersions::Only12),
            ("Only13", TlsVersions::Only13),
        ]),
        /// Whether it keeps what servers give it to go on with a session of TLS (RFC 8446 §2.2, RFC 5077); `false`: a whole
        /// handshake for each connection.
        tls_tickets: "bool" = "true" => courier.tls_tickets, flag,
        /// Whether it converts a mail for a server that takes seven bits or short lines only (RFC 6152, section 3): text to quoted-printable,
        /// other parts to base64. Otherwise, and where that may not be done, the mail comes back with 5.6.3. (Postfix,
        /// `disable_mime_output_conversion`.)
        converts: "bool" = "true" => courier.converts, flag,
        /// Whom it logs in as where it hands mail in: a user agent at its server, an MTA at its smarthost (RFC 4954). Without
        /// TLS no password is shown; see `plain_text_logins`.
        login: "login name" = "none; of a User with a password, its mailbox",
        /// The password to that.
        password: "password" = "none",
        /// Whether a password may cross a connection that is not sealed: of a client, that it says one, and of a server, that it
        /// offers to take one (RFC 4954 §4).
        plain_text_logins: "bool" = "false" => client.plain_text_logins, flag,
        /// Whether the host remembers answers of the DNS for as long as their TTL says, as one with systemd-resolved or
        /// an unbound of its own does. Most mail servers remember nothing themselves: with `false`, every question goes
        /// to the name server that the host asks, and only that one remembers.
        dns_cache: "bool" = "true" => sending.dns_cache, flag,
    }
}

shape! {
    /// A person's machine: composes mail and hands it to a server.
    USER "User" also [&CLIENT, &HOST] into user_settings(user: UserPlan, client: client::Config) {
        /// The mailbox of the person.
        mailbox: "mailbox" = "none",
        /// Several people.
        mailboxes: "list of mailboxes" = "[]",
        /// The server that it hands mail to. `Discover` looks it up: the domain of each author names its servers in SRV records
        /// (RFC 6186), `_submissions._tcp` those with TLS from the first byte on and `_submission._tcp` those with STARTTLS. A domain whose zone is
        /// not written names the server that files its mail.
        submits_to: "host, or Discover" = "none: every mail says `via`",
        /// The port there.
        port: "whole number" = "587" => user.port, whole(1, 65_535),
        /// Whether it begins with EHLO rather than HELO.
        esmtp: "bool" = "true" => client.try_esmtp, flag,
        /// The mailboxes that it looks into, each by POP3 or IMAP. A person may have several machines that do; mail that is
        /// written in `mail` is sent from the first that is listed here.
        fetches: "list of Pop3 and Imap" = "[]",
        /// What the person does on this machine with mail that has come, and when.
        does: "list of Read, Unread, Flag, Delete, Move and Answer" = "[]",
        /// When the machine looks into no mailbox, since it is switched off or away from any network: `[(from, to), ..]`.
        offline: "list of (time, time)" = "[]",
    }
}

shape! {
    /// A mail transfer agent: takes mail, keeps it in a queue, passes it on or files it in mailboxes.
    MTA "Mta" also [&CLIENT, &HOST]
    into mta_settings(courier: courier::Config, queue: queue::Config, server: server::Config, rules: Rules) {
        /// The domains that it receives mail for and files mail in. Its own address, as in `bob@[192.0.2.7]`, is another name for the
        /// first of them (RFC 5321 §4.1.3).
        domains: "list of domains" = "[]",
        /// Who has a mailbox: for all its domains, or domain by domain. `postmaster` always has one.
        mailboxes: "list of local parts, or map from domain to such a list" = "[]",
        /// Whether every other name has a mailbox, too.
        catch_all: "bool" = "false",
        /// Domains that it takes mail for and passes on, as a backup MX or a gateway.
        relay_for: "list of domains" = "[]",
        /// Of domains in `relay_for`, who has a mailbox there (`postmaster` always has): mail for others is refused with 550, as by
        /// the server with the mailboxes. Without a list it takes everything (Postfix calls it `relay_recipient_maps`).
        relay_recipients: "map from domain to list of local parts" = "{}: everybody",
        /// Further hosts whose mail it passes on. Users that submit to it, and MTAs whose smarthost or route it is,
        /// are always among them.
        clients: "list of hosts" = "[]",
        /// Who may connect; everybody else is told 554 5.7.1 in the place of the greeting, and nothing but QUIT is welcome then
        /// (RFC 5321 §3.1; "Connection control" of the Windows SMTP service; Postfix, `smtpd_client_restrictions`).
        takes_connections_from: "list of hosts" = "everybody",
        /// Who may not connect, where everybody else may. Not together with the former.
        refuses_connections_from: "list of hosts" = "nobody",
        /// The most connections at a time that it takes, at all its ports together; a further client is told 421 4.3.2 in the
        /// place of the greeting ("Limit number of connections to" of the Windows SMTP service; Exim, `smtp_accept_max`).
        max_connections: "whole number" = "no limit" => rules.max_connections, some(whole(1, 1_000_000)),
        /// The most at a time from one address; a further one is told 421 4.7.0 in the place of the greeting. Those whose
        /// mail it passes on by their address are not counted (Postfix, `smtpd_client_connection_count_limit`, which is 50
        /// there).
        max_connections_per_client: "whole number" = "no limit"
            => rules.max_connections_per_client, some(whole(1, 1_000_000)),
        /// Whether it passes on mail from everybody to everywhere.
        open_relay: "bool" = "false" => rules.open_relay, flag,
        /// Where it sends all mail that is not for here.
        smarthost: "host" = "none: it asks the DNS",
        /// The port there: 587 or 465 where it submits as a person would.
        smarthost_port: "whole number" = "25",
        /// Where it sends mail for certain domains, whatever the DNS says.
        routes: "map from domain to host" = "{}",
        /// The servers with the mailboxes of certain domains: mail for them goes there by LMTP (RFC 2033), to the port at which
        /// they serve it.
        mailbox_servers: "map from domain to host" = "{}",
        /// Mail for a mailbox goes on to others instead.
        forwards: "map from mailbox to list of mailboxes" = "{}",
        /// Who gets a copy of each report that mail failed, and a report of each of its own reports that cannot be delivered
        /// itself, both from the empty reverse-path ("Send copy of Non-Delivery Report to" and the Badmail directory of the
        /// Windows SMTP service; Postfix, `bounce_notice_recipient` and `2bounce_notice_recipient`). Where such a copy fails,
        /// nobody is told. Without it, reports that cannot be delivered are dropped. Other mail from the empty reverse-path is
        /// dropped in any case.
        copies_undelivered_to: "mailbox" = "nobody",
        /// The domain that mail of its own people shows in its reverse-path, in the place of one of `domains`, of the server's own
        /// name, and of every name below this domain ("Masquerade domain" of the Windows SMTP service, which replaces the local
        /// domain in MAIL; Postfix, `masquerade_domains`, for names below it). Its own people are `clients`, users that submit
        /// to it, and who has logged in. The header keeps its From field: Windows leaves it, and Postfix would rewrite it, too.
        masquerades_as: "domain" = "none: nothing is replaced",
        /// When it tries again. `Exim` is Exim's default rule: a destination that cannot be reached is tried by one
        /// schedule for all its mail, counted from its first failure; the interval of the queue runner is left out.
        retry: "Rfc5321, Postfix, Exim, OpenSmtpd or Custom(..)" = "Rfc5321",
        /// How long it tries before mail bounces.
        lifetime: "duration" = "the schedule's: 5d, Exim and OpenSmtpd 4d",
        /// After what time it tells the author that it takes long.
        delay_warning: "duration, or Never" = "the schedule's: Exim 24h, OpenSmtpd 4h, others never",
        /// Connections at a time to one destination.
        concurrency: "whole number" = "20" => queue.limits.most_connections, whole(1, 10_000),
        /// Deliveries at a time, to all destinations together; looking a destination up counts as one.
        deliveries: "whole number" = "100" => courier.deliveries, whole(1, 100_000),
        /// Mails on one connection; 1 is no reuse.
        mails_per_connection: "whole number" = "100" => courier.mails_per_connection, whole(1, 1_000_000),
        /// How long it keeps an idle connection for another mail. Mail that already waits is sent on an open connection
        /// in any case, up to `mails_per_connection`.
        idle: "duration" = "\"0s\"" => courier.idle, length(Duration::ZERO, DAY),
        /// Sessions in one attempt: after a 4yz reply to a mail or to some of its recipients, the next exchanger is asked
        /// for those that still wait, until so many have been asked (RFC 5321 §5.1). A host that cannot be reached, or
        /// that turns every client away, does not count.
        sessions_per_attempt: "whole number" = "2" => courier.limits.sessions, whole(1, 100),
        /// Recipients in one transaction that it sends.
        recipients_per_transaction: "whole number" = "50"
            => queue.limits.recipients_per_transaction, whole(1, 100_000),
        /// The addresses that it sends from, in turn: how many, or which.
        outbound_addresses: "whole number, or list of IPv4 addresses" = "its own address",
        /// The ports that it listens on, and what it serves there. `Smtp` takes mail from everybody for the domains that are
        /// here, and from its clients for elsewhere, too; `Submission` takes mail from its clients and those who have logged
        /// in only, and adds what it lacks (RFC 6409);
        /// `Submissions` does the same behind TLS (RFC 8314), usually at port 465, and needs a `certificate`.
        /// `Lmtp` takes mail for the mailboxes that are here and passes nothing on (RFC 2033), usually at port 24. `Pop3` and `Imap`
        /// let people with `accounts` take mail out of them, with STARTTLS where there is a `certificate`; `Pop3s` and `Imaps` do so
        /// behind TLS (RFC 8314). Where nothing is written, people with accounts are served, too: `{ 110: Pop3, 143: Imap }`, and with a
        /// certificate `{ 993: Imaps, 995: Pop3s }`.
        listens: "map from port to Smtp, Submission, Submissions, Lmtp, Pop3, Pop3s, Imap or Imaps" = "{ 25: Smtp, 587: Submission }",
        /// How many bytes each mailbox may have, or some of them.
        quota: "size, or map from local part to size" = "none",
        /// What it says to mail for a mailbox that is full: 452 4.2.2, so that it is tried again, or 552 5.2.2.
        full_mailbox: "Defer or Reject" = "Defer" => rules.full_mailbox, word("an answer for full mailboxes", &[
            ("Defer", FullMailbox::Defer),
            ("Reject", FullMailbox::Reject),
        ]),
        /// At which of its addresses it listens: its `address`, some of its `outbound_addresses`, or the word `Ipv6` for the one of
        /// that family. At the others nobody answers a connection but with a reset ("IP address" of a virtual server of the
        /// Windows SMTP service; Postfix, `inet_interfaces`).
        bound_to: "list of IPv4 addresses, and Ipv6" = "all of its own",
        /// Who can log in: names and passwords. Where there are accounts, nobody submits without one, but for `clients`.
        accounts: "map from login name to password" = "none: nobody can log in",
        /// How one can log in (RFC 4954).
        mechanisms: "list of Plain, Login, CramMd5, ScramSha256" = "[Plain, Login]",
        /// The ports where nobody hands mail over without a login, wherever it comes from.
        requires_login: "list of ports" = "[]",
        /// The ports where nothing is done before STARTTLS (RFC 3207 §4). Not for port 25 of a server that takes mail from
        /// everybody.
        requires_tls: "list of ports" = "[]",
        /// Failed logins until it closes the connection.
        max_failed_logins: "whole number" = "3" => server.max_failed_logins, whole(1, 10_000),
        /// In whose name somebody who has logged in may send: in his own, which is the name of his account, or in any
        /// (Postfix calls the former `reject_authenticated_sender_login_mismatch`).
        login_sender: "Own or Any" = "Own" => rules.login_sender, word("a rule for senders", &[
            ("Own", LoginSender::Own),
            ("Any", LoginSender::Any),
        ]),
        /// What is right or wrong with the certificate that it shows. Those that are no more or not yet valid miss the beginning
        /// by three days and by one; `Untrusted` was signed by an authority that nobody knows. With any, STARTTLS is offered,
        /// unless it stands in `without`.
        certificate: "Good, Expired, NotYetValid, SelfSigned or Untrusted" = "none: it knows no TLS",
        /// The names that its certificate is for.
        certificate_names: "list of domains" = "its own name",
        /// Whether it knows EHLO, as a server and as a client.
        esmtp: "bool" = "true" => server.esmtp, flag,
        /// What its EHLO does not offer.
        without: EXTENSIONS = "[]",
        /// What it makes of a CR or LF that is not half of a CRLF, in commands and in content: 550 5.6.0 (RFC 5321 §2.3.8), or a line
        /// end of a bare LF and a blank of a bare CR (Postfix, `smtpd_forbid_bare_newline = normalize`).
        bare_newlines: "Refuse or Normalise" = "Refuse" => server.bare_newlines, word("what becomes of bare newlines", &[
            ("Refuse", BareNewlines::Refuse),
            ("Normalise", BareNewlines::Normalise),
        ]),
        /// The largest mail that it takes.
        max_size: "size" = "\"10MB\"" => server.max_message_bytes, some(bytes(1_000, MAX_MAIL_BYTES)),
        /// Recipients in one transaction that it takes.
        max_recipients: "whole number" = "1000" => server.max_recipients, whole(1, 1_000_000),
        /// Mails in one session that it takes; MAIL behind them gets 421 4.7.0, and the connection is closed (Exim,
        /// `smtp_accept_max_per_connection`, which is 1000 there). The client comes again, on another connection: what it sends
        /// on one is its `mails_per_connection`.
        max_mails_per_connection: "whole number" = "no limit" => server.max_mails, some(whole(1, 1_000_000)),
        /// Content in one session that it takes: when so much has come, MAIL gets 421 4.7.0, and the connection is closed
        /// ("Limit session size to" of the Windows SMTP service, which breaks off in the middle of a mail, too). The mail
        /// that reaches the limit is taken: how large one may be is said by `max_size`.
        max_session_size: "size" = "no limit" => server.max_session_bytes, some(bytes(1_000, MAX_SESSION_BYTES)),
        /// Received fields in a mail before it says that the mail loops.
        hop_limit: "whole number" = "100" => rules.hop_limit, whole(1, 10_000),
        /// What it does with mail for mailboxes that it has not got.
        unknown_users: "Reject, AcceptThenBounce or AcceptThenDiscard" = "Reject"
            => rules.unknown_users, word("an answer to unknown users", &[
                ("Reject", UnknownUsers::Reject),
                ("AcceptThenBounce", UnknownUsers::AcceptThenBounce),
                ("AcceptThenDiscard", UnknownUsers::AcceptThenDiscard),
            ]),
        /// Whether it asks the DNS for the name of each client before it greets: PTR, and then whether that name has the client's
        /// address, too. The name stands in the Received field, `unknown` in the place of one that there is not or that does not
        /// lead back. `client_name` needs no such word: what it wants is looked up.
        looks_up_clients: "bool" = "false" => rules.looks_up_clients, flag,
        /// What it wants of the names of strangers, told at RCPT: `MustExist` refuses those whose address has none (Postfix calls it
        /// `reject_unknown_reverse_client_hostname`), `MustLeadBack` also those whose name does not have that address
        /// (`reject_unknown_client_hostname`). Those who submit are not asked.
        client_name: "Any, MustExist or MustLeadBack" = "Any"
            => rules.client_name, word("a demand on clients", &[
                ("Any", ClientName::Any),
                ("MustExist", ClientName::MustExist),
                ("MustLeadBack", ClientName::MustLeadBack),
            ]),
        /// What it wants of the senders of strangers: `MustExist` refuses those whose domain has neither an exchanger nor an
        /// address (Postfix calls it `reject_unknown_sender_domain`).
        sender_domain: "Any or MustExist" = "Any"
            => rules.sender_domain, word("a demand on senders", &[
                ("Any", SenderDomain::Any),
                ("MustExist", SenderDomain::MustExist),
            ]),
        /// Puts strangers off at first.
        greylist: "duration, or Greylist" = "none",
        /// Replies that the scenario puts in the place of its own.
        replies: "list of Reply" = "[]",
        /// How long a client may be silent.
        idle_timeout: "duration" = "\"5min\"" => server.command_timeout, length(SECOND, DAY),
        /// How long it takes from the final dot to its reply.
        processing: "duration" = "\"0s\"" => rules.processing, length(Duration::ZERO, HOUR),
    }
}

shape! {
    /// A server with mailboxes, and nothing else: it takes mail for them, from the servers of its site, and people take mail out.
    MAILBOX_SERVER "MailboxServer" also [&HOST]
    into mailbox_server_settings(server: server::Config, rules: Rules) {
        /// The domains whose mail is filed here.
        domains: "list of domains",
        /// Who has a mailbox: for all its domains, or domain by domain. `postmaster` always has one.
        mailboxes: "list of local parts, or map from domain to such a list" = "[]",
        /// Whether every other name has a mailbox, too.
        catch_all: "bool" = "false",
        /// Who can log in: names and passwords. A name is an address, or the local part in the first domain.
        accounts: "map from login name to password" = "none: nobody can take mail out",
        /// How one can log in.
        mechanisms: "list of Plain, Login, CramMd5, ScramSha256" = "[Plain, Login]",
        /// Whether a password may cross a connection that is not sealed.
        plain_text_logins: "bool" = "false" => server.plain_text_logins, flag,
        /// Failed logins until it closes the connection.
        max_failed_logins: "whole number" = "3" => server.max_failed_logins, whole(1, 10_000),
        /// What is right or wrong with the certificate that it shows; see Mta.
        certificate: "Good, Expired, NotYetValid, SelfSigned or Untrusted" = "none: it knows no TLS",
        /// The names that its certificate is for.
        certificate_names: "list of domains" = "its own name",
        /// The ports that it listens on, and what it serves there; see Mta, also for what comes by itself where there are accounts.
        listens: "map from port to Smtp, Lmtp, Pop3, Pop3s, Imap or Imaps" = "{ 24: Lmtp }",
        /// How many bytes each mailbox may have, or some of them.
        quota: "size, or map from local part to size" = "none",
        /// What it says to mail for a mailbox that is full: 452 4.2.2, so that it is tried again, or 552 5.2.2.
        full_mailbox: "Defer or Reject" = "Defer" => rules.full_mailbox, word("an answer for full mailboxes", &[
            ("Defer", FullMailbox::Defer),
            ("Reject", FullMailbox::Reject),
        ]),
        /// The largest mail that it takes.
        max_size: "size" = "\"10MB\"" => server.max_message_bytes, some(bytes(1_000, MAX_MAIL_BYTES)),
        /// How long a client may be silent that hands mail in.
        idle_timeout: "duration" = "\"5min\"" => server.command_timeout, length(SECOND, DAY),
        /// How long it takes from the final dot to its reply.
        processing: "duration" = "\"0s\"" => rules.processing, length(Duration::ZERO, HOUR),
        /// Replies that the scenario puts in the place of its own.
        replies: "list of Reply" = "[]",
    }
}

shape! {
    /// A name server.
    NAME_SERVER "NameServer" also [&HOST] into name_server_settings(server: NameServerPlan) {
        /// The zones that it answers for.
        zones: "list of domains" = "[]",
        /// Whether it asks others on behalf of hosts, and remembers what they say.
        recursive: "bool" = "false" => server.recursive, flag,
        /// How long it thinks about a question.
        processing: "duration" = "\"0s\"" => server.processing, length(Duration::ZERO, Duration::from_mins(1)),
    }
}

shape! {
    /// Passes packets on, and nothing more.
    ROUTER "Router" also [&HOST] {}
}

shape! {
    /// A greylist (RFC 6647): the first attempt of a client, sender and recipient is put off.
    GREYLIST "Greylist" into greylist_settings(greylist: GreylistConfig) {
        /// Attempts that come sooner are put off again.
        delay: "duration" = "\"5min\"" => greylist.min_delay, length(SECOND, DAY),
        /// Who does not come back within this time begins anew.
        retry_window: "duration" = "\"24h\"" => greylist.max_delay, length(SECOND, YEAR),
        /// How long one that came back is known.
        remember: "duration" = "\"35d\"" => greylist.lifetime, length(SECOND, YEAR),
        /// Whether all addresses of a /24 count as one client.
        by_network: "bool" = "false" => greylist.network, network,
    }
}

shape! {
    /// A reply in the place of the server's own. It goes out as it is written; behind a positive one to EHLO follow the
    /// keywords.
    REPLY_RULE "Reply" {
        /// What it answers.
        to: "Connect, Hello, Mail, Rcpt, Data or EndOfData",
        /// Only for this address: the recipient at Rcpt, the reverse-path elsewhere.
        matching: "mailbox" = "every address",
        /// Only for this client.
        client: "host" = "every host",
        /// Which ones, counted from 1 among those that match: one number, or `(first, last)`.
        nth: "whole number, or (first, last)" = "all",
        /// Only from this time on.
        from: "time" = "\"0s\"",
        /// Only until this time.
        until: "time" = "the end",
        /// What is said, such as `"451 4.3.0 Try later"`. 2yz (after Data 3yz) is the server's yes in other words, and
        /// everything goes on as after its own. Anything else refuses; what makes no sense at its place is said as well, as
        /// a broken server would.
        reply: "reply",
        /// Whether the connection is closed afterwards; 421 always closes it.
        close: "bool" = "false",
    }
}

shape! {
    /// A retry schedule of one's own.
    CUSTOM "Custom" {
        /// The times between attempts; the last one repeats.
        delays: "list of durations",
    }
}
