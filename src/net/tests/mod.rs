//! The network without a world: hosts here do what a test tells them.

mod buffers;
mod filters;
mod forgetting;
mod harness;
mod hosts;
mod waiting;
