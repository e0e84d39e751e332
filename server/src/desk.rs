//! What staff may do, and with whose signature.
