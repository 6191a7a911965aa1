//! The `postroad` command.
use postroad::*;
use std::cell::RefCell;
use std::rc::Rc;

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let mut plan = scenario::load(&file, &text).unwrap_or_else(|d| panic!("{d:?}"));
    if let Ok(n) = std::env::var("PER_CONN") {
        for h in &mut plan.hosts {
            match &mut h.role {
                scenario::Role::User(u) => u.client.mails_per_connection = n.parse().unwrap(),
                scenario::Role::Mta(m) => m.client.mails_per_connection = n.parse().unwrap(),
                _ => {}
            }
        }
    }
    if let Ok(n) = std::env::var("COUNT") {
        for m in &mut plan.mail {
            m.count = n.parse().unwrap();
        }
    }
    let mut world =
        scenario::build(&plan, scenario::BuildOptions { seed: None, keep_mail: std::env::var("KEEP").is_ok() });
    let sink = Rc::new(RefCell::new(trace::jsonl::JsonLines::new(Vec::new(), std::env::args().nth(2).is_some())));
    if std::env::var("QUIET").is_err() {
        world.observe(Box::new(sink.clone()));
    }
    let t = std::time::Instant::now();
    world.start();
    let stop = world.run_until(sim::Instant::ZERO + plan.run_for, u64::MAX);
    world.finish();
    let report = world.audit();
    let e = t.elapsed();
    drop(world);
    let bytes = Rc::try_unwrap(sink).ok().unwrap().into_inner().into_inner().unwrap();
    print!("{}", String::from_utf8_lossy(&bytes));
    eprintln!("{stop:?} {report:?} {e:?}");
}
