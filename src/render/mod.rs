//! Pictures and their text twins, drawn from a trace.
//!
//! Every picture is a function of a [`Roster`](crate::trace::Roster) and its records: it needs no simulator, no font, no
//! file and no clock, and the same trace gives the same bytes on every machine. [`ladder`] shows who said what to whom
//! and when; [`map`] shows the hosts, their links and the way that a mail took; [`waterfall`] shows where the time of a mail went.
//!
//! A picture is made in three steps that know nothing of each other: records become a model, a layout gives every mark
//! and word a place (`scene`), and `paint` draws that with plotters. [`svg`] and [`page`] are the one place for
//! the escapes of SVG and HTML, and for tables and figures on a page.

mod icons;
pub mod ladder;
pub mod map;
pub mod page;
mod paint;
mod palette;
mod scene;
pub mod svg;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod testing;
mod text_width;
mod time_axis;
pub mod waterfall;
