//! Whether fields of a message are written so that they can be read: addresses, dates, identifiers (RFC 5322 §3.6).

use super::super::trail::moment;
use super::addresses::{addresses, is_identifier};
use super::flaw::{Defects, Flaw};
use super::header::HeaderField;

/// Fields with addresses. Only Bcc may be empty (RFC 5322 §3.6.3).
const ADDRESSES: [&str; 11] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Bcc",
];
const DATES: [&str; 2] = ["Date", "Resent-Date"];
const IDENTIFIERS: [&str; 2] = ["Message-ID", "Resent-Message-ID"];

/// No date is longer.
const LONGEST_DATE: usize = 1_000;

fn one_of(names: &[&'static str], field: &HeaderField<'_>) -> Option<&'static str> {
    names.iter().copied().find(|name| field.is(name))
}

/// Looks at a field of a message that begins at `base`. Says how many mailboxes it has, where it is one with addresses that
/// can be read.
pub(super) fn check(field: &HeaderField<'_>, base: usize, part: usize, defects: &mut Defects) -> Option<u64> {
    let at = base + field.at;
    // Very long header sections have other fields.
    if !field.name.first().is_some_and(|b| b"FSRTCBDMfsrtcbdm".contains(b)) {
        return None;
    }
    if let Some(name) = one_of(&ADDRESSES, field) {
        if field.value.trim_ascii().is_empty() {
            if !name.ends_with("Bcc") {
                defects.add(part, at, Flaw::EmptyField { field: name });
            }
            return None;
        }
        match addresses(field.value) {
            Ok(found) => {
                if found.mailboxes + found.groups == 0 && !name.ends_with("Bcc") {
                    defects.add(part, at, Flaw::EmptyField { field: name });
                } else if name.ends_with("Sender") && found.mailboxes > 1 {
                    defects.add(part, at, Flaw::ManySenders { field: name });
                }
                return Some(found.mailboxes);
            }
            Err(place) => defects.add(part, base + field.value_at + place, Flaw::BadAddresses { field: name }),
        }
    } else if let Some(name) = one_of(&DATES, field) {
        date(field, name, at, part, defects);
    } else if let Some(name) = one_of(&IDENTIFIERS, field)
        && !is_identifier(field.value)
    {
        defects.add(part, at, Flaw::BadIdentifier { field: name });
    }
    None
}

fn date(field: &HeaderField<'_>, name: &'static str, at: usize, part: usize, defects: &mut Defects) {
    let value = &field.value[..field.value.len().min(LONGEST_DATE)];
    let text = String::from_utf8_lossy(value);
    let Some(moment) = moment(&text) else {
        defects.add(part, at, Flaw::BadDate { field: name });
        return;
    };
    let local = moment.unix_secs + i64::from(moment.zone_minutes.unwrap_or(0)) * 60;
    let is = weekday(local);
    // Only what has a comma behind it is one for sure (RFC 5322 §3.3).
    if let Some((said, _)) = text.split_once(',')
        && said.trim().bytes().all(|b| b.is_ascii_alphabetic())
        && !said.trim().get(..3).is_some_and(|said| said.eq_ignore_ascii_case(&is[..3]))
    {
        defects.add(part, at, Flaw::Weekday { field: name, is });
    }
}

/// The weekday of a moment, in seconds since 1970.
fn weekday(unix_secs: i64) -> &'static str {
    const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    let day = unix_secs.div_euclid(86_400).rem_euclid(7);
    DAYS[usize::try_from(day).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(field: &str) -> Vec<&'static str> {
        let mut defects = Defects::default();
        let field = super::super::header::fields(field.as_bytes()).next().unwrap();
        check(&field, 0, 0, &mut defects);
        defects.list.iter().map(|defect| defect.what.code()).collect()
    }

    #[test]
    fn dates_have_their_weekday() {
        for (date, code) in [
            ("Mon, 5 Jan 2026 09:00:00 +0000", ""),
            ("Monday, 5 Jan 2026 09:00:00 +0000", ""),
            ("5 Jan 2026 09:00:00 +0000", ""),
            ("Tue, 5 Jan 2026 09:00:00 +0000", "weekday"),
            // What counts is the day where the clock hangs.
            ("Tue, 6 Jan 2026 00:30:00 +0100", ""),
            ("Sun, 4 Jan 2026 23:30:00 -0500", ""),
            ("Thu, 1 Jan 1970 00:00:00 +0000", ""),
            ("Wed, 31 Dec 1969 23:59:59 +0000", ""),
            ("Xyz, 5 Jan 2026 09:00:00 +0000", "weekday"),
            (", 5 Jan 2026 09:00:00 +0000", "weekday"),
            ("Mon, 31 Feb 2026 09:00:00 +0000", "bad-date"),
            ("the day before yesterday", "bad-date"),
            ("", "bad-date"),
        ] {
            let found = codes(&format!("Date: {date}\r\n"));
            assert_eq!(found, if code.is_empty() { vec![] } else { vec![code] }, "{date}");
        }
    }
}
