//! Plays the exchanges of `tests/sasl`, whose format `tests/sasl/README.md` describes, and both ends against each other.

use std::path::Path;

use data_encoding::BASE64;

use super::*;

const HOST: &str = "postoffice.reston.mci.net";

/// The accounts of the README.
pub(super) fn accounts() -> Accounts {
    let mut accounts = Accounts::new(ScramConfig::default());
    let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    accounts.add_with_salt("user", &"pencil".into(), salt).unwrap();
    for (user, password) in
        [("tim", "tanstaaftanstaaf"), ("Kurt", "xipj3plmq"), ("a=b,c", "comma"), ("John Smith", "sesame open")]
    {
        accounts.add(user, &password.into()).unwrap();
    }
    accounts
}

pub(super) fn nonce(text: &str) -> Nonce {
    Nonce::from_text(text).unwrap()
}

pub(super) fn login(user: &str, password: &str) -> Login {
    Login::new(user, &password.into()).unwrap()
}

/// `{x*20}` stands for twenty times `x`; then `\xNN` and `\\` for bytes.
fn unescape(text: &str) -> Vec<u8> {
    let mut text = text.to_owned();
    while let Some(open) = text.find('{') {
        let close = text[open..].find('}').map(|at| open + at).expect("a closing brace");
        let (piece, times) = text[open + 1..close].rsplit_once('*').expect("{text*times}");
        let repeated = piece.repeat(times.parse().expect("a number of times"));
        text.replace_range(open..=close, &repeated);
    }
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' if bytes.clone().next() == Some(b'x') => {
                let digits = [bytes.nth(1).unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            b'\\' => out.push(bytes.next().expect("something behind a backslash")),
            b => out.push(b),
        }
    }
    out
}

/// The inverse, for what an end says.
fn show(who: &str, octets: &[u8]) -> String {
    let mut line = format!("{who}:");
    for (at, &b) in octets.iter().enumerate() {
        line += if at == 0 { " " } else { "" };
        match b {
            b'\\' => line += "\\\\",
            b' '..=b'~' => line.push(b as char),
            b => line += &format!("\\x{b:02x}"),
        }
    }
    line
}

fn show_step(step: &Step) -> String {
    match step {
        Step::Challenge(octets) => show("S", octets),
        Step::Done { identity } => format!("done: {identity}"),
        Step::Failed { reason } => format!("failed: {reason:?}"),
    }
}

fn show_answer(answer: &Result<Response, ClientError>) -> String {
    match answer {
        Ok(response) => show("C", response.octets()),
        Err(error) => format!("error: {error}"),
    }
}

/// What stands behind the prefix, without the space between.
fn behind<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(prefix)?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// What the server says to a line of a case; `None` if the line is not for it.
fn to_server(server: &mut Server, accounts: &Accounts, line: &str) -> Option<Step> {
    if line == "AUTH" {
        return Some(server.begin_line(accounts, None));
    }
    if let Some(argument) = line.strip_prefix("AUTH =") {
        return Some(server.begin_line(accounts, Some(&unescape(argument))));
    }
    if let Some(initial) = line.strip_prefix("AUTH ") {
        return Some(server.begin(accounts, Some(&unescape(initial))));
    }
    if let Some(octets) = behind(line, "C:") {
        return Some(server.accept(accounts, &unescape(octets)));
    }
    behind(line, "C=").map(|octets| server.accept_line(accounts, &unescape(octets)))
}

/// What the client says to a line of a case; `None` if the line is not for it.
fn to_client(client: &mut Client, line: &str) -> Option<String> {
    match line {
        "initial" => {
            return Some(client.initial_response().map_or("none".to_owned(), |said| show_answer(&Ok(said))));
        }
        "yes" => return Some(client.finish().map_or_else(|error| format!("error: {error}"), |()| "ok".to_owned())),
        _ => {}
    }
    if let Some(octets) = behind(line, "S:") {
        return Some(show_answer(&client.respond(&unescape(octets))));
    }
    behind(line, "S=").map(|octets| show_answer(&client.respond_line(&unescape(octets))))
}

/// The case as it goes: what is given to the end under test, and what that says to it.
fn play(lines: &[&str], accounts: &Accounts) -> Vec<String> {
    let mut went = vec![lines[0].to_owned()];
    let words: Vec<&str> = lines[0].split(' ').collect();
    let mechanism: Mechanism = words[1].parse().expect("a mechanism");
    let inputs = |line: &&&str| !["done:", "failed:", "error:", "ok", "none"].iter().any(|o| line.starts_with(o));
    let given = lines[1..].iter().filter(inputs);
    if words[0] == "server:" {
        let mut server = Server::new(mechanism, nonce(words[2]), HOST);
        assert_eq!(server.mechanism(), mechanism);
        for line in given {
            if let Some(step) = to_server(&mut server, accounts, line) {
                went.extend([(*line).to_owned(), show_step(&step)]);
            }
        }
        return went;
    }
    let mut login = login(words[3], words[4]);
    if let Some(authzid) = words.get(5) {
        login = login.acting_as(authzid).unwrap();
    }
    match Client::new(mechanism, login, nonce(words[2])) {
        Err(error) => went.push(format!("error: {error}")),
        Ok(mut client) => {
            assert_eq!(client.mechanism(), mechanism);
            for line in given {
                if let Some(said) = to_client(&mut client, line) {
                    went.extend([(*line).to_owned(), said]);
                }
            }
        }
    }
    went
}

#[test]
fn exchanges_go_as_the_cases_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sasl");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    let accounts = accounts();
    let mut played = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let lines: Vec<&str> = lines.collect();
        for case in lines.split(|line| line.starts_with("# ")).filter(|case| !case.is_empty()) {
            assert_eq!(play(case, &accounts), case, "{}", file.display());
            played += 1;
        }
    }
    assert!(played > 100, "{played} cases");
}

/// Plays a client against a server, line by line as a protocol carries them, until the server has a verdict.
fn wire(
    mechanism: Mechanism,
    login: Login,
    with_command: bool,
    accounts: &Accounts,
) -> (Step, Result<(), ClientError>) {
    let mut client = Client::new(mechanism, login, nonce("CLI")).unwrap();
    let mut server = Server::new(mechanism, nonce("SRV"), HOST);
    let initial = if with_command { client.initial_response() } else { None };
    let argument = initial.map(|response| response.initial());
    let mut step = server.begin_line(accounts, argument.as_ref().map(|text| text.as_bytes()));
    while let Some(line) = step.challenge_line() {
        let said = client.respond_line(line.as_bytes()).map(|response| response.line());
        step = server.accept_line(accounts, said.as_deref().unwrap_or(line::CANCEL).as_bytes());
    }
    (step, client.finish())
}

#[test]
fn both_ends_understand_each_other() {
    let accounts = accounts();
    for mechanism in Mechanism::ALL {
        for with_command in [false, true] {
            for (user, password) in [("user", "pencil"), ("a=b,c", "comma"), ("John Smith", "sesame\u{A0}open")] {
                let (step, finished) = wire(mechanism, login(user, password), with_command, &accounts);
                assert_eq!(step, Step::Done { identity: user.to_owned() }, "{mechanism}");
                assert_eq!(finished, Ok(()), "{mechanism}");
            }
            for (user, password, reason) in [
                ("user", "pencils", Refusal::WrongPassword),
                ("users", "pencil", Refusal::UnknownUser),
                ("tim", "pencil", Refusal::WrongPassword),
            ] {
                let (step, _) = wire(mechanism, login(user, password), with_command, &accounts);
                assert_eq!(step, Step::Failed { reason }, "{mechanism} {user}");
                assert!(!reason.is_protocol_error());
            }
        }
    }
}

#[test]
fn a_client_notices_a_server_that_does_not_know_the_password() {
    // Who plays the server with a password of his own cannot even check the proof; so he says yes, and guesses.
    let mut client = Client::new(Mechanism::ScramSha256, login("user", "pencil"), nonce("CLI")).unwrap();
    let mut fake = Accounts::new(ScramConfig::default());
    fake.add("user", &"guess".into()).unwrap();
    let mut server = Server::new(Mechanism::ScramSha256, nonce("SRV"), HOST);
    let first = client.initial_response().unwrap();
    let Step::Challenge(salt) = server.begin(&fake, Some(first.octets())) else { panic!("a salt") };
    let proof = client.respond(&salt).unwrap();
    assert_eq!(server.accept(&fake, proof.octets()), Step::Failed { reason: Refusal::WrongPassword });
    let guess = format!("v={}", BASE64.encode(&[0; 32]));
    assert_eq!(client.respond(guess.as_bytes()), Err(ClientError::WrongSignature));
    assert_eq!(client.finish(), Err(ClientError::EarlySuccess));
}

#[test]
fn a_client_that_logs_in_often_and_a_server_make_their_keys_once() {
    let (accounts, login) = (accounts(), login("user", "pencil"));
    let first = wire(Mechanism::ScramSha256, login.clone(), true, &accounts);
    // What both remember is shared by copies, and changes nothing.
    assert_eq!(wire(Mechanism::ScramSha256, login.clone(), true, &accounts.clone()), first);
    assert_eq!(first.1, Ok(()));
}

#[test]
fn nothing_that_an_end_shows_is_a_password() {
    let accounts = accounts();
    for mechanism in Mechanism::ALL {
        let mut client = Client::new(mechanism, login("user", "pencil"), nonce("CLI")).unwrap();
        let mut server = Server::new(mechanism, nonce("SRV"), HOST);
        let initial = client.initial_response();
        let mut shown = format!("{client:?} {initial:?} {server:?}");
        let mut step = server.begin(&accounts, initial.as_ref().map(Response::octets));
        while let Step::Challenge(challenge) = &step {
            let said = client.respond(challenge).unwrap();
            step = server.accept(&accounts, said.octets());
            shown += &format!("{client:?} {said:?} {server:?} {step:?}");
        }
        shown += &format!("{accounts:?}");
        assert_eq!(step, Step::Done { identity: "user".to_owned() });
        assert!(!shown.contains("pencil") && !shown.contains("cGVuY2ls"), "{mechanism}: {shown}");
        assert!(shown.contains("***"), "{shown}");
    }
}
