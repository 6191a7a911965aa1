//! The command line: the only code that touches files, the terminal and the clock.
