//! Whole numbers of the command line.

/// A reader of whole numbers from `least` to `most`, with a sentence for everything else.
pub(super) fn whole<T: TryFrom<u64>>(least: u64, most: u64) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse::<u64>().ok().filter(|n| (least..=most).contains(n));
        number.and_then(|n| T::try_from(n).ok()).ok_or_else(|| match most {
            u64::MAX => format!("expected a whole number from {least} on"),
            most => format!("expected a whole number from {least} to {most}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_refused() {
        let read = whole::<u16>(40, 1000);
        assert_eq!((read("40"), read("+1000")), (Ok(40), Ok(1000)));
        for bad in ["", "-3", "39", "1001", "4e1", "99999999999999999999", "++40"] {
            assert_eq!(read(bad), Err("expected a whole number from 40 to 1000".into()), "{bad}");
        }
        assert_eq!(whole::<u64>(0, u64::MAX)("-1"), Err("expected a whole number from 0 on".into()));
    }
}
