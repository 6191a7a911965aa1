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
