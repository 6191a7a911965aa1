//! The floors of the house: who may use whom, and what may not be used below the doors.

use std::collections::{BTreeMap, BTreeSet};

use super::source::sources;

/// Module, floor, and what it may use. `design.md` gives the reasons; this table is what is enforced.
const TABLE: &[(&str, u32, &[&str])] = &[
    ("sim", 0, &[]),
    ("octets", 0, &[]),
    ("diag", 0, &[]),
    ("identity", 0, &[]),
    // Same floor: what seals bytes knows neither packets nor mail.
    ("tls", 0, &["sim", "octets"]),
    // Same floor: how somebody proves who he is, whatever protocol carries it.
    ("sasl", 0, &["octets"]),
    // Same floor, but plain data: records name times and hold bytes.
    ("trace", 0, &["sim", "octets"]),
    // The west wing carries bytes and knows no mail.
    ("net", 1, &["sim", "octets", "tls"]),
    // The east wing knows mail and carries nothing.
    ("dns", 1, &["identity", "sim", "octets"]),
    ("smtp", 1, &["identity", "sim", "octets", "sasl"]),
    ("mime", 1, &["identity", "sim", "octets"]),
    // Captures look at packets and at nothing else.
    ("capture", 2, &["sim", "octets", "diag", "trace", "net"]),
    ("policy", 2, &["identity", "mime", "dns", "smtp", "sim", "octets"]),
    ("queue", 2, &["identity", "mime", "smtp", "sim", "octets"]),
    ("store", 2, &["identity", "mime", "sim", "octets"]),
    // Same floor: who reads what lies there. POP3 has SMTP's lines and dots (RFC 1939 §3).
    ("access", 2, &["identity", "mime", "smtp", "sim", "octets", "sasl", "store"]),
    // Agents never see a packet: no `net`.
    (
        "agent",
        3,
        &[
            "sim", "octets", "trace", "identity", "mime", "dns", "smtp", "policy", "queue", "store", "access", "tls",
            "sasl",
        ],
    ),
    // Faults are data of the world, and some of them are about names.
    ("world", 4, &["sim", "octets", "trace", "net", "agent", "dns", "tls"]),
    (
        "scenario",
        5,
        &[
            "sim", "octets", "diag", "trace", "identity", "net", "dns", "smtp", "mime", "policy", "queue", "store",
            "access", "tls", "agent", "world", "sasl",
        ],
    ),
    // Workloads are scenarios that nobody has to write.
    ("workload", 6, &["sim", "octets", "diag", "trace", "identity", "agent", "world", "scenario"]),
    // A stored trace can be drawn without a simulator.
    ("render", 5, &["sim", "octets", "trace"]),
    (
        "cli",
        7,
        &[
            "sim", "octets", "diag", "trace", "identity", "net", "dns", "smtp", "mime", "capture", "policy", "queue",
            "store", "agent", "world", "scenario", "render", "workload",
        ],
    ),
];

/// What may not stand in the code of floors 0 to 6, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("std::fs", "files belong to the doors"),
    ("std::env", "the environment belongs to the doors"),
    ("std::process", "processes belong to the doors"),
    ("std::thread", "a run is one thread"),
    ("std::time", "time is an argument"),
    ("SystemTime", "time is an argument"),
    ("TcpStream", "the network is simulated"),
    ("TcpListener", "the network is simulated"),
    ("UdpSocket", "the network is simulated"),
    ("println!", "the terminal belongs to the doors"),
    ("print!(", "the terminal belongs to the doors"),
    ("stdout()", "the terminal belongs to the doors"),
    ("stderr()", "the terminal belongs to the doors"),
    ("dbg!", "left over"),
    ("estimate_text_size", "plotters asks the system for fonts; `render::text_width` measures"),
    ("layout_box(", "plotters asks the system for fonts; `render::text_width` measures"),
    ("todo!", "left over"),
    ("unimplemented!", "left over"),
    ("unsafe ", "forbidden"),
    ("HashMap", "its order is another one in every run; FxHashMap or BTreeMap"),
    ("HashSet", "its order is another one in every run; FxHashSet or BTreeSet"),
];

/// Where a forbidden word may stand all the same: file, word, reason.
const EXCUSED: &[(&str, &str, &str)] = &[
    ("scenario/check/", "HashMap", "looked up by name while a file is checked, never iterated"),
    ("scenario/check/", "HashSet", "looked up by name while a file is checked, never iterated"),
    ("scenario/read.rs", "HashMap", "looked up by name while a file is read, never iterated"),
    ("scenario/read.rs", "HashSet", "looked up by name while a file is read, never iterated"),
    ("scenario/judge/", "HashMap", "looked up; what is listed out of it is sorted first"),
    ("scenario/judge/", "HashSet", "looked up; what is listed out of it is sorted first"),
];

/// Longest file, its tests left out.
const MOST_LINES: usize = 700;

#[test]
fn the_table_itself_only_looks_down() {
    let floor: BTreeMap<&str, u32> = TABLE.iter().map(|(m, f, _)| (*m, *f)).collect();
    for (module, height, uses) in TABLE {
        for used in *uses {
            let below = floor[used] < *height
                || (["trace", "tls", "sasl"].contains(module) && ["sim", "octets"].contains(used))
                || (*module == "access" && *used == "store");
            assert!(below, "{module} (floor {height}) may not use {used} (floor {})", floor[used]);
        }
    }
}

#[test]
fn imports_keep_to_the_floors() {
    let modules: BTreeSet<&str> = TABLE.iter().map(|(m, _, _)| *m).collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources() {
        let Some(module) = source.module().map(str::to_owned) else { continue };
        seen.insert(module.clone());
        if source.is_test() {
            continue;
        }
        let Some((_, _, may)) = TABLE.iter().find(|(m, _, _)| *m == module) else {
            wrong.push(format!("{}: the module {module} has no floor", source.path));
            continue;
        };
        for used in source.uses() {
            if modules.contains(used.as_str()) && used != module && !may.contains(&used.as_str()) {
                wrong.push(format!("{}: {module} may not use {used}", source.path));
            }
        }
    }
    for module in modules {
        if !seen.contains(module) {
            wrong.push(format!("the table has {module}, the source has not"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_module_uses_itself_in_a_circle() {
    // The table cannot have circles; this asks the source itself, whatever the table says.
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources().iter().filter(|s| !s.is_test()) {
        if let Some(module) = source.module() {
            uses.entry(module.to_owned()).or_default().extend(source.uses());
        }
    }
    for start in uses.keys() {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&String> = uses[start].iter().filter(|u| *u != start).collect();
        while let Some(module) = next.pop() {
            assert_ne!(module, start, "{start} leads back to itself");
            if reached.insert(module) {
                next.extend(uses.get(module).into_iter().flatten().filter(|u| *u != module));
            }
        }
    }
}

#[test]
fn nothing_below_the_doors_reaches_outside() {
    let mut wrong = Vec::new();
    for source in sources() {
        if source.module().is_none_or(|m| m == "cli") || source.is_test() {
            continue;
        }
        for (number, line) in source.code().lines().enumerate() {
            for (word, why) in FORBIDDEN {
                let stands = line.match_indices(word).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                });
                let excused = EXCUSED.iter().any(|(path, w, _)| source.path.starts_with(path) && w == word);
                if stands && !excused {
                    wrong.push(format!("src/{}:{}: {word}: {why}", source.path, number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_has_its_man_page_and_is_short() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") && !source.is_test() {
            wrong.push(format!("src/{}: does not begin with //!", source.path));
        }
        let lines = source.lines_before_tests();
        if !source.is_test() && lines > MOST_LINES {
            wrong.push(format!("src/{}: {lines} lines; {MOST_LINES} are enough", source.path));
        }
        for word in ["todo!", "unimplemented!", "unsafe {", "unsafe fn"] {
            if source.text.contains(word) {
                wrong.push(format!("src/{}: {word}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
