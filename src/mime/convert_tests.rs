//! What is converted says the same, and nothing else is touched.

use proptest::prelude::*;

use super::*;

fn content(text: &str) -> Content {
    Content::scan(Rope::from(Chunk::text(text.replace('\n', "\r\n").into_bytes())))
}

fn converted(text: &str) -> Result<String, Stuck> {
    let done = to_seven_bit(&content(text))?;
    assert!(!done.is_8bit());
    assert_eq!(done, Content::scan(done.rope().clone()));
    Ok(String::from_utf8(done.rope().to_vec()).unwrap().replace("\r\n", "\n"))
}

#[test]
fn a_text_becomes_quoted_printable() {
    let mail = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
                Content-Transfer-Encoding: 8bit\n\nGrüße = gut\n";
    assert_eq!(
        converted(mail).unwrap(),
        "From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe =3D gut\n"
    );
    // Without the field it was mislabelled, and says now what it is.
    let mail = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nGrüße\n";
    assert_eq!(
        converted(mail).unwrap(),
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
         Gr=C3=BC=C3=9Fe\n"
    );
}

const PARTS: &str = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 8bit\n\n--x\n\
Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n--x\n\
Content-Type: text/plain\n\nplain = plain\n--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n\
Subject: inner\nMIME-Version: 1.0\nContent-Type: application/x-odd\nContent-Transfer-Encoding: 8bit\n\näöü\n--x--\n";

#[test]
fn only_the_parts_that_need_it_are_converted() {
    assert_eq!(
        converted(PARTS).unwrap(),
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: 7bit\n\n--x\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe\n--x\n\
         Content-Type: text/plain\n\nplain = plain\n--x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n\
         Subject: inner\nMIME-Version: 1.0\nContent-Type: application/x-odd\nContent-Transfer-Encoding: base64\n\n\
         w6TDtsO8\n\n--x--\n"
    );
}

#[test]
fn what_may_not_be_altered_is_not() {
    let signed = PARTS.replace("multipart/mixed", "multipart/signed");
    for (mail, why) in [
        ("Subject: x\n\nGrüße\n".to_owned(), Stuck::NotMime),
        ("Subject: Grüße\nMIME-Version: 1.0\n\nx\n".to_owned(), Stuck::Header),
        (format!("Subject: {}\nMIME-Version: 1.0\n\nx\n", "x".repeat(1000)), Stuck::Header),
        (signed, Stuck::Signed),
        ("MIME-Version: 1.0\nContent-Type: message/partial; id=a; number=1\n\nGrüße\n".to_owned(), Stuck::Unencodable),
        (
            "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nGrüße\n".to_owned(),
            Stuck::Unencodable,
        ),
        (PARTS.replace("\n\n--x\n", "\n\nfür Ältere\n--x\n"), Stuck::Unencodable),
    ] {
        assert_eq!(converted(&mail), Err(why), "{mail}");
        assert!(!why.words().is_empty());
    }
}

#[test]
fn long_lines_are_broken_softly() {
    let mail = format!("MIME-Version: 1.0\nContent-Type: text/plain\n\n{}\nend\n", "word ".repeat(300));
    assert!(has_long_line(mail.as_bytes()));
    let done = converted(&mail).unwrap();
    assert!(done.contains("quoted-printable") && done.lines().all(|line| line.len() <= 76 + 30));
    for (len, long) in [(998, false), (999, true)] {
        for tail in ["", "\r\n", "\r\nx\r\n"] {
            let line = format!("a\r\n{}{tail}", "x".repeat(len));
            assert_eq!(has_long_line(line.as_bytes()), long, "{len} {tail:?}");
        }
    }
}

#[test]
fn what_needs_nothing_stays_as_it_is() {
    let mail = "Subject: x\nReceived: y\n\nplain\n";
    assert_eq!(converted(mail).unwrap(), mail);
}

/// What the leaves of a mail stand for.
fn leaves(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let tree = read::read(bytes);
    let decoded = |part: &Part| {
        let mut out = Vec::new();
        part.encoding.decode(&bytes[part.body.clone()], &mut |piece| out.extend_from_slice(piece));
        out
    };
    tree.leaves().map(|(_, part)| (part.media_type.clone(), decoded(part))).collect()
}

proptest! {
    #[test]
    fn any_mail_says_the_same_or_is_not_converted(
        parts in prop::collection::vec(("(text/plain|text/html|image/gif|application/pdf)", "[a-zäöü=. \n]{0,1200}"), 1..5),
        nested in any::<bool>(),
    ) {
        let mut mail = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n".to_owned();
        for (media_type, text) in &parts {
            mail += &format!("--b\nContent-Type: {media_type}\nContent-Transfer-Encoding: 8bit\n\n{text}\n");
        }
        mail += "--b--\n";
        if nested {
            mail = format!("MIME-Version: 1.0\nContent-Type: message/rfc822\n\n{mail}");
        }
        let before = content(&mail);
        let done = to_seven_bit(&before).unwrap();
        prop_assert!(!done.is_8bit() && !has_long_line(&done.rope().to_vec()));
        prop_assert_eq!(leaves(&done.rope().to_vec()), leaves(&before.rope().to_vec()));
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        if let Ok(done) = to_seven_bit(&Content::scan(Rope::from(Chunk::text(bytes)))) {
            prop_assert!(!done.is_8bit());
        }
    }
}
