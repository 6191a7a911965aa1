//! Hosts on the graph: dispatch, observation, audit.
