//! "Did you mean": which known name is nearest to what was written.

/// How many single letters must be put in, left out, exchanged or swapped with a neighbour to turn one text into the
/// other (optimal string alignment).
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let exchange = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = exchange.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// The known name nearest to `written`, where one is near enough to be meant: a third of its letters may differ.
/// Upper and lower case, `_`, `-` and spaces count as the same.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 100;
    // The cost is bounded: a scenario may have many thousands of names, and many mistakes.
    const MOST: usize = 5000;
    // Where a standard's word begins with a digit, a name for it cannot.
    let spelled = |text: String| match (text.strip_prefix('8'), text.strip_prefix('7')) {
        (Some(rest), _) => format!("eight{rest}"),
        (_, Some(rest)) => format!("seven{rest}"),
        _ => text,
    };
    let plain = |text: &str| spelled(text.to_lowercase().replace(['-', ' '], "_"));
    let wanted = plain(written);
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let allowed = (wanted.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for name in known.into_iter().take(MOST) {
        if name.len().abs_diff(wanted.len()) > allowed * 4 || name.len() > LONGEST {
            continue;
        }
        let far = distance(&wanted, &plain(name));
        if far <= allowed && best.is_none_or(|(d, _)| far < d) {
            best = Some((far, name));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, far) in
            [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("form", "from", 1), ("grün", "grun", 1)]
        {
            assert_eq!(distance(a, b), far, "{a} {b}");
            assert_eq!(distance(b, a), far, "{b} {a}");
        }
    }

    #[test]
    fn near_names() {
        let known = ["latency", "loss", "bandwidth", "mtu"];
        assert_eq!(nearest("latencey", known), Some("latency"));
        assert_eq!(nearest("bandwith", known), Some("bandwidth"));
        assert_eq!(nearest("Loss", known), Some("loss"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }
}
