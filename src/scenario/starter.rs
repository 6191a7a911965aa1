//! The commented scenario that `postroad new NAME` writes.

/// The text of a starter scenario with this title.
#[must_use]
pub fn starter(title: &str) -> String {
    // The title is written into quotation marks: what RON would read as something else there is left out.
    let title: String = title.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).take(100).collect();
    STARTER.replace("{TITLE}", &title)
}

const STARTER: &str = r#"// A scenario for Postroad. Run it:     postroad run THIS-FILE
// Only look for mistakes:                postroad check THIS-FILE
//
// What to look at: the laptop hands a mail to its own server, which asks the DNS where mail for blue.example goes,
// waits until the other server is there again, and passes the mail on.
(
    title: "{TITLE}",

    // Who is there. A User writes mail, an Mta passes it on and files it in mailboxes. There are also
    // NameServer(zones: [..], recursive: true) and Router; without name servers there is an implied one.
    hosts: {
        "laptop": User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(
            domains: ["green.example"],
            mailboxes: ["alice"],
            retry: Postfix, // or Exim, OpenSmtpd, Rfc5321, Custom(delays: ["1min", "5min"])
        ),
        "mx.blue.example": Mta(
            domains: ["blue.example"],
            mailboxes: ["bob", "carol"],
            // greylist: "5min",
            // replies: [ (to: Rcpt, nth: 1, reply: "451 4.3.0 Try later") ],
        ),
    },

    // What connects them: a preset (Lan, Wifi, Dsl, Fibre, Mobile, Transatlantic, Satellite, Flaky, ...) or numbers.
    links: [
        ("laptop", "mail.green.example", Wifi),
        ("mail.green.example", "mx.blue.example", (latency: "40ms", bandwidth: "100Mbit/s", loss: "0.1 %")),
    ],

    // What people send. Without `at` it is sent at the beginning.
    mail: [
        (
            at: "1s",
            from: "alice@green.example",
            to: ["bob@blue.example"],
            bcc: ["carol@blue.example"],
            subject: "Hello",
            text: "Hi Bob!\n\nThis is my first mail.\n",
        ),
    ],

    // What goes wrong: at a time, or upon a line of the dialogue.
    faults: [
        (at: "0s", what: Down(host: "mx.blue.example"), lasting: "30min"),
    ],

    // What must come true. `postroad test THIS-FILE` judges it.
    expect: [
        Delivered(to: "bob@blue.example", copies: 1, after: "25min", within: "3h"),
        Delivered(to: "carol@blue.example", copies: 1),
        Attempts(to: "bob@blue.example", by: "mail.green.example", count: AtLeast(2)),
        Hops(to: "bob@blue.example", hosts: ["laptop", "mail.green.example", "mx.blue.example"]),
        QueueEmpty,
    ],
)
"#;
