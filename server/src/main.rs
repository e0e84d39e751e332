//! The casting server.
fn main() {}
