//! The two logs: ballots and acts.
