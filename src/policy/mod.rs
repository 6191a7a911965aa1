//! Judgement: greylisting and limits.
//!
//! A policy says what it thinks of a mail; the agent that asked turns that into a reply.

pub mod greylist;
