use super::*;
use crate::access::imap::client::FlagList;
use crate::store::Flags;

fn known(uids: &[u32]) -> Known {
    Known { uid_validity: 7, modseq: None, mails: uids.iter().map(|uid| (*uid, FlagList::NONE)).collect() }
}

fn opened(count: u32, uids: &[u32]) -> View {
    let mut view = View::new(100);
    view.remember(&known(uids));
    view.exists(count).unwrap();
    view.opened();
    view
}

fn at(uid: u32) -> Items {
    Items { uid: Some(uid), flags: Some(FlagList::NONE), size_bytes: Some(1), ..Items::default() }
}

fn told(view: &mut View) -> Vec<String> {
    view.check();
    let shown = view.take_events().into_iter().map(|event| match event {
        Event::Mail { uid, .. } => format!("mail {uid}"),
        Event::Flags { uid, flags } => format!("flags {uid} {}", flags.names().join(" ")),
        Event::Gone { uid } => format!("gone {uid}"),
        event => format!("{event:?}"),
    });
    shown.collect()
}

#[test]
fn what_is_said_of_a_mail_before_it_is_known_is_not_lost() {
    let mut view = opened(2, &[1, 2]);
    let seen = Items { flags: Some(Flags::SEEN.into()), ..Items::default() };
    assert_eq!(view.fetched(2, &seen), Ok(None));
    assert!(view.infer(true));
    assert_eq!(told(&mut view), ["flags 2 \\Seen"]);
    assert_eq!(view.places().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn places_are_inferred_only_where_nothing_else_can_be() {
    // As many as there were, and nothing new.
    assert!(opened(3, &[1, 2, 3]).infer(true));
    // Fewer, or more.
    assert!(!opened(2, &[1, 2, 3]).infer(true));
    assert!(!opened(4, &[1, 2, 3]).infer(true));
    // It is not certain that nothing is new: the last of the old ones must show it.
    let mut view = opened(4, &[1, 2, 3]);
    view.fetched(4, &at(9)).unwrap();
    assert!(!view.infer(false));
    view.fetched(3, &at(3)).unwrap();
    assert!(view.infer(false));
    assert_eq!(view.places().collect::<Vec<_>>(), [1, 2, 3, 9]);
    // One before it is gone.
    let mut view = opened(3, &[1, 2, 3]);
    view.fetched(3, &at(9)).unwrap();
    view.fetched(2, &at(3)).unwrap();
    assert!(!view.infer(false));
    // A mail that came later is not one of them.
    let mut view = opened(2, &[1, 2]);
    view.exists(3).unwrap();
    assert!(view.infer(true));
    assert_eq!(view.places().collect::<Vec<_>>(), [1, 2, 0]);
    // Nobody knows which of those that are not known has vanished.
    let mut view = opened(3, &[1, 2, 3]);
    view.exists(4).unwrap();
    view.vanished(false, &[(9, 9)]).unwrap();
    assert!(!view.infer(true));
}

#[test]
fn a_vanished_mail_takes_its_place_with_it() {
    let mut view = opened(4, &[]);
    for (seq, uid) in [(1, 2), (2, 4), (3, 6), (4, 8)] {
        view.fetched(seq, &at(uid)).unwrap();
    }
    view.take_events();
    view.exists(6).unwrap();
    view.vanished(false, &[(4, 4), (8, 9)]).unwrap();
    assert_eq!(told(&mut view), ["gone 4", "gone 8"]);
    assert_eq!(view.places().collect::<Vec<_>>(), [2, 6, 0], "9 was one of the two that are not known");
    // What vanished earlier had no place any more.
    view.vanished(true, &[(1, 100)]).unwrap();
    assert_eq!(view.places().collect::<Vec<_>>(), [2, 6, 0]);
    // A range of everything is not walked through.
    view.vanished(false, &[(1, u32::MAX)]).unwrap();
    assert_eq!(told(&mut view), ["gone 2", "gone 6"]);
    assert_eq!(view.len(), 0);
}

#[test]
fn questions_are_as_small_as_they_can_be() {
    let mut view = opened(3, &[]);
    assert_eq!(view.question(), Some(Question::From(1)));
    for (seq, uid) in [(1, 2), (2, 4), (3, 6)] {
        view.fetched(seq, &at(uid)).unwrap();
    }
    assert_eq!(view.question(), None);
    view.exists(4).unwrap();
    assert_eq!(view.question(), Some(Question::From(7)));
    // Nothing came of it, and it is not asked again until there is more.
    view.answered(&Question::From(7));
    assert_eq!(view.question(), None);
    view.exists(5).unwrap();
    assert_eq!(view.question(), Some(Question::From(7)));
    // The answer leaves a gap.
    view.fetched(5, &at(9)).unwrap();
    assert_eq!(view.question(), Some(Question::All));
    view.fetched(4, &Items { uid: Some(8), ..Items::default() }).unwrap();
    assert_eq!(view.question(), Some(Question::Details(sets::range(8, Some(8)))));
    view.answered(&Question::Details(sets::range(8, Some(8))));
    assert!(!view.has_question() && !view.is_whole(), "nothing was said of it");
    view.expunge(4);
    assert!(view.is_whole());
    assert_eq!(told(&mut view), ["mail 2", "mail 4", "mail 6", "mail 9"]);
}

#[test]
fn a_mail_without_a_size_is_told_when_nothing_better_comes() {
    let mut view = opened(1, &[]);
    view.fetched(1, &Items { size_bytes: None, ..at(5) }).unwrap();
    let Some(question) = view.question() else { panic!("it is asked for") };
    view.fetched(1, &Items { size_bytes: None, ..at(5) }).unwrap();
    view.answered(&question);
    assert_eq!(told(&mut view), ["mail 5"]);
}

#[test]
fn keywords_are_remembered_as_long_as_there_is_room() {
    let mut view = opened(1, &[]);
    view.fetched(1, &at(5)).unwrap();
    told(&mut view);
    let list = |names: &[String]| FlagList {
        system: Flags::NONE,
        keywords: names.iter().map(|name| name.as_str().into()).collect(),
    };
    let many: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
    view.fetched(1, &Items { flags: Some(list(&many)), ..at(5) }).unwrap();
    let Some(Event::Flags { flags, .. }) = view.take_events().pop() else { panic!("something is said") };
    assert_eq!(flags, list(&many[..Flags::MOST_KEYWORDS]));
    view.fetched(1, &Items { flags: Some(list(&["K3".into(), "x".repeat(500)])), ..at(5) }).unwrap();
    assert_eq!(told(&mut view), ["flags 5 k3"], "upper and lower case are the same");
}

#[test]
fn there_is_an_end_to_mails_and_to_contradictions() {
    assert_eq!(View::new(10).exists(11), Err(Broken::TooManyMails));
    let mut view = opened(2, &[]);
    let mut tries = 0;
    while view.fetched(1, &at(1)).and_then(|_| view.fetched(2, &at(1))).is_ok() {
        tries += 1;
        assert!(tries <= MOST_CONTRADICTIONS);
    }
    // Who gets it right in between may make mistakes again.
    let mut view = opened(2, &[]);
    for _ in 0..10 {
        view.fetched(1, &at(1)).unwrap();
        view.fetched(2, &at(1)).unwrap();
        view.fetched(1, &at(1)).unwrap();
        view.fetched(2, &at(2)).unwrap();
        assert_eq!(view.question(), None);
        view.settle();
    }
}
