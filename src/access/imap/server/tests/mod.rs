//! Sessions as data, and what holds for all of them.

mod dialogues;
mod interleavings;
mod picture;
mod player;
