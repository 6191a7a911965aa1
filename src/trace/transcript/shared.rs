//! Texts that come again and again, kept once.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

/// So many different ones are remembered at most: enough for the addresses of a scenario, and little where each text
/// comes once.
const MOST: usize = 1 << 12;

/// A memory of what was shared last. It never grows beyond its bounds: of two texts with the same place, the later stays.
#[derive(Debug)]
pub(super) struct Shared<T: ?Sized> {
    places: Vec<Option<Arc<T>>>,
}

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared { places: Vec::new() }
    }
}

impl<T: ?Sized + Hash + Eq> Shared<T> {
    /// The same, as it is remembered; if it is not, it is from now on.
    pub(super) fn share(&mut self, it: &Arc<T>) -> Arc<T> {
        if let Some(known) = self.find(it) {
            return known;
        }
        if self.places.is_empty() {
            self.places.resize_with(MOST, || None);
        }
        self.places[place(&**it)] = Some(Arc::clone(it));
        Arc::clone(it)
    }

    /// What is remembered and the same.
    pub(super) fn find(&self, it: &T) -> Option<Arc<T>> {
        self.places.get(place(it))?.as_ref().filter(|known| ***known == *it).cloned()
    }
}

fn place<T: ?Sized + Hash>(it: &T) -> usize {
    // The high half of these hashes is the better one.
    (FxBuildHasher.hash_one(it) >> 32) as usize % MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_kept_once_and_no_more_than_there_is_room_for() {
        let mut shared = Shared::default();
        let first: Arc<str> = shared.share(&"alice@green.example".into());
        assert!(Arc::ptr_eq(&first, &shared.share(&"alice@green.example".into())));
        for n in 0..3 * MOST {
            assert_eq!(*shared.share(&format!("user{n}").into()), *format!("user{n}"));
        }
        assert_eq!(shared.places.len(), MOST);
    }
}
