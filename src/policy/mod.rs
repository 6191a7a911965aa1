//! Judgement: greylisting and limits.
