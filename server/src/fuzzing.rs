//! What fuzz targets reach beside the public items (`fuzz/README.md`): decoders that nothing else outside may call,
//! and the whole interface without sockets. A property that does not hold is a finding, and panics.

pub use crate::access::fuzzing::{attempt, contact};
pub use crate::cast::fuzzing::intent;
pub use crate::http::fuzzing::{Interface, balancer, headers};
