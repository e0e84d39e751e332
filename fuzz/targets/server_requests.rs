//! Requests to the whole interface of the casting server, without sockets: no fault of the server's, no status that
//! its document does not state.

#![no_main]

use std::sync::LazyLock;

use escrutinio_server::fuzzing::Interface;
use libfuzzer_sys::fuzz_target;

static INTERFACE: LazyLock<Interface> = LazyLock::new(Interface::new);

fuzz_target!(|data: &[u8]| INTERFACE.ask(data));
