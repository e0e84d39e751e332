//! `observer`

use escrutinio_core::ids::hex;
use escrutinio_server::access::secret::Secret;
use escrutinio_server::desk::staff::observer_hash;
use escrutinio_server::random;

use super::{Failure, say};

/// Draws a token: it is handed to the observer, and the server keeps its hash.
pub(super) fn run(name: &str) -> Result<(), Failure> {
    if name.contains([':', '"', '\\']) {
        return Err(Failure::Usage("a name has no colon, quotation mark or backslash".to_owned()));
    }
    let token = Secret::encode(&random::bytes::<18>());
    let hash = hex(&observer_hash(token.expose()));
    say(&format!(
        "token {}\n\n[[observer]]\nname = \"{name}\"\nrole = \"observer\"\ntoken = \"{hash}\"\n",
        token.expose()
    ))
}
