//! Segments that no honest peer sends.

use proptest::prelude::*;

use crate::net::tcp::{Config, Connection, Event, Flags, Segment, State, Timestamps};
use crate::octets::{Chunk, Rope};
use crate::sim::{Duration, Instant};

/// What happens to a connection; numbers near its own are likelier to hurt than random ones.
#[derive(Clone, Debug)]
enum Step {
    Segment {
        seq: i64,
        ack: i64,
        flags: u8,
        window: u16,
        len: usize,
        mss: Option<u16>,
        scale: Option<u8>,
        clock: Option<(i64, i64)>,
        blocks: Vec<(i64, i64)>,
    },
    Wait(u64),
    Send(usize),
    Close,
    Abort,
}

fn near() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => Just(0_i64),
        4 => -3_i64..4,
        2 => -3_000_i64..3_000,
        1 => -70_000_i64..70_000,
        1 => any::<u32>().prop_map(i64::from),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let segment = (
        near(),
        near(),
        prop_oneof![3 => Just(0x10_u8), 1 => any::<u8>()],
        prop_oneof![Just(0_u16), Just(1), any::<u16>()],
        prop_oneof![Just(0_usize), Just(1), 0..3_000_usize, Just(70_000)],
        any::<Option<u16>>(),
        any::<Option<u8>>(),
        proptest::option::of((near(), near())),
        prop_oneof![
            3 => Just(Vec::new()),
            2 => proptest::collection::vec((near(), near()), 1..6),
            1 => proptest::collection::vec((near(), near()), 6)
                .prop_map(|blocks| blocks.into_iter().cycle().take(1_000).collect()),
        ],
    )
        .prop_map(|(seq, ack, flags, window, len, mss, scale, clock, blocks)| Step::Segment {
            seq,
            ack,
            flags,
            window,
            len,
            mss,
            scale,
            clock,
            blocks,
        });
    prop_oneof![
        12 => segment,
        3 => (0_u64..3_000).prop_map(Step::Wait),
        2 => (0_usize..5_000).prop_map(Step::Send),
        1 => Just(Step::Close),
        1 => prop_oneof![9 => Just(Step::Wait(0)), 1 => Just(Step::Abort)],
    ]
}

fn finals(event: &Event) -> bool {
    matches!(event, Event::Closed | Event::Reset | Event::Refused | Event::TimedOut)
}

fn survive(base: Config, passive: bool, steps: &[Step], read: bool) {
    let mut now = Instant::from_nanos(1);
    let config = Config { receive_window_bytes: 20_000, ..base };
    let iss = 0xffff_fff0;
    let mut peer_next = 0xffff_ff00_u32;
    let mut end = if passive {
        let syn = Segment {
            seq: peer_next.wrapping_sub(1),
            flags: Flags::SYN,
            window: 500,
            sack_permitted: true,
            timestamps: Some(Timestamps { value: 5, echo: 0 }),
            ..Segment::default()
        };
        Connection::accept(now, &config, &syn, iss)
    } else {
        Connection::connect(&config, 1, 2, iss)
    };
    let memory = Chunk::from(vec![0; 70_000]);
    let (mut newest, mut ended, mut delivered) = (iss, 0, 0_u64);
    for step in steps {
        match step {
            Step::Segment { seq, ack, flags, window, len, mss, scale, clock, blocks } => end.handle_segment(
                now,
                &mut Segment {
                    seq: peer_next.wrapping_add(*seq as u32),
                    ack: newest.wrapping_add(*ack as u32),
                    flags: Flags::from_bits(*flags),
                    window: *window,
                    payload: Rope::from(memory.slice(0..*len)),
                    mss: *mss,
                    window_scale: *scale,
                    sack_permitted: true,
                    timestamps: clock.map(|(value, echo)| Timestamps {
                        value: 5_u32.wrapping_add(value as u32),
                        echo: ((now.as_nanos() / 1_000_000) as u32).wrapping_add(echo as u32),
                    }),
                    sack: (!blocks.is_empty()).then(|| {
                        let number = |n: i64| newest.wrapping_add(n as u32);
                        Box::new(blocks.iter().map(|(from, to)| (number(*from), number(*to))).collect())
                    }),
                    ..Segment::default()
                },
            ),
            Step::Wait(ms) => {
                now += Duration::from_millis(*ms);
                end.handle_timeout(now);
            }
            Step::Send(len) => end.send(now, memory.slice(0..*len)),
            Step::Close => end.close(now),
            Step::Abort => end.abort(now),
        }
        let mut out = 0;
        while let Some(segment) = end.poll_transmit(now) {
            newest = segment.seq.wrapping_add(segment.seq_len());
            if segment.flags.ack() && !segment.flags.rst() {
                peer_next = segment.ack;
            }
            assert!(segment.payload.len() <= usize::from(config.mss));
            out += 1;
            assert!(out < 10_000, "poll_transmit comes to an end");
        }
        while read && let Some(event) = end.poll_event() {
            assert_eq!(ended, 0, "nothing follows the final event");
            ended += usize::from(finals(&event));
            if let Event::Data(chunk) = event {
                delivered += chunk.len() as u64;
            }
        }
        assert!(end.out_of_order_bytes() <= 20_000, "memory stays bounded by the window");
        assert_eq!(read && ended > 0, read && end.state() == State::Closed);
        if end.state() == State::Closed {
            assert_eq!(end.poll_timeout(), None);
        }
        // Linux `TCP_MIN_SND_MSS` is 48 with options; timestamps take twelve of them.
        assert!(end.congestion_window() <= 1 << 31 && end.mss() >= 36);
    }
    if !read {
        while let Some(event) = end.poll_event() {
            if let Event::Data(chunk) = event {
                delivered += chunk.len() as u64;
            }
        }
        assert!(delivered <= 65_535, "what nobody reads stays within the window");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_segments_do_no_harm(
        base in prop_oneof![3 => Just(Config::default()), 1 => Just(Config::reno()), 1 => Just(Config::cubic())],
        passive in any::<bool>(),
        read in any::<bool>(),
        establish in any::<bool>(),
        mut steps in proptest::collection::vec(step(), 1..60),
    ) {
        if establish {
            let flags = if passive { 0x10 } else { 0x12 };
            steps.insert(0, Step::Segment {
                seq: 0, ack: 0, flags, window: 60_000, len: 0, mss: Some(1460), scale: None,
                clock: Some((0, 0)), blocks: Vec::new(),
            });
            steps.insert(0, Step::Wait(0));
        }
        survive(base, passive, &steps, read);
    }
}

#[test]
fn two_confused_ends_do_not_answer_each_other_for_ever() {
    let now = Instant::from_nanos(1);
    let config = Config::default();
    let open = |iss: u32, peer: u32| {
        let syn = Segment { seq: peer, flags: Flags::SYN, window: 9_000, ..Segment::default() };
        let mut end = Connection::accept(now, &config, &syn, iss);
        end.poll_transmit(now).unwrap();
        let mut ack = Segment { seq: peer + 1, ack: iss + 1, flags: Flags::ACK, window: 9_000, ..Segment::default() };
        end.handle_segment(now, &mut ack);
        end
    };
    let (mut a, mut b) = (open(1_000, 2_000), open(500_000, 900_000));
    let mut flying = vec![Segment { seq: 7, flags: Flags::ACK, ..Segment::default() }];
    let mut count = 0;
    while let Some(mut segment) = flying.pop() {
        count += 1;
        assert!(count < 10, "an ACK storm");
        let (to, _) = if count % 2 == 1 { (&mut a, 0) } else { (&mut b, 1) };
        to.handle_segment(now, &mut segment);
        while let Some(answer) = to.poll_transmit(now) {
            flying.push(answer);
        }
    }
}
