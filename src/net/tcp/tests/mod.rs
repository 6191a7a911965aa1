//! Tests of the whole machine, grouped by what they look at.
