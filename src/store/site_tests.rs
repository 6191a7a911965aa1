use super::super::{Changed, INBOX};
use super::*;
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::octets::{Chunk, Rope};

fn address(text: &str) -> identity::Mailbox {
    text.parse().unwrap()
}

fn letter(to: &str) -> Letter {
    Letter {
        from: ReversePath::Null,
        to: address(to),
        content: Content::scan(Rope::from(Chunk::from("Subject: x\r\n\r\nhello\r\n"))),
        mail: None,
    }
}

/// What a mailbox holds: numbers, times and flags.
fn holds(store: &Store, id: MailboxId) -> Vec<(u32, u64, Flags)> {
    store.mailbox(id).inbox().messages().iter().map(|m| (m.uid(), m.at().as_nanos(), m.flags())).collect()
}

#[test]
fn mails_have_numbers_and_flags_and_no_number_comes_again() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("bob@b.example"));
    let carol = store.add_mailbox(address("carol@b.example"));
    for at in [1, 2, 3] {
        assert_eq!(store.file(bob, Instant::from_nanos(at), 21, || letter("bob@b.example")), at as u32);
    }
    let own = store.file(carol, Instant::from_nanos(4), 21, || letter("carol@b.example"));
    assert_eq!(own, 1, "each counts its own");
    let both = Flags::SEEN.and(Flags::DELETED);
    let mut change = |uid, change| store.change_flags(bob, FolderId::INBOX, uid, change);
    assert_eq!(change(2, FlagChange::Add(both)), Some(true));
    assert_eq!(change(3, FlagChange::Replace(Flags::SEEN)), Some(true));
    assert_eq!(change(3, FlagChange::Add(Flags::SEEN)), Some(false), "it is said already");
    assert_eq!(change(4, FlagChange::Add(both)), None);
    assert_eq!(holds(&store, bob), [(1, 1, Flags::NONE), (2, 2, both), (3, 3, Flags::SEEN)]);
    let gone: Vec<u32> = store.remove(bob, FolderId::INBOX, &[2]).iter().map(Message::uid).collect();
    assert_eq!((gone, store.mailbox(bob).inbox().message(2).is_none()), (vec![2], true));
    assert_eq!(store.file(bob, Instant::from_nanos(5), 21, || letter("bob@b.example")), 4);
    assert_eq!(holds(&store, bob), [(1, 1, Flags::NONE), (3, 3, Flags::SEEN), (4, 5, Flags::NONE)]);
    let mailbox = store.mailbox(bob);
    assert_eq!((mailbox.count(), mailbox.size_bytes(), mailbox.used_bytes()), (4, 84, 63));
}

#[test]
fn a_folder_remembers_what_has_changed_and_each_change_has_a_number() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("bob@b.example"));
    assert_eq!(store.mailbox(bob).inbox().modseq(), 1);
    for _ in 0..2 {
        store.file(bob, Instant::ZERO, 21, || letter("bob@b.example"));
    }
    store.change_flags(bob, FolderId::INBOX, 1, FlagChange::Add(Flags::SEEN));
    store.remove(bob, FolderId::INBOX, &[1, 2, 3]);
    let inbox = store.mailbox(bob).inbox();
    let since =
        |modseq| -> Option<Vec<_>> { Some(inbox.changes_since(modseq)?.map(|c| (c.modseq, c.uid, c.what)).collect()) };
    let all = [
        (2, 1, Changed::Arrived),
        (3, 2, Changed::Arrived),
        (4, 1, Changed::Flags),
        (5, 1, Changed::Gone),
        (6, 2, Changed::Gone),
    ];
    assert_eq!((inbox.modseq(), since(1)), (6, Some(all.to_vec())));
    assert_eq!((since(4), since(6)), (Some(all[3..].to_vec()), Some(vec![])));
    for _ in 0..1022 {
        store.file(bob, Instant::ZERO, 21, || letter("bob@b.example"));
    }
    let inbox = store.mailbox(bob).inbox();
    let count = |modseq| inbox.changes_since(modseq).map(Iterator::count);
    assert_eq!((count(3), count(4)), (None, Some(1024)), "what is too long ago is not remembered");
    assert_eq!(inbox.message(1024).map(Message::modseq), Some(inbox.modseq()));
}

#[test]
fn folders_are_made_renamed_and_removed() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("bob@b.example"));
    let names = |store: &Store| -> Vec<String> { store.mailbox(bob).folders().map(|f| f.name().to_owned()).collect() };
    let work = store.create_folder(bob, "Work/2026", None).unwrap();
    store.create_folder(bob, "Sent", Some(SpecialUse::Sent)).unwrap();
    store.create_folder(bob, "Work", None).unwrap();
    assert_eq!(names(&store), [INBOX, "Sent", "Work", "Work/2026"]);
    for (name, error) in [
        ("inbox", FolderError::Exists),
        ("Sent", FolderError::Exists),
        ("a//b", FolderError::Name),
        ("", FolderError::Name),
    ] {
        assert_eq!(store.create_folder(bob, name, None), Err(error), "{name}");
    }
    store.rename_folder(bob, "Work", "Old").unwrap();
    assert_eq!(names(&store), [INBOX, "Old", "Old/2026", "Sent"]);
    assert_eq!(store.mailbox(bob).folder(work).map(|folder| folder.name()), Some("Old/2026"), "it is still the same");
    assert_eq!(store.rename_folder(bob, "Old", "Old/2026/x"), Err(FolderError::Name));
    assert_eq!(store.rename_folder(bob, "None", "Some"), Err(FolderError::Missing));
    // One with others in it keeps its name, and can be made again: its numbers begin anew.
    let old = store.mailbox(bob).find("Old").unwrap().uid_validity();
    store.delete_folder(bob, "Old").unwrap();
    assert_eq!(store.delete_folder(bob, "Old").unwrap_err(), FolderError::HasChildren);
    assert!(!store.mailbox(bob).find("Old").unwrap().is_selectable());
    store.create_folder(bob, "Old", None).unwrap();
    let again = store.mailbox(bob).find("Old").unwrap();
    assert!(again.is_selectable() && again.uid_validity() > old);
    assert_eq!(store.delete_folder(bob, "INBOX").unwrap_err(), FolderError::Inbox);
    // What lies in INBOX goes to the new folder, and INBOX stays.
    store.file(bob, Instant::ZERO, 21, || letter("bob@b.example"));
    store.rename_folder(bob, "Inbox", "Kept").unwrap();
    assert_eq!(names(&store), [INBOX, "Kept", "Old", "Old/2026", "Sent"]);
    let mailbox = store.mailbox(bob);
    assert_eq!((mailbox.inbox().messages().len(), mailbox.find("Kept").unwrap().messages().len()), (0, 1));
    assert_eq!(mailbox.used_bytes(), 21);
    store.delete_folder(bob, "Kept").unwrap();
    assert_eq!(store.mailbox(bob).used_bytes(), 0);
}

#[test]
fn copies_keep_flags_and_keywords_and_moves_leave_nothing() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("bob@b.example"));
    let to = store.create_folder(bob, "Work", None).unwrap();
    store.learn_keyword(bob, to, "$Forwarded").unwrap();
    for _ in 0..3 {
        store.file(bob, Instant::ZERO, 21, || letter("bob@b.example"));
    }
    let done = store.learn_keyword(bob, FolderId::INBOX, "done").unwrap();
    store.change_flags(bob, FolderId::INBOX, 2, FlagChange::Add(done.and(Flags::SEEN)));
    assert_eq!(store.copy(bob, FolderId::INBOX, &[2, 7], to), Ok(Some(vec![(2, 1)])));
    assert_eq!(store.take_over(bob, FolderId::INBOX, &[1, 3], to), Some(vec![(1, 2), (3, 3)]));
    let mailbox = store.mailbox(bob);
    let work = mailbox.folder(to).unwrap();
    assert_eq!(work.keywords(), ["$Forwarded".into(), "done".into()]);
    assert_eq!(work.message(1).unwrap().flags(), Flags::SEEN.and(work.keyword("DONE").unwrap()));
    assert_eq!((holds(&store, bob).len(), work.messages().len(), mailbox.used_bytes()), (1, 3, 84));
}

#[test]
fn a_full_mailbox_takes_nothing_more_from_its_clients() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("bob@b.example"));
    store.limit(bob, Some(50));
    store.file(bob, Instant::ZERO, 21, || letter("bob@b.example"));
    let append = |store: &mut Store| {
        store.append(bob, FolderId::INBOX, Instant::ZERO, Flags::NONE, None, letter("bob@b.example"))
    };
    assert_eq!(append(&mut store), Ok(Some(2)));
    let full = Full { used_bytes: 42, quota_bytes: 50 };
    assert_eq!(append(&mut store), Err(full));
    assert_eq!(store.copy(bob, FolderId::INBOX, &[1], FolderId::INBOX), Err(full));
    assert_eq!(store.mailbox(bob).has_room(9), Err(full));
    store.remove(bob, FolderId::INBOX, &[1]);
    assert_eq!(append(&mut store), Ok(Some(3)));
    assert_eq!(store.mailbox(bob).count(), 1, "one of them was delivered");
}

#[test]
fn a_folder_learns_as_many_keywords_as_it_can_hold() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("bob@b.example"));
    let mut learn = |name: &str| store.learn_keyword(bob, FolderId::INBOX, name);
    let names: Vec<String> = (0..Flags::MOST_KEYWORDS).map(|n| format!("k{n}")).collect();
    let all: Vec<Option<Flags>> = names.iter().map(|name| learn(name)).collect();
    assert!(all.iter().all(Option::is_some));
    assert_eq!((learn("K3"), learn("more")), (all[3], None));
    let every = all.into_iter().flatten().fold(Flags::NONE, Flags::and);
    assert_eq!(every.keywords().count(), Flags::MOST_KEYWORDS);
    assert!(every.system().is_empty());
}

#[test]
fn lookup_ignores_case_and_quotes() {
    let mut store = Store::new();
    let bob = store.add_mailbox(address("Bob@blue.example"));
    assert_eq!(store.add_mailbox(address("bob@BLUE.example")), bob);
    for same in ["bob@blue.example", "BOB@Blue.Example", "\"bob\"@blue.example", "\"b\\ob\"@blue.example"] {
        assert_eq!(store.find(&address(same)), Some(bob), "{same}");
    }
    for other in ["bo@blue.example", "bob@green.example", "bob+x@blue.example"] {
        assert_eq!(store.find(&address(other)), None, "{other}");
    }
    assert_eq!(store.mailboxes().len(), 2, "bob and the postmaster");
}

#[test]
fn the_postmaster_always_exists() {
    let mut store = Store::new();
    assert_eq!(store.find(&address("postmaster@blue.example")), None, "there is no domain yet");
    store.add_domain("blue.example".parse().unwrap());
    store.add_domain("red.example".parse().unwrap());
    let first = store.find(&address("postmaster@blue.example")).unwrap();
    assert_eq!(store.mailbox(first).address().as_str(), "postmaster@blue.example");
    assert!(store.find(&address("PostMaster@red.example")).is_some());
    assert!(store.serves("RED.example") && !store.serves("example"));
}

#[test]
fn letters_are_kept_or_only_what_is_known_about_them() {
    for keeps in [true, false] {
        let mut store = Store::new().with_letters(keeps);
        let bob = store.add_mailbox(address("bob@blue.example"));
        store.file(bob, Instant::from_nanos(1), 21, || letter("Bob@blue.example"));
        let message = store.mailbox(bob).inbox().message(1).unwrap();
        assert_eq!((message.size_bytes(), store.count()), (21, 1));
        assert_eq!(message.letter().map(|l| l.to.as_str()), keeps.then_some("Bob@blue.example"));
    }
    assert_eq!(size_of::<Message>(), 32, "of a mail whose letter is not kept");
}
