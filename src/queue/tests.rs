use super::*;
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::octets::{Chunk, Rope};

fn content() -> Content {
    Content::scan(Rope::from(Chunk::from("Subject: x\r\n\r\nx\r\n")))
}

fn mail(queue: &mut Queue, to: &[&str]) -> Mail {
    let recipients = to
        .iter()
        .map(|t| {
            let mailbox: crate::identity::Mailbox = t.parse().unwrap();
            let destination = queue.destination_of(&mailbox);
            (mailbox, destination)
        })
        .collect();
    Mail {
        mail: 1,
        hops: 1,
        serial: 1,
        origin: Origin::Elsewhere,
        reverse_path: ReversePath::Null,
        recipients,
        require_tls: false,
        aliases: Vec::new(),
        content: content(),
    }
}

fn failure() -> Failure {
    Failure { status: "4.4.1".into(), text: Chunk::from("no answer"), by: None, is_reply: false }
}

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

#[test]
fn one_transaction_for_many_recipients_of_a_destination() {
    let mut queue = Queue::new(Config::default());
    let m = mail(&mut queue, &["a@x.example", "b@y.example", "c@x.example"]);
    let (id, settled) = queue.accept(at(0), m);
    assert!(settled.is_none());
    let x = queue.poll_runnable().unwrap();
    let job = queue.open(x).unwrap();
    assert_eq!((queue.next_hop(x).to_string().as_str(), &job.recipients[..]), ("x.example", &[0, 2][..]));
    let y = queue.poll_runnable().unwrap();
    let other = queue.open(y).unwrap();
    assert_eq!(queue.poll_runnable(), None);
    queue.relayed(id, 0);
    queue.fail_for_now(id, 2, &failure());
    assert!(queue.finish(at(1), &job).is_none(), "the other destination is still at it");
    queue.fail(id, 1, failure());
    let settled = queue.finish(at(2), &other).unwrap();
    assert_eq!((&settled.failed[..], settled.retry_at), (&[1][..], Some(at(600))));
    assert_eq!(queue.entry(id).owed(), 1);
    // The next round is only for the one that waits.
    assert!(queue.next_due(at(599)).is_none());
    assert_eq!(queue.next_due(at(600)).unwrap().0, id);
    queue.close(x);
    let again = queue.poll_runnable().unwrap();
    assert_eq!(queue.open(again).unwrap().recipients[..], [2]);
    assert_eq!(queue.entry(id).attempts, 2);
}

#[test]
fn a_destination_that_cannot_be_reached_rests_with_all_its_mail() {
    let mut queue = Queue::new(Config::default());
    let ids: Vec<EntryId> = (0..10)
        .map(|_| {
            let m = mail(&mut queue, &["a@x.example"]);
            queue.accept(at(0), m).0
        })
        .collect();
    let mut jobs = Vec::new();
    while let Some(x) = queue.poll_runnable() {
        jobs.push(queue.open(x).unwrap());
    }
    assert_eq!(jobs.len(), 5, "the initial window");
    let x = jobs[0].destination;
    let settled = queue.rest(at(30), x, &failure());
    assert_eq!(settled.len(), 5, "the backlog comes back");
    for job in jobs {
        queue.fail_for_now(job.entry, 0, &failure());
        assert!(queue.finish(at(30), &job).is_some());
        queue.close(x);
    }
    let m = mail(&mut queue, &["a@x.example"]);
    let (_, settled) = queue.accept(at(40), m);
    assert!(settled.unwrap().retry_at.is_some(), "deferred without a try");
    let m = mail(&mut queue, &["a@x.example"]);
    assert!(queue.accept(at(90), m).1.is_none(), "the rest is over");
    assert_eq!(queue.entries().count(), ids.len() + 2);
}

#[test]
fn the_window_grows_with_praise_up_to_its_limit() {
    let limits = Limits { initial_connections: 1, most_connections: 3, ..Limits::default() };
    let mut queue = Queue::new(Config { limits, ..Config::default() });
    for _ in 0..9 {
        let m = mail(&mut queue, &["a@x.example"]);
        queue.accept(at(0), m);
    }
    let open = |queue: &mut Queue| std::iter::from_fn(|| queue.poll_runnable().and_then(|x| queue.open(x))).count();
    assert_eq!(open(&mut queue), 1);
    let x = queue.destination(&NextHop::Domain("x.example".parse().unwrap()));
    for _ in 0..5 {
        queue.praise(x);
    }
    assert_eq!(open(&mut queue), 2);
}

#[test]
fn what_waits_too_long_fails_and_late_mail_is_warned_of_once() {
    let config = Config {
        lifetime: Some(Duration::from_hours(1)),
        delay_warning: Some(Duration::from_mins(10)),
        ..Config::default()
    };
    let mut queue = Queue::new(config);
    let m = mail(&mut queue, &["a@x.example"]);
    let (id, _) = queue.accept(at(0), m);
    let mut warnings = Vec::new();
    let mut now = at(0);
    let settled = loop {
        let x = queue.poll_runnable().unwrap();
        let job = queue.open(x).unwrap();
        queue.fail_for_now(id, 0, &failure());
        let settled = queue.finish(now, &job).unwrap();
        queue.close(x);
        if settled.warn {
            warnings.push(now);
        }
        match settled.retry_at {
            Some(due) => now = due,
            None => break settled,
        }
        assert_eq!(queue.next_due(now).unwrap().0, id);
    };
    assert_eq!(settled.failed[..], [0]);
    assert_eq!(warnings, [at(600)]);
    assert!(now >= at(3600));
    let entry = queue.remove(id);
    let failure = entry.recipients[0].last_failure.clone().unwrap();
    // RFC 3463 §3.5: the actual problem rather than X.4.7.
    assert_eq!(&*failure.status, "4.4.1");
    assert!(failure.text.starts_with(b"delivery time expired after "));
    assert!(failure.text.ends_with(b"last: no answer"));
    assert!(queue.entries().next().is_none() && queue.next_due(at(999_999)).is_none());
}

#[test]
fn with_exim_a_destination_that_is_out_of_reach_has_one_schedule_for_all_mail() {
    let minutes = |m: u64| at(60 * m);
    let mut queue = Queue::new(Config { schedule: Schedule::Exim, ..Config::default() });
    let first = mail(&mut queue, &["a@x.example"]);
    let (first, _) = queue.accept(at(0), first);
    let fails = |queue: &mut Queue, now: Instant| -> Settled {
        let x = queue.poll_runnable().unwrap();
        let job = queue.open(x).unwrap();
        queue.fail_for_now(job.entry, 0, &failure());
        assert!(queue.rest(now, x, &failure()).is_empty());
        queue.close(x);
        queue.finish(now, &job).unwrap()
    };
    assert_eq!(fails(&mut queue, at(0)).retry_at, Some(minutes(15)));
    // Mail that comes meanwhile is not tried, and waits for the same time.
    let second = mail(&mut queue, &["b@x.example"]);
    let (_, settled) = queue.accept(minutes(10), second);
    assert_eq!(settled.unwrap().retry_at, Some(minutes(15)));
    assert!(queue.poll_runnable().is_none());
    // The crash of this host changes nothing in what it knows of others.
    queue.recover(minutes(12));
    while let Some((_, settled)) = queue.next_due(minutes(12)) {
        assert_eq!(settled.unwrap().retry_at, Some(minutes(15)));
    }
    // The next gaps are those of the destination, whichever mail is tried: 15 min for two hours, then 1 h, 1.5 h, ...
    let mut now = minutes(15);
    let mut gaps = Vec::new();
    while gaps.len() < 10 {
        while let Some((_, settled)) = queue.next_due(now) {
            assert!(settled.is_none(), "it is time for the destination");
        }
        let x = queue.poll_runnable().unwrap();
        let job = queue.open(x).unwrap();
        queue.fail_for_now(job.entry, 0, &failure());
        let others = queue.rest(now, x, &failure());
        queue.close(x);
        let due = queue.finish(now, &job).unwrap().retry_at.unwrap();
        assert!(others.len() == 1 && others[0].retry_at == Some(due), "{others:?}");
        gaps.push((due - now).as_nanos() / 60_000_000_000);
        now = due;
    }
    assert_eq!(gaps, [15, 15, 15, 15, 15, 15, 15, 60, 90, 135]);
    // After four days mail comes back at once, however young it is.
    let end = at(4 * 86_400);
    while now < end {
        while queue.next_due(now).is_some() {}
        let x = queue.poll_runnable().unwrap();
        let job = queue.open(x).unwrap();
        queue.fail_for_now(job.entry, 0, &failure());
        queue.rest(now, x, &failure());
        queue.close(x);
        now = queue.finish(now, &job).unwrap().retry_at.unwrap();
    }
    let young = mail(&mut queue, &["c@x.example"]);
    let (young, settled) = queue.accept(end, young);
    assert_eq!((&settled.unwrap().failed[..], queue.entry(young).attempts), (&[0][..], 1));
    let said = queue.entry(young).recipients[0].last_failure.clone().unwrap();
    assert_eq!(&*said.status, "4.4.1");
    assert!(said.text.starts_with(b"delivery time expired: x.example has been failing for 4 d"), "{:?}", said.text);
    assert!(queue.entry(first).attempts > 1);
}

#[test]
fn a_crash_loses_no_mail() {
    let mut queue = Queue::new(Config::default());
    let m = mail(&mut queue, &["a@x.example"]);
    let (id, _) = queue.accept(at(0), m);
    let x = queue.poll_runnable().unwrap();
    queue.open(x).unwrap();
    queue.recover(at(50));
    assert_eq!(queue.next_due(at(50)).unwrap().0, id);
    assert!(queue.poll_runnable().is_some());
}

#[test]
fn a_host_without_ports_holds_nothing_against_a_destination() {
    for schedule in [Schedule::Postfix, Schedule::Exim] {
        let lifetime = Some(Duration::from_secs(100));
        let mut queue = Queue::new(Config { schedule, lifetime, ..Config::default() });
        let mut now = 0;
        // For longer than mail is kept, nobody could even be asked.
        for round in 0..4 {
            let m = mail(&mut queue, &["a@x.example"]);
            let (_, settled) = queue.accept(at(now), m);
            assert!(settled.is_none(), "round {round}");
            let m = mail(&mut queue, &["b@x.example"]);
            queue.accept(at(now), m);
            let x = queue.poll_runnable().unwrap();
            let job = queue.open(x).unwrap();
            queue.fail_for_now(job.entry, 0, &failure());
            let others = queue.pause(at(now), x, &failure());
            assert_eq!(others.len(), 1, "what waits comes back too");
            assert!(queue.resting(at(now + 59), x).is_some() && queue.resting(at(now + 60), x).is_none());
            queue.close(x);
            let settled = queue.finish(at(now), &job).unwrap();
            // A young mail is not given up because of what happened to older ones.
            assert!(settled.failed.is_empty() && settled.retry_at.is_some(), "round {round}: {settled:?}");
            for settled in others.into_iter().chain([settled]) {
                queue.remove(settled.entry);
            }
            now += 60;
        }
    }
}
