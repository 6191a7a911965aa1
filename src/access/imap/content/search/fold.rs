//! Text as it is compared: without the difference of upper and lower case.

/// Text in which upper and lower case are the same, in all alphabets (`ß` is as `ss`).
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            // There and back again: some letters have two small forms.
            out.extend(c.to_uppercase().flat_map(char::to_lowercase));
        }
    }
    out
}

/// The same of the value of a field, with white space as single spaces: where it was folded makes no difference.
pub(super) fn fold_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    fold(&out)
}
