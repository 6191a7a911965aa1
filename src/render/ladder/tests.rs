use proptest::prelude::*;

use super::super::stories;
use super::super::synthetic::{self, Story, ms};
use super::super::testing::{assert_good, assert_well_formed, keep};
use super::*;
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};
use crate::trace::{Change, ConnId, Direction, HostId, MailId, Octets, RecordEdit, Side, What, jsonl};

fn options() -> Options {
    Options { packets: true, ..Options::default() }
}

fn check(story: &Story, options: &Options) {
    let (roster, records) = (&story.roster, &story.records);
    let twin = |width| text(roster, records, options, width);
    assert_good(&scene(roster, records, options), &svg(roster, records, options), twin);
}

#[test]
fn words_never_overlap_in_the_stories() {
    for (name, story) in stories::all() {
        keep(&format!("ladder-{name}.svg"), &svg(&story.roster, &story.records, &options()));
        keep(&format!("ladder-{name}.txt"), &text(&story.roster, &story.records, &options(), 100));
        check(&story, &options());
        check(&story, &Options::default());
    }
}

#[test]
fn the_words_of_a_dialogue_are_all_there() {
    let story = synthetic::first_message();
    let picture = svg(&story.roster, &story.records, &Options::default());
    for words in [
        "220 mail.green.example",
        "ESMTP Postroad",
        "EHLO laptop",
        "&lt;bob@blue.example&gt;",
        "content, 4096 bytes",
        "blue.example MX?",
        "takes responsibility",
        "(4F2A1C)",
        "hop 2 took 547 ms",
        "bob@blue.example",
        "708 ms in all",
        "not to scale",
        "<title>250 mail.green.example · PIPELINING · SIZE 10485760 · ENHANCEDSTATUSCODES</title>",
    ] {
        assert!(picture.contains(words), "{words}");
    }
}

#[test]
fn few_lifelines_fit_on_a_page() {
    for (name, story) in stories::all() {
        let model = making::model(&story.roster, &story.records, &Options::default());
        let scene = scene(&story.roster, &story.records, &Options::default());
        let most = 750.0 + 160.0 * model.columns.len().saturating_sub(4) as f64;
        assert!(scene.width <= most, "{name}: {} for {} lifelines", scene.width, model.columns.len());
        for shape in &scene.shapes {
            if let crate::render::scene::Shape::Text(label) = shape {
                assert!(label.size >= 11.0, "{name}: {label:?}");
            }
        }
    }
}

#[test]
fn what_travels_together_is_drawn_together() {
    let (mut s, [laptop, green, ..]) = synthetic::three("Pipelined");
    let conn = s.connect(laptop, green, ms(2));
    s.say(conn, laptop, green, Side::Client, &["MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"], ms(3));
    let model = making::model(&s.roster, &s.records, &Options::default());
    let bundle = model.bundles.iter().find(|b| b.len() == 3).expect("one bundle");
    let layout = layout::lay_out(&model);
    let drops: Vec<f64> =
        (bundle.iter()).map(|i| layout.arrows[*i].as_ref().map(|a| a.end.1 - a.start.1).unwrap()).collect();
    assert!(drops.iter().all(|drop| (drop - drops[0]).abs() < 1e-9), "one slope: {drops:?}");
    check(&s, &Options::default());
}

#[test]
fn a_connection_that_was_open_is_given_up_by_tcp() {
    let (mut s, [laptop, green, ..]) = synthetic::three("The last breath");
    let conn = s.connect(laptop, green, ms(2));
    s.wait(Duration::from_mins(15));
    s.timed_out(conn, laptop, green);
    let twin = text(&s.roster, &s.records, &Options::default(), 160);
    assert!(twin.contains("TCP gives up the old connection") && !twin.contains("no answer"), "{twin}");
}

#[test]
fn hours_fold_and_milliseconds_stay() {
    let story = synthetic::retries();
    let model = making::model(&story.roster, &story.records, &Options::default());
    let layout = layout::lay_out(&model);
    assert!(layout.folds.len() >= 20, "{}", layout.folds.len());
    assert_eq!(layout.bars.len(), 1, "the outage is a bar");
    // Arrows go downwards, and what is later is not higher.
    for (arrow, placed) in model.arrows.iter().zip(&layout.arrows) {
        let placed = placed.as_ref().unwrap();
        assert!(placed.end.1 > placed.start.1, "{arrow:?}");
    }
    let twin = text(&story.roster, &story.records, &Options::default(), 100);
    assert!(twin.contains(" 50 min later, 2026-01-05 1"), "{twin}");
}

#[test]
fn lines_that_travel_together_are_side_by_side() {
    let (mut story, [laptop, green, ..]) = synthetic::three("Pipelining");
    let conn = story.connect(laptop, green, ms(20));
    story.say(conn, laptop, green, Side::Client, &["MAIL FROM:<>", "RCPT TO:<bob@blue.example>", "DATA"], ms(40));
    let model = making::model(&story.roster, &story.records, &Options::default());
    let layout = layout::lay_out(&model);
    let mut together = 0;
    for (pair, placed) in model.arrows.windows(2).zip(layout.arrows.windows(2)) {
        let [a, b] = pair else { unreachable!() };
        let ends = |arrow: &model::Arrow| (arrow.from, arrow.to, arrow.sent.0, arrow.received.map(|r| r.0));
        let [Some(first), Some(second)] = placed else { continue };
        if ends(a) == ends(b) {
            together += 1;
            assert!(second.end.1 - first.end.1 >= second.start.1 - first.start.1 - 0.01, "{a:?} {b:?}");
        }
    }
    assert_eq!(together, 2);
}

#[test]
fn text_twins_stay_as_they_are() {
    let twins =
        [("first", synthetic::first_message()), ("bounce", synthetic::bounce()), ("packets", synthetic::packets())];
    for (name, story) in twins {
        let twin = text(&story.roster, &story.records, &options(), 100);
        let path = format!("{}/tests/render/ladder-{name}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("POSTROAD_BLESS").is_some() {
            std::fs::write(&path, &twin).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(twin, expected, "tests/render/ladder-{name}.txt; POSTROAD_BLESS=1 writes it anew");
    }
}

#[test]
fn a_mail_has_the_look_ups_that_it_waited_for() {
    let (mut s, [laptop, green, blue, names]) = synthetic::three("Two mails, and what was asked for each");
    let ns = s.host("ns.blue.example", "name server");
    s.composed(laptop, 1, "alice@green.example", "bob@blue.example", "Mine");
    s.hand_over(laptop, green, ms(2), "alice@green.example", "bob@blue.example", None);
    s.composed(laptop, 2, "alice@green.example", "carol@red.example", "Another");
    s.mail = None;
    s.asks_for = Some(MailId(2));
    s.ask(green, names, "red.example.", "MX", &["10 mx.red.example."], ms(5));
    s.lookup(green, "red.example", "MX", "10 mx.red.example.", false);
    s.mail = Some(MailId(2));
    s.attempt(green, "mx.red.example", 1);
    s.mail = None;
    s.asks_for = Some(MailId(1));
    s.wait(ms(1));
    // A resolver that asks further while it is asked.
    s.asks(green, names, 77, "blue.example.", "MX", ms(5));
    s.ask(names, ns, "blue.example.", "MX", &["blue.example. 60 IN MX 10 mx.blue.example."], ms(5));
    s.answers(names, green, 77, "blue.example.", "MX", &["blue.example. 60 IN MX 10 mx.blue.example."], ms(5));
    s.lookup(green, "blue.example", "MX", "10 mx.blue.example.", false);
    s.lookup(green, "mx.blue.example", "A", "10.0.0.3", true);
    s.mail = Some(MailId(1));
    s.attempt(green, "mx.blue.example", 1);
    s.hand_over(green, blue, ms(40), "alice@green.example", "bob@blue.example", None);
    let of = |dns| Options { mail: Some(MailId(1)), dns, ..Options::default() };
    let shown = text(&s.roster, &s.records, &of(Dns::WhereItFits), 160);
    assert_eq!(shown.matches("blue.example MX?").count(), 2, "{shown}");
    assert_eq!(shown.matches(" 10 mx.blue.example ").count(), 2, "{shown}");
    assert!(shown.contains("remembers mx.blue.example A: 10.0.0.3"), "{shown}");
    assert!(!shown.contains("red.example"), "{shown}");
    check(&s, &of(Dns::WhereItFits));
    let never = text(&s.roster, &s.records, &of(Dns::Never), 160);
    assert!(!never.contains("ns.blue") && never.contains("3 DNS look-ups not shown"), "{never}");
    // What repeats itself is told once.
    for _ in 0..9 {
        s.mail = None;
        s.ask(green, names, "blue.example.", "MX", &["blue.example. 60 IN MX 10 mx.blue.example."], ms(5));
        s.lookup(green, "blue.example", "MX", "10 mx.blue.example.", false);
        s.mail = Some(MailId(1));
        s.attempt(green, "mx.blue.example", 2);
    }
    let many = text(&s.roster, &s.records, &of(Dns::Always), 160);
    assert_eq!(many.matches("blue.example MX?").count(), 2, "{many}");
    assert!(many.contains("10 DNS look-ups not shown"), "{many}");
}

#[test]
fn look_ups_fold_into_notes_where_name_servers_have_no_room() {
    let story = synthetic::eight();
    let twin = text(&story.roster, &story.records, &Options::default(), 200);
    let asked = "○ asks the DNS: blue.example MX → 10 mx1.blue.example, 20 mx2.blue.example, 30 backup.relay.example";
    assert!(twin.contains(asked) && !twin.contains("ns.blue") && !twin.contains("not shown"), "{twin}");
    let all = text(&story.roster, &story.records, &Options { dns: Dns::Always, ..Options::default() }, 200);
    assert!(all.contains("ns.blue.example") && all.contains("blue.example MX?"), "{all}");
}

#[test]
fn ascii_means_ascii() {
    let mut story = synthetic::bounce();
    story.composed(HostId(0), 9, "ä@green.example", "grün@blue.example", "日本語 µ … “x”");
    let twin = text(&story.roster, &story.records, &Options { ascii: true, ..options() }, 90);
    assert!(twin.is_ascii() && twin.contains("- EHLO laptop -"), "{twin}");
}

#[test]
fn bytes_of_mail_never_break_out() {
    let evil = [
        &b"</text><script>alert(1)</script>"[..],
        b"\" onload=\"alert('x')\" x=\"",
        b"\x1b[31m\x00\x07\x08\x7f\xff\xfe]]>&amp;<!--",
        "\u{202e}RCPT\u{200b}\u{feff}\u{fffe}\u{e000}0\u{e000}\u{9b}\u{85}".as_bytes(),
        b" opacity=\"0.999\"",
    ];
    let (mut story, [laptop, green, ..]) = synthetic::three("</title><script>\"'&\u{7}");
    story.roster.hosts[0].name = "<b>&\"\u{1b}".into();
    story.roster.links[0].label = "<i>'".into();
    story.composed(laptop, 1, "<script>", "<script>@x", "<script>\r\n\u{e000}1\u{e000}");
    for bytes in evil {
        for long in [false, true] {
            let bytes = if long { bytes.repeat(20) } else { bytes.to_vec() };
            let text = Octets(Chunk::from(bytes));
            let what = |direction, side, peer| What::Line { direction, side, peer, sealed: false, text: text.clone() };
            story.at(laptop, Some(ConnId(1)), what(Direction::Sent, Side::Client, green));
            story.wait(ms(3));
            story.at(green, Some(ConnId(1)), what(Direction::Received, Side::Server, laptop));
        }
    }
    story.condition(
        green,
        Change::Records { name: "<script>".into(), rtype: "A".into(), edit: RecordEdit::Remove, records: vec![] },
    );
    check(&story, &options());
    let picture = svg(&story.roster, &story.records, &options());
    assert!(!picture.contains("<script") && picture.contains("&lt;script&gt;"));
    let map = crate::render::map::svg(&story.roster, &story.records, &Default::default());
    assert_well_formed(&map);
    assert!(!map.contains("<script"));
}

#[test]
fn a_stored_trace_draws_the_same_picture() {
    let mut story = synthetic::bounce();
    let line = Octets(Chunk::from("MAIL \x1b[0m \\ \u{ff}"));
    let what =
        What::Line { direction: Direction::Sent, side: Side::Client, peer: HostId(1), sealed: false, text: line };
    story.at(HostId(0), Some(ConnId(9)), what);
    let mut sink = jsonl::JsonLines::new(Vec::new(), jsonl::Detail::Full);
    {
        use crate::trace::Sink;
        sink.begin(&std::sync::Arc::new(story.roster.clone()));
        story.records.iter().for_each(|r| sink.record(r));
    }
    let (roster, records) = jsonl::read(&sink.into_inner().unwrap()[..]).unwrap();
    let live = svg(&story.roster, &story.records, &options());
    assert_eq!(live, svg(&roster, &records, &options()));
}

#[test]
fn filters_keep_a_story_whole() {
    let mut story = synthetic::bounce();
    story.hop = None;
    story.composed(HostId(0), 7, "alice@green.example", "carol@blue.example", "Another");
    story.hand_over(HostId(0), HostId(1), ms(2), "alice@green.example", "carol@blue.example", None);
    let of = |mail| Options { mail: Some(MailId(mail)), ..Options::default() };
    let first = text(&story.roster, &story.records, &of(1), 160);
    assert!(first.contains("mail 2 to alice@green.example"), "the report belongs to it:\n{first}");
    assert!(!first.contains("carol"), "{first}");
    let other = text(&story.roster, &story.records, &of(7), 160);
    assert!(other.contains("carol") && !other.contains("nobody") && !other.contains("mx.blue"), "{other}");
    check(&story, &of(7));
    let late = Options { from: Some(Instant::ZERO + ms(1_033)), to: Some(Instant::ZERO + ms(1_045)), ..options() };
    let late = text(&story.roster, &story.records, &late, 160);
    assert!(late.contains("blue.example MX?") && !late.contains("EHLO laptop"), "{late}");
    let none = Options { from: Some(Instant::MAX), ..options() };
    check(&story, &none);
}

#[test]
fn a_section_has_its_lifelines_in_the_order_of_the_whole() {
    let (mut s, [laptop, green, blue, _]) = synthetic::three("A section");
    s.composed(laptop, 1, "alice@green.example", "bob@blue.example", "Hello");
    s.hand_over(laptop, green, ms(2), "alice@green.example", "bob@blue.example", None);
    s.wait(ms(5));
    let cut = s.now;
    s.hand_over(green, blue, ms(40), "alice@green.example", "bob@blue.example", None);
    s.delivered(blue, "bob@blue.example");
    // A report goes back, and who speaks first in the section is who came last to the mail.
    let back = s.now;
    s.composed(blue, 2, "", "alice@green.example", "Undelivered");
    s.hand_over(blue, green, ms(40), "", "alice@green.example", None);
    let heads = |from, to| -> Vec<HostId> {
        let options = Options { from, to, ..Options::default() };
        making::model(&s.roster, &s.records, &options).columns.iter().map(|column| column.host).collect()
    };
    assert_eq!(heads(None, None), [laptop, green, blue]);
    assert_eq!(heads(Some(back), None), [green, blue]);
    assert_eq!(heads(Some(cut), Some(back)), [green, blue]);
}

/// On which side of each lifeline the bars of faulty links stand.
fn sides(story: &Story) -> Vec<(usize, Option<f64>)> {
    let model = making::model(&story.roster, &story.records, &Options::default());
    layout::lay_out(&model).bars.iter().map(|bar| (bar.column, bar.side)).collect()
}

#[test]
fn the_bar_of_a_faulty_link_stands_on_the_side_to_which_it_leads() {
    let lossy = |a, b| Change::Loss { a, b, ppm: 10 };
    // laptop - hotel - desk - green - exchange - blue: the routers have no lifelines.
    let story = |links: &[(usize, usize)], fault: (usize, usize)| {
        let mut s = Story::new("Routers");
        let hosts: Vec<HostId> = [
            ("laptop", "user"),
            ("green", "mta"),
            ("blue", "mta"),
            ("hotel", "router"),
            ("desk", "router"),
            ("exchange", "router"),
        ]
        .map(|(name, role)| s.host(name, role))
        .into();
        for (a, b) in links {
            s.link(hosts[*a], hosts[*b], ms(2), "lan");
        }
        s.now = Instant::ZERO + ms(1000);
        s.composed(hosts[0], 1, "alice@green.example", "bob@blue.example", "Hello");
        s.hand_over(hosts[0], hosts[1], ms(6), "alice@green.example", "bob@blue.example", None);
        s.condition(hosts[fault.0], lossy(hosts[fault.0], hosts[fault.1]));
        s.hand_over(hosts[1], hosts[2], ms(4), "alice@green.example", "bob@blue.example", None);
        s.delivered(hosts[2], "bob@blue.example");
        sides(&s)
    };
    let line = [(0, 3), (3, 4), (4, 1), (1, 5), (5, 2)];
    assert_eq!(story(&line, (4, 1)), [(1, Some(-1.0))], "to the laptop, behind two routers");
    assert_eq!(story(&line, (1, 5)), [(1, Some(1.0))], "to Blue");
    assert_eq!(story(&line, (5, 2)), [(2, Some(-1.0))], "to Green");
    assert_eq!(story(&line, (3, 0)), [(0, Some(1.0))], "to Green");
    // Where the network goes on to both sides, or nowhere, nobody can say.
    assert_eq!(story(&[(0, 5), (5, 1), (5, 2)], (1, 5)), [(1, Some(1.0))]);
    assert_eq!(story(&[(0, 1), (1, 2), (1, 5)], (1, 5)), [(1, Some(1.0))]);
    // Both ends have a lifeline.
    assert_eq!(story(&[(0, 1), (1, 2)], (0, 1)), [(0, Some(1.0)), (1, Some(-1.0))]);
}

#[test]
fn the_swatches_of_the_legend_keep_clear_of_its_words() {
    use crate::render::scene::Shape;
    let (mut s, [laptop, green, ..]) = synthetic::three("Sealed");
    s.hand_over(laptop, green, ms(2), "alice@green.example", "bob@blue.example", None);
    let mut model = making::model(&s.roster, &s.records, &Options::default());
    model.arrows[1].sealed = true;
    let scene = draw::draw(&model, &layout::lay_out(&model));
    let words = scene.shapes.iter().find_map(|shape| match shape {
        Shape::Text(label) if label.text == "behind TLS" => Some(label.rect()),
        _ => None,
    });
    let words = words.expect("the words are there");
    // Lines have round ends.
    let ends = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Path { points, stroke } if points.iter().all(|p| p.1 > words.y0 && p.1 < words.y1) => {
            let end = points.iter().map(|p| p.0).fold(f64::MIN, f64::max) + stroke.width / 2.0;
            (end > words.x0 - 48.0 && end < words.x1).then_some(end)
        }
        _ => None,
    });
    let ends: Vec<f64> = ends.collect();
    assert!(ends.len() == 1 && ends[0] <= words.x0 - 6.0, "{ends:?} before {words:?}");
}

#[test]
fn a_huge_trace_makes_no_huge_picture() {
    let mut story = synthetic::first_message();
    for n in 0..3_000 {
        story.composed(HostId(0), 10 + n, "alice@green.example", "bob@blue.example", "One of many");
        story.wait(ms(1));
    }
    let few = Options { max_rows: 100, ..Options::default() };
    check(&story, &few);
    let picture = svg(&story.roster, &story.records, &few);
    assert!(picture.len() < 200_000 && picture.contains("… 29"), "{}", picture.len());
    assert!(text(&story.roster, &story.records, &few, 100).contains("more events"));
}

#[test]
fn an_empty_trace_is_a_picture_too() {
    let story = Story::new("");
    check(&story, &options());
    assert!(text(&story.roster, &[], &options(), 80).contains("Nothing happens"));
}

#[test]
fn hosts_that_are_not_in_the_roster_are_left_out() {
    let mut story = synthetic::first_message();
    story.roster.hosts.truncate(2);
    check(&story, &options());
    assert_well_formed(&crate::render::map::svg(&story.roster, &story.records, &Default::default()));
}

/// One thing that happens in a made-up trace.
#[derive(Clone, Debug)]
enum Happening {
    Wait(u64),
    Say { from: u8, to: u8, server: bool, text: String, latency: u64, arrives: bool },
    Note { host: u8, kind: u8, text: String },
    Session { from: u8, to: u8, latency: u64 },
    Packet { from: u8, to: u8, lost: bool },
}

fn happening() -> impl Strategy<Value = Happening> {
    let text = prop_oneof!["[ -~]{0,90}", "250[- ][a-z ]{0,60}", "\\PC{0,40}", "[45][0-9]{2} .{0,30}"];
    let latency = prop_oneof![Just(0), 1_u64..2_000_000, Just(40_000_000), 1_u64..3_000_000_000];
    prop_oneof![
        3 => prop_oneof![0_u64..5_000_000, Just(1_000_000_000), 0_u64..30_000_000_000_000].prop_map(Happening::Wait),
        6 => (0..9_u8, 0..9_u8, any::<bool>(), text.clone(), latency.clone(), any::<bool>()).prop_map(
            |(from, to, server, text, latency, arrives)| Happening::Say { from, to, server, text, latency, arrives }),
        3 => (0..9_u8, 0..7_u8, text).prop_map(|(host, kind, text)| Happening::Note { host, kind, text }),
        1 => (0..9_u8, 0..9_u8, latency).prop_map(|(from, to, latency)| Happening::Session { from, to, latency }),
        2 => (0..9_u8, 0..9_u8, any::<bool>()).prop_map(|(from, to, lost)| Happening::Packet { from, to, lost }),
    ]
}

fn made_up(hosts: usize, happenings: &[Happening]) -> Story {
    let mut s = Story::new("Made up, with a title that may well be much longer than the picture is wide, who knows?");
    let roles = ["user", "mta", "name server", "router", "mta"];
    for n in 0..hosts {
        let name = ["a", "mail.green.example", "a-host-with-a-rather-long-name.in.some.example", "日本.example"][n % 4];
        s.host(&format!("{name}{n}"), roles[n % 5]);
    }
    let host = |n: u8| HostId(u32::from(n) % hosts as u32);
    let mut late = Vec::new();
    for h in happenings {
        match h {
            Happening::Wait(nanos) => s.wait(Duration::from_nanos(*nanos)),
            Happening::Say { from, to, server, text, latency, arrives } => {
                let (from, to) = (host(*from), host(*to));
                let side = if *server { Side::Server } else { Side::Client };
                let text = Octets(Chunk::copy_from(text.as_bytes()));
                let what = |direction, peer| What::Line { direction, side, peer, sealed: false, text: text.clone() };
                s.at(from, Some(ConnId(1)), what(Direction::Sent, to));
                if *arrives {
                    let now = s.now;
                    s.now += Duration::from_nanos(*latency);
                    let other = if *server { Side::Client } else { Side::Server };
                    let what =
                        What::Line { direction: Direction::Received, side: other, peer: from, sealed: false, text };
                    s.at(to, Some(ConnId(1)), what);
                    late.extend(s.records.pop());
                    s.now = now;
                }
            }
            Happening::Note { host: at, kind, text } => match kind {
                0 => s.composed(host(*at), 1, "", text, text),
                1 => s.deferred(host(*at), text, Duration::from_mins(15)),
                2 => s.condition(host(*at), Change::Host { host: host(*at), up: false }),
                3 => s.condition(host(*at), Change::Loss { a: host(*at), b: HostId(0), ppm: text.len() as u32 }),
                4 => s.attempt(host(*at), text, 2),
                _ => s.delivered(host(*at), text),
            },
            Happening::Session { from, to, latency } => {
                let latency = Duration::from_nanos(*latency % 200_000_000);
                s.hand_over(host(*from), host(*to), latency, "a@x", "b@y", None);
            }
            Happening::Packet { from, to, lost } => {
                s.packet(ConnId(1), host(*from), host(*to), "PSH ACK", 1460, ms(7), *lost, *lost);
            }
        }
    }
    s.records.extend(late);
    s.records.sort_by_key(|r| r.at);
    s
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn words_never_overlap(hosts in 1..9_usize, happenings in prop::collection::vec(happening(), 0..40), packets: bool) {
        let story = made_up(hosts, &happenings);
        check(&story, &Options { packets, max_rows: 150, ..Options::default() });
    }
}
