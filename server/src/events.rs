//! The hash-chained log of events.
