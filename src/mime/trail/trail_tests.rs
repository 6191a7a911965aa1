//! Whole header sections, and no header sections at all.

use proptest::prelude::*;

use super::*;

fn of(fields: &[&str]) -> Trail {
    trail(fields.join("\r\n").as_bytes())
}

const FIRST: &str = "Received: from pc (host.isp.example [198.51.100.5]) by mail.green.example (Postfix) with ESMTPSA id 1; \
                     Mon, 5 Jan 2026 09:00:02 +0000";
const SECOND: &str = "Received: from mail.green.example (mail.green.example [192.0.2.7]) by mx.blue.example (Postfix) with \
                      ESMTPS id 2; Mon, 5 Jan 2026 10:10:02 +0100";
const THIRD: &str = "Received: from mx.blue.example (mx.blue.example [10.0.0.1]) by store.blue.example with LMTP id 3; \
                     Mon, 5 Jan 2026 09:09:50 +0000";
const DATE: &str = "Date: Mon, 5 Jan 2026 09:00:00 +0000";

#[test]
fn the_way_is_told_from_the_bottom() {
    let trail = of(&[
        THIRD,
        "Authentication-Results: mx.blue.example; spf=pass",
        SECOND,
        FIRST,
        DATE,
        "DKIM-Signature: d=x",
        "",
        "x: y",
    ]);
    let by: Vec<&str> = trail.hops.iter().filter_map(|hop| hop.by.as_deref()).collect();
    assert_eq!(by, ["mail.green.example", "mx.blue.example", "store.blue.example"]);
    let delays: Vec<Option<i64>> = trail.hops.iter().map(|hop| hop.delay_secs).collect();
    assert_eq!(delays, [Some(2), Some(600), Some(-12)]);
    assert_eq!((trail.total_secs, trail.slowest, trail.fields), (Some(590), Some(2), 6));
    let after: Vec<usize> = trail.marks.iter().map(|mark| mark.after_hop).collect();
    assert_eq!(after, [2, 0]);
    assert_eq!(trail.hops.iter().map(|hop| hop.is_own).collect::<Vec<_>>(), [false, true, true]);
    let private = Doubt::PrivateAfterPublic { address: "10.0.0.1".into() };
    assert_eq!(trail.hops[2].doubts, [Doubt::Backwards { secs: 12 }, private]);
}

#[test]
fn gaps_are_found() {
    let forged = FIRST.replace("by mail.green.example", "by mail.red.example");
    let trail = of(&[SECOND, &forged]);
    let gap = Doubt::Gap { below: "mail.red.example".into(), from: "mail.green.example".into() };
    assert_eq!(trail.hops[1].doubts, [gap]);
    // A second machine of the same site is no gap.
    let other = FIRST.replace("by mail.green.example", "by out3.green.example");
    assert_eq!(of(&[SECOND, &other]).hops[1].doubts, []);
}

#[test]
fn a_field_in_the_past_of_the_date() {
    let trail = of(&[SECOND, FIRST, "Date: Mon, 5 Jan 2026 09:30:00 +0000"]);
    assert_eq!(trail.hops[0].delay_secs, Some(-1798));
    assert!(trail.hops[0].doubts.contains(&Doubt::BeforeDate { secs: 1798 }));
    assert_eq!(trail.hops[1].doubts, []);
}

#[test]
fn what_is_copied_from_a_window_is_read() {
    let text = format!("\u{feff}\n\nFrom alice Mon Jan  5 09:00:00 2026\n{}\n", FIRST.replace(") by", ")\n  by"));
    let trail = trail(text.as_bytes());
    assert_eq!((trail.fields, trail.hops.len()), (1, 1));
    assert_eq!(trail.hops[0].by.as_deref(), Some("mail.green.example"));
    for nothing in ["", "\r\n\r\n", "Dear Bob,\nwhere is it?\n", ":\n::\n"] {
        assert_eq!(super::trail(nothing.as_bytes()).fields, 0, "{nothing:?}");
    }
}

#[test]
fn lines_end_as_they_do_for_the_reader_of_parts() {
    for end in ["\r\n", "\n", "\r", "\r\r\n"] {
        let text = [SECOND.replace(" by", &format!("{end} by")).as_str(), FIRST, DATE, "", "To: nobody"].join(end);
        let trail = trail(text.as_bytes());
        assert_eq!((trail.fields, trail.hops.len(), trail.to), (3, 2, None), "{end:?}");
        assert_eq!(trail.total_secs, Some(602), "{end:?}");
    }
}

#[test]
fn what_is_a_mail() {
    for (text, is_mail) in [
        ("Subject: x", true),
        ("From alice Mon Jan  5 09:00:00 2026\nX-Mine: x\nreceived: by x", true),
        ("X-Mine: x\nTo: x", true),
        ("X-Mine: x\nY: z", false),
        ("{\"schema\":2}\nFrom: x", false),
        ("// From: x\n(\nTo: x", false),
        ("\x0a\x0d\x0d\x0a\x1c\0\0\0M<+\x1a\nReceived: from x", false),
        ("Dear Bob,\nFrom: x", false),
        ("", false),
    ] {
        assert_eq!(trail(text.as_bytes()).is_mail, is_mail, "{text:?}");
    }
}

#[test]
fn words_are_decoded_and_mailboxes_are_not_made_of_them() {
    let trail =
        of(&["From: =?utf-8?q?=3Cbank=40bank.example=3E?= <eve@red.example>", "Subject: =?utf-8?b?w6Q=?=\r\n x"]);
    assert_eq!(trail.subject.as_deref(), Some("ä x"));
    assert_eq!(trail.from.as_deref(), Some("<bank@bank.example> <eve@red.example>"));
    assert!(trail.from_written.unwrap().ends_with("?= <eve@red.example>"));
}

#[test]
fn what_a_person_kept_is_no_wait() {
    let date = "Resent-Date: Mon, 5 Jan 2026 09:10:00 +0000";
    let trail = of(&[SECOND, date, "Resent-From: =?utf-8?q?B=C3=B6b?= <b@x>", FIRST, DATE]);
    assert_eq!((trail.hops[1].delay_secs, trail.hops[1].kept_secs), (Some(2), Some(598)));
    assert_eq!((trail.total_secs, trail.slowest), (Some(602), Some(1)));
    assert_eq!(
        (trail.resent.len(), trail.resent[0].after_hop, trail.resent[0].from.as_deref()),
        (1, 1, Some("Böb <b@x>"))
    );
    // The clock of who sent it again may be ahead, and that is a doubt; a time before the hop below is none to count from.
    let ahead = of(&[SECOND, &date.replace("10:00", "10:10"), FIRST]);
    assert_eq!(ahead.hops[1].doubts, [Doubt::Backwards { secs: 8 }]);
    let early = of(&[SECOND, &date.replace("09:10", "08:10"), FIRST]);
    assert_eq!((early.hops[1].delay_secs, early.hops[1].kept_secs), (Some(600), None));
    // Of two times the last, which stands topmost.
    let twice = of(&[SECOND, date, &date.replace("10:00", "05:00"), FIRST]);
    assert_eq!((twice.hops[1].delay_secs, twice.resent.len()), (Some(2), 2));
}

#[test]
fn the_border_is_where_the_site_ends() {
    let field =
        |from: &str, by: &str, with: &str| format!("Received: from {from} by {by} {with}; 5 Jan 2026 09:00 GMT");
    let own = |with: &str, client: &str| {
        let top = field(client, "store.blue.example", with);
        let middle = field("a.red.example (a.red.example [192.0.2.9])", "mx.blue.example", "with ESMTP id 0000000A");
        of(&[&top, &middle]).hops[0].is_own
    };
    let client = "mx.blue.example ([192.0.2.4])";
    // RFC 2033 §1.
    assert!(own("with LMTP id x", client) && own("(Dovecot) with UTF8LMTPS id x", client));
    assert!(!own("with ESMTP id x", client), "a name that the client gave itself");
    assert!(own("with ESMTP id 0000000A", client), "Postroad's servers know no other name");
    assert!(!own("with ESMTP id 0000000A", "mx2.blue.example ([192.0.2.4])"), "the hop below is another machine");
    assert!(!own("with ESMTP id 0000000A", "mx.blue.example (unknown [192.0.2.4])"), "it did look, and found none");
    assert!(!own("(Postfix) with ESMTP id 0000000A", "mx.blue.example (unknown [192.0.2.4])"));
    assert!(own("(Postfix) with ESMTP id x", "mx (mx.blue.example [192.0.2.4])"));
    let because = of(&[&field(client, "store.blue.example", "with LMTP"), &field(client, "x.red.example", "")]);
    assert_eq!(because.hops[1].own_because, Some("its client has another name than the server of the hop below"));
}

#[test]
fn results_are_told_where_they_were_written() {
    let second = SECOND.replace("(Postfix)", "(Postfix, 2)");
    let results = |server: &str| format!("Authentication-Results: {server}; spf=pass");
    for (fields, by_hop, trust) in [
        // Above the server's own field, below it, and by the name of its domain.
        ([&results("mx.blue.example"), &second, FIRST], Some(2), Trust::OwnSide),
        ([&second, &results("MX.blue.example"), FIRST], Some(2), Trust::OwnName),
        ([&second, &results("blue.example"), FIRST], Some(2), Trust::OwnName),
        // Nobody of that name; a server of the other side; and one that was not there yet.
        ([&results("x.red.example"), &second, FIRST], None, Trust::Stranger),
        ([&second, &results("mail.green.example"), FIRST], Some(1), Trust::Stranger),
        ([&second, FIRST, &results("mx.blue.example")], None, Trust::Stranger),
        // Exchange names nobody.
        (["Authentication-Results: spf=pass", &second, FIRST], None, Trust::OwnSide),
        ([&second, "Authentication-Results: spf=pass", FIRST], None, Trust::Stranger),
        ([&second, "Received-SPF: pass (blue.example: ok)", FIRST], Some(2), Trust::OwnName),
        ([&second, "ARC-Authentication-Results: i=1; mx.blue.example; spf=pass", FIRST], Some(2), Trust::OwnName),
    ] {
        let mark = of(&fields).marks.remove(0);
        assert_eq!((mark.by_hop, mark.trust), (by_hop, Some(trust)), "{fields:?}");
    }
    let seal = of(&["ARC-Seal: i=1; cv=none; d=blue.example", &second, FIRST]).marks.remove(0);
    assert_eq!((seal.by_hop, seal.trust), (Some(2), None));
}

#[test]
fn a_huge_header_is_read_in_linear_time() {
    for piece in ["(", "\"\\", "((a) ", "from ", "; ", "é", "a=\"", "[", ")("] {
        let field = format!("Received: {}\r\n", piece.repeat(20_000 / piece.len()));
        let results = format!("Authentication-Results: {}\r\n", piece.repeat(20_000 / piece.len()));
        let text = (field + &results).repeat(260);
        let trail = trail(text.as_bytes());
        assert_eq!((trail.hops.len(), trail.received), (MOST_HOPS, 260));
        assert!(
            trail
                .hops
                .iter()
                .all(|hop| hop.doubts.contains(&Doubt::Cut) && hop.written.len() <= 3 * LONGEST_FIELD_BYTES)
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = trail(&bytes);
        let _ = trail(&[b"Received: ", &bytes[..]].concat());
    }

    #[test]
    fn nearly_right_fields_are_read(
        parts in proptest::collection::vec(
            "from |by |with |id |for |via |[a-z.]{1,9} |\\([^é]{0,9}\\) |\\[|\\]|\"|\\\\|;|é|helo=|using TLS|version=|\r\n |\r\n|Received:|Date:|Mon, 5 Jan 2026 09:00:00 \\+0000",
            0..60,
        )
    ) {
        let trail = trail(format!("Received: {}", parts.concat()).as_bytes());
        prop_assert!(trail.hops.len() <= trail.received);
        for (place, hop) in trail.hops.iter().enumerate() {
            prop_assert_eq!(hop.number, place + 1);
        }
    }
}
