//! What accredited observers see.
