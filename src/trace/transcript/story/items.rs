//! The items of a story, by number. Those that are told and done leave at the front; the others keep their numbers.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use super::item::Item;
use crate::sim::Instant;

/// See the [module](self).
#[derive(Clone, Default)]
pub(super) struct Items {
    /// The number of the first that is still here.
    first: usize,
    list: VecDeque<(Instant, Item)>,
}

impl Items {
    /// The number of the first that is still here.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// The number that the next one will have.
    pub(super) fn end(&self) -> usize {
        self.first + self.list.len()
    }

    pub(super) fn push(&mut self, at: Instant, item: Item) -> usize {
        self.list.push_back((at, item));
        self.end() - 1
    }

    pub(super) fn front(&self) -> Option<&(Instant, Item)> {
        self.list.front()
    }

    pub(super) fn pop_front(&mut self) -> Option<(Instant, Item)> {
        let item = self.list.pop_front()?;
        self.first += 1;
        Some(item)
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut Item> {
        self.list.get_mut(number.checked_sub(self.first)?).map(|(_, item)| item)
    }

    pub(super) fn get(&self, number: usize) -> Option<&Item> {
        self.list.get(number.checked_sub(self.first)?).map(|(_, item)| item)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &(Instant, Item)> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut (Instant, Item)> {
        self.list.iter_mut()
    }
}

impl Index<usize> for Items {
    type Output = (Instant, Item);
    fn index(&self, number: usize) -> &(Instant, Item) {
        &self.list[number - self.first]
    }
}

impl IndexMut<usize> for Items {
    fn index_mut(&mut self, number: usize) -> &mut (Instant, Item) {
        &mut self.list[number - self.first]
    }
}

impl FromIterator<(Instant, Item)> for Items {
    fn from_iter<T: IntoIterator<Item = (Instant, Item)>>(items: T) -> Items {
        Items { first: 0, list: items.into_iter().collect() }
    }
}

impl IntoIterator for Items {
    type Item = (Instant, Item);
    type IntoIter = std::collections::vec_deque::IntoIter<(Instant, Item)>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
