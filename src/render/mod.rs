//! Pictures and their text twins, drawn from a trace.
