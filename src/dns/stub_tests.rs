//! A stub with more to ask than it has ports.

use super::*;
use crate::dns::testing::{at, ip, name};
use crate::sim::Streams;

/// A question that was sent: from which port, and what.
type Sent = (u16, Message);

fn stub() -> Stub {
    Stub::new(StubConfig::new(vec![ip(53)]), Streams::new(1).stream("stub"))
}

fn ask(stub: &mut Stub, millis: u64, number: usize) -> QueryId {
    stub.ask(at(millis), &name(&format!("d{number}.example")), RecordType::Mx)
}

/// What it does next: questions that are sent, and answers.
fn drain(stub: &mut Stub) -> (Vec<Sent>, Vec<(QueryId, Outcome)>) {
    let (mut sent, mut answers) = (Vec::new(), Vec::new());
    while let Some(output) = stub.poll_output() {
        match output {
            Output::SendUdp { local_port, bytes, .. } | Output::SendTcp { local_port, bytes, .. } => {
                sent.push((local_port, Message::decode(&bytes).unwrap()));
            }
            Output::Answer { query, lookup } => answers.push((query, lookup.outcome)),
            _ => {}
        }
    }
    (sent, answers)
}

fn respond(stub: &mut Stub, millis: u64, (port, query): &Sent) {
    let response = query.response(Rcode::NxDomain).encode();
    stub.handle_response(at(millis), SocketAddr::new(ip(53), PORT), *port, Transport::Udp, &response);
}

fn asked(sent: &Sent) -> String {
    sent.1.question.as_ref().unwrap().name.to_string()
}

#[test]
fn what_cannot_be_asked_now_waits_its_turn() {
    let mut stub = stub();
    let queries: Vec<QueryId> = (0..16_500).map(|number| ask(&mut stub, 0, number)).collect();
    let (sent, answers) = drain(&mut stub);
    assert_eq!((sent.len(), answers.len()), (16_000, 0), "none fails, none is sent beyond the limit");
    // Whoever asks what waits already waits with it.
    let again = ask(&mut stub, 0, 16_000);
    assert!(drain(&mut stub).0.is_empty());
    // Who is answered makes room for who has waited longest.
    respond(&mut stub, 10, &sent[7]);
    let (next, answers) = drain(&mut stub);
    assert_eq!(answers, [(queries[7], Outcome::NxDomain)]);
    assert_eq!(next.iter().map(asked).collect::<Vec<_>>(), ["d16000.example."]);
    respond(&mut stub, 20, &next[0]);
    let (next, answers) = drain(&mut stub);
    assert_eq!(answers, [(queries[16_000], Outcome::NxDomain), (again, Outcome::NxDomain)]);
    assert_eq!(next.iter().map(asked).collect::<Vec<_>>(), ["d16001.example."]);
    // A new question comes behind those that wait.
    ask(&mut stub, 30, 20_000);
    assert!(drain(&mut stub).0.is_empty());
    // The others are not answered: 5 s twice. What waited has its own ten seconds from when it is sent.
    stub.handle_timeout(at(5_000));
    let (second, answers) = drain(&mut stub);
    assert_eq!((second.len(), answers.len()), (15_999, 0));
    stub.handle_timeout(at(10_000));
    let (late, answers) = drain(&mut stub);
    assert_eq!(answers.len(), 15_999, "all that were sent at the beginning but the one that was answered");
    assert!(answers.iter().all(|(_, outcome)| *outcome == Outcome::Timeout));
    let fresh: Vec<_> = late.iter().filter(|sent| asked(sent) != "d16001.example.").collect();
    assert_eq!(fresh.len(), 499, "d16002 to d16499, and the new one");
    assert_eq!(asked(fresh[498]), "d20000.example.");
    for sent in fresh {
        respond(&mut stub, 14_900, sent);
    }
    let (_, answers) = drain(&mut stub);
    assert_eq!(answers.len(), 499);
    assert!(answers.iter().all(|(_, outcome)| *outcome == Outcome::NxDomain));
}

#[test]
fn a_host_without_a_port_does_not_blame_its_server() {
    for (why, outcome) in [(TcpFailure::Server, Outcome::Timeout), (TcpFailure::NoPort, Outcome::Busy)] {
        let mut stub = stub();
        let query = ask(&mut stub, 0, 1);
        for _ in 0..2 {
            let (sent, _) = drain(&mut stub);
            let (port, question) = &sent[0];
            let truncated = Message { truncated: true, ..question.response(Rcode::NoError) };
            let from = SocketAddr::new(ip(53), PORT);
            stub.handle_response(at(10), from, *port, Transport::Udp, &truncated.encode());
            let (over_tcp, _) = drain(&mut stub);
            stub.handle_tcp_failed(at(10), over_tcp[0].0, why);
        }
        assert_eq!(drain(&mut stub).1, [(query, outcome)]);
        assert_eq!(stub.poll_timeout(), None);
    }
    assert!(Outcome::Busy.is_temporary());
}
