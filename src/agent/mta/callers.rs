//! Who may connect, as a server is set up with it.

use std::net::IpAddr;

/// Who may connect (Postfix, `smtpd_client_restrictions`; Windows, "Connection control"). Whom a scenario names are hosts,
/// and whom a server knows are addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Callers<T = IpAddr> {
    /// Everybody.
    #[default]
    All,
    /// These, and nobody else. Sorted.
    Only(Box<[T]>),
    /// Everybody but these. Sorted.
    AllBut(Box<[T]>),
}

impl<T: Ord> Callers<T> {
    /// Whether `caller` is among those who may.
    #[must_use]
    pub fn admits(&self, caller: &T) -> bool {
        match self {
            Callers::All => true,
            Callers::Only(some) => some.binary_search(caller).is_ok(),
            Callers::AllBut(some) => some.binary_search(caller).is_err(),
        }
    }

    /// Whether there is anybody who may not.
    #[must_use]
    pub fn are_chosen(&self) -> bool {
        !matches!(self, Callers::All)
    }

    /// The same, of all that of them stands for.
    #[must_use]
    pub fn flat_map<U: Ord, I: IntoIterator<Item = U>>(&self, each: impl FnMut(&T) -> I) -> Callers<U> {
        let (Callers::Only(some) | Callers::AllBut(some)) = self else { return Callers::All };
        let mut all: Vec<U> = some.iter().flat_map(each).collect();
        all.sort_unstable();
        all.dedup();
        match self {
            Callers::Only(_) => Callers::Only(all.into()),
            _ => Callers::AllBut(all.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_lets_in_or_keeps_out() {
        let some = || vec![2, 5].into_boxed_slice();
        let admitted = |callers: Callers<u8>| (1..=5).filter(|n| callers.admits(n)).collect::<Vec<_>>();
        assert_eq!(admitted(Callers::All), [1, 2, 3, 4, 5]);
        assert_eq!(admitted(Callers::Only(some())), [2, 5]);
        assert_eq!(admitted(Callers::AllBut(some())), [1, 3, 4]);
        assert!(admitted(Callers::Only([].into())).is_empty());
        // Each stands for several, in whatever order.
        let doubled = Callers::Only(some()).flat_map(|n| [n * 2, *n]);
        assert_eq!(doubled, Callers::Only([2, 4, 5, 10].into()));
    }
}
