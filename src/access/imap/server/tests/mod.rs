//! Sessions as data, and what holds for all of them.

mod dialogues;
mod garbage;
mod interleavings;
mod lazy;
mod picture;
mod player;
