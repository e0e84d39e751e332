//! Bounded discrete logarithms.
