//! Logins without a protocol around them. The thousands of rounds of SCRAM are done once for each salt, as clients and servers
//! remember them.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use postroad::sasl::{Accounts, Client, Login, Mechanism, Nonce, Server, Step};

fn log_in(accounts: &Accounts, login: &Login, mechanism: Mechanism) -> bool {
    let nonce = |text: &str| Nonce::from_text(text).expect("a nonce");
    let mut client = Client::new(mechanism, login.clone(), nonce("client")).expect("nobody acts as another");
    let mut server = Server::new(mechanism, nonce("server"), "mx.blue.example");
    let initial = client.initial_response();
    let mut step = server.begin(accounts, initial.as_ref().map(|response| response.octets()));
    while let Step::Challenge(challenge) = step {
        let response = client.respond(&challenge).expect("a server that knows the password");
        step = server.accept(accounts, response.octets());
    }
    matches!(step, Step::Done { .. })
}

pub(crate) fn benches(c: &mut Criterion) {
    let mut accounts = Accounts::default();
    accounts.add("alice@green.example", &"sesame".into()).expect("a name and a password");
    let login = Login::new("alice@green.example", &"sesame".into()).expect("a name and a password");
    let mut group = c.benchmark_group("sasl");
    for mechanism in Mechanism::ALL {
        assert!(log_in(&accounts, &login, mechanism));
        group.bench_function(BenchmarkId::new("login", mechanism.name()), |b| {
            b.iter(|| black_box(log_in(&accounts, &login, mechanism)));
        });
    }
    group.finish();
}
