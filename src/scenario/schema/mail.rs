//! Mail and traffic as a file says them.

use super::declare::shape;
use super::shape::Shape;

shape! {
    /// A mail that somebody sends, or several of a kind.
    MAIL "Mail" {
        /// When it is sent, counted from the beginning.
        at: "time" = "\"0s\"",
        /// What other mails of this file call it. Its message id then follows from the name, and it is sent once.
        name: "text" = "none",
        /// Who writes it: the `From` field, and the reverse-path. A name for people may stand in front:
        /// `"Alice Müller <alice@green.example>"`.
        from: "mailbox",
        /// The host that composes it, where that is not the User with this mailbox.
        by: "host" = "the User that has the mailbox `from`",
        /// Whom it is for: the `To` field.
        to: "list of mailboxes" = "[]",
        /// The `Cc` field.
        cc: "list of mailboxes" = "[]",
        /// Further recipients that no field names.
        bcc: "list of mailboxes" = "[]",
        /// The recipients of the envelope, where they are not those of `to`, `cc` and `bcc`.
        rcpt: "list of mailboxes" = "`to`, `cc` and `bcc`",
        /// The reverse-path, where it is not `from`; `"<>"` is the empty one.
        mail_from: "mailbox, or \"<>\"" = "`from`",
        /// The subject.
        subject: "text" = "\"(no subject)\", or that of the mail which it answers or forwards, behind `Re:` or `Fwd:`",
        /// The text.
        text: "text" = "\"\"",
        /// The same as HTML: it goes beside the text, and readers show the one that they like better (RFC 2046 §5.1.4).
        html: "text" = "none",
        /// In which letters text and subject are written: the name of a charset, such as `"iso-8859-1"`.
        charset: "text" = "\"utf-8\"; what is ASCII goes as us-ascii",
        /// How text and HTML travel: QuotedPrintable, Base64, or EightBit, which not every server takes.
        encoding: "QuotedPrintable, Base64 or EightBit" = "as it is where it is ASCII, else QuotedPrintable",
        /// Whether long lines of the text may be broken elsewhere by who shows it (RFC 3676). Lines that begin with `>` are
        /// quoted.
        flowed: "bool" = "false",
        /// Pictures that the HTML shows, by their `cid` (RFC 2387).
        inline: "list of File and Generated" = "[]",
        /// Files and other mails that come along.
        attachments: "list of File, Generated and Message" = "[]",
        /// Whether it is MIME. Without, it is mail as of 1982: text in ASCII, and no field says what it is.
        mime: "bool" = "true",
        /// The mail that it answers, by its `name`: In-Reply-To, References, `to` and `subject` follow from that, and its text
        /// is quoted above the answer. Who answers has got it, or has written it.
        replies_to: "text" = "none",
        /// Whether an answer quotes.
        quote: "bool" = "true",
        /// The mail that it forwards, by its `name`, as an attachment. Who forwards has got it, or has written it.
        forwards: "text" = "none",
        /// A file beside this one that is sent as it is, header and all. Where its lines end with LF alone, they are made to end with
        /// CRLF.
        raw: "path" = "none",
        /// The message id, without angle brackets.
        message_id: "text" = "made by whoever sends it",
        /// Further fields: `[("X-Colour", "green")]`. Received and Return-Path stand on top of the header, where servers
        /// write theirs and a forger puts a false one; the others below the subject.
        headers: "list of (name, value)" = "[]",
        /// Fields that it leaves to the server that it is submitted to: Date, MessageId (RFC 6409 §8).
        without: "list of Date, MessageId" = "[]",
        /// Whether it goes on behind TLS only, from server to server, with certificates that are good (RFC 8689). Where one does not offer
        /// REQUIRETLS, it comes back.
        require_tls: "bool" = "false",
        /// The text is padded until the whole mail has this size.
        size: "size, up to 200 MiB" = "as it comes",
        /// How many of them.
        count: "whole number" = "1",
        /// The time between one and the next.
        every: "duration, or Fixed, Uniform, Exponential" = "\"1s\"",
        /// The server that it is handed to, where that is not the user's own.
        via: "host" = "the user's `submits_to`",
        /// The port there.
        port: "587 or 25" = "the user's; 25 with `via` another server",
    }
}

shape! {
    /// A generator of mail.
    TRAFFIC "Traffic" {
        /// Its name; its luck follows from it.
        name: "text" = "traffic 1, traffic 2, ...",
        /// Who writes: mailboxes of users, or hosts (all their users). One is drawn for each mail.
        from: "list of mailboxes and hosts",
        /// For whom. One is drawn for each mail.
        to: "list of mailboxes",
        /// How often, at random moments (a Poisson process).
        rate: "rate, such as \"10/min\"" = "by `every`",
        /// Or the time between two mails.
        every: "duration, or Fixed, Uniform, Exponential" = "by `rate`",
        /// How large they are.
        sizes: "size, or Fixed, Uniform, Pareto" = "\"4KiB\"",
        /// When it begins.
        start: "time" = "\"0s\"",
        /// When it stops.
        stop: "time" = "the end of the run",
        /// After how many mails it stops.
        count: "whole number" = "no limit but `stop`",
        /// The subject; `{n}` in it is the number of the mail.
        subject: "text" = "\"Message {n}\"",
    }
}

shape! {
    /// Many small values, few huge ones. Held below 200 MiB.
    PARETO "Pareto" {
        /// The smallest value.
        minimum: "size",
        /// The shape alpha, 0.1 to 100: smaller means heavier tails.
        shape: "number" = "1.2",
    }
}

shape! {
    /// A file that lies beside the scenario.
    FILE "File" {
        /// Where: a path below the folder of the scenario, with `/`.
        path: "path",
        /// What it is called in the mail; any text.
        name: "text" = "the last part of the path",
        /// Its media type.
        type: "media type" = "by the end of the name",
        /// How it travels.
        encoding: "Base64, QuotedPrintable, EightBit or SevenBit" = "Base64",
        /// By which the HTML names it: with the cid `logo@green.example`, as `cid:logo@green.example`.
        cid: "text" = "none",
    }
}

shape! {
    /// A file that is made up: a JPEG and a PDF can be opened, a text has lines, everything else is noise.
    GENERATED "Generated" {
        /// What it is called; any text.
        name: "text",
        /// Its media type.
        type: "media type" = "by the end of the name",
        /// How large it is.
        size: "size, up to 140 MiB",
        /// How it travels.
        encoding: "Base64 or QuotedPrintable" = "Base64",
        /// By which HTML names it.
        cid: "text" = "none",
    }
}

shape! {
    /// Another mail, whole, from a file that lies beside the scenario.
    MESSAGE "Message" {
        /// Where: a path below the folder of the scenario, with `/`.
        path: "path",
    }
}

/// What can be attached.
pub(crate) static ATTACHMENTS: &[&Shape] = &[&FILE, &GENERATED, &MESSAGE];
/// What can be shown within the text.
pub(crate) static INLINE: &[&Shape] = &[&FILE, &GENERATED];
