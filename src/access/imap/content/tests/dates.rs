use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::CommandBody;
use proptest::prelude::*;

use super::*;
use crate::identity::ReversePath;
use crate::sim::Instant;
use crate::sim::calendar::Calendar;
use crate::store::{Flags, FolderId, GivenDate, Letter, Store};

fn given(unix_secs: i64, offset_minutes: i16) -> GivenDate {
    GivenDate { unix_secs, offset_minutes }
}

#[test]
fn dates_of_the_standard() {
    for (date, text) in [
        (given(837_596_665, -420), "17-Jul-1996 02:44:25 -0700"),
        (given(0, 0), " 1-Jan-1970 00:00:00 +0000"),
        (given(-1, 90), " 1-Jan-1970 01:29:59 +0130"),
        (given(951_782_399, -1439), "28-Feb-2000 00:00:59 -2359"),
        (given(-62_167_219_200, 0), " 1-Jan-0000 00:00:00 +0000"),
    ] {
        assert_eq!(date::written(date), text);
        assert_eq!(date::read(text), Some(date), "{text}");
        assert_eq!(date::from_imap(&date::to_imap(date)), date, "{text}");
    }
    assert_eq!(date::read("01-Jan-1970 00:00:00 +0000"), Some(given(0, 0)), "two digits are as good");
}

#[test]
fn what_is_no_date() {
    for text in [
        "",
        "1-Jan-1970 00:00:00 +0000",
        "32-Jan-1970 00:00:00 +0000",
        "29-Feb-2001 00:00:00 +0000",
        " 0-Jan-1970 00:00:00 +0000",
        "01-Foo-1970 00:00:00 +0000",
        "01-Jan-1970 24:00:00 +0000",
        "01-Jan-1970 00:60:00 +0000",
        "01-Jan-1970 00:00:00 +2400",
        "01-Jan-1970 00:00:00 +0060",
        "01-Jan-1970 00:00:00 00000",
        "01-Jan-1970 00:00:00 +000a",
        "01-Jan-1970 00:00:00 +0000 ",
        "é1-Jan-1970 00:00:00 +000",
    ] {
        assert_eq!(date::read(text), None, "{text}");
    }
}

#[test]
fn a_mail_has_the_date_that_a_client_gave_or_when_it_was_filed() {
    let mut store = Store::new();
    let bob = store.add_mailbox("bob@b.example".parse().unwrap());
    let letter = || Letter {
        from: ReversePath::Null,
        to: "bob@b.example".parse().unwrap(),
        content: Content::scan(Rope::new()),
        mail: None,
    };
    let at = Instant::from_nanos(61_999_999_999);
    store.file(bob, at, 0, letter);
    store.append(bob, FolderId::INBOX, at, Flags::NONE, Some(given(7, -60)), letter()).unwrap();
    let calendar = Calendar::new(1_767_603_600, 90);
    let dates: Vec<GivenDate> =
        store.mailbox(bob).inbox().messages().iter().map(|message| date::internal(message, &calendar)).collect();
    assert_eq!(dates, [given(1_767_603_661, 90), given(7, -60)]);
    assert_eq!(date::written(dates[0]), " 5-Jan-2026 10:31:01 +0130");
}

#[test]
fn a_client_gives_a_date_with_append() {
    let command = b"a APPEND x (\\Seen) \" 5-Feb-2026 23:30:00 -0800\" {0+}\r\n\r\n";
    let (_, command) = CommandCodec::new().decode(command).unwrap();
    let CommandBody::Append { date, .. } = command.body else { panic!() };
    let date = date::from_imap(&date.unwrap());
    assert_eq!(date::written(date), " 5-Feb-2026 23:30:00 -0800");
    assert_eq!(date.unix_secs, 1_770_363_000);
}

proptest! {
    #[test]
    fn what_was_written_is_read(secs in -62_167_000_000_i64..253_402_000_000, zone in -1439_i16..1440) {
        let date = given(secs, zone);
        prop_assert_eq!(date::read(&date::written(date)), Some(date));
        prop_assert_eq!(date::from_imap(&date::to_imap(date)), date);
        let response = wire(MessageDataItem::InternalDate(date::to_imap(date)));
        let text = String::from_utf8(response).unwrap();
        let text = text.strip_prefix("INTERNALDATE \"").unwrap().strip_suffix('"').unwrap();
        prop_assert_eq!(date::read(text), Some(date));
    }

    #[test]
    fn any_date_can_be_told(secs in any::<i64>(), zone in any::<i16>()) {
        let date = given(secs, zone);
        let told = date::read(&date::written(date));
        prop_assert_eq!(told, Some(date::from_imap(&date::to_imap(date))));
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,30}|[0-9 JanFeb:+-]{26}") {
        let _ = date::read(&text);
    }
}
