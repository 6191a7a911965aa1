//! Numbers for people.

/// `1 byte`, `2 bytes`, `1 234 bytes`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A number with its thousands set apart.
#[must_use]
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    // Years and ports read better whole.
    if digits.len() <= 4 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(d);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([0, 999, 2048, 10_000, 1_234_567].map(number), ["0", "999", "2048", "10 000", "1 234 567"]);
        assert_eq!(counted(1, "mail", "mails"), "1 mail");
    }
}
