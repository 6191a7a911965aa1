//! What can go wrong with an input: diagnostics with a place, a reason and a hint.
