//! A whole election on this machine.

use std::ffi::OsString;

use crate::shell::{Failure, Outcome};

pub(crate) fn run(_arguments: Vec<OsString>) -> Outcome {
    Err(Failure::new("this version has no demonstration yet"))
}
