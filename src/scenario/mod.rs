//! Scenario files: text to world.
