//! The call for JavaScript (`web/src/verifier.js`).

// The glue of the macro is not ours.
#![allow(missing_docs, unreachable_pub, missing_debug_implementations)]

use core::fmt;

use escrutinio_core::record::Source;
use getrandom::SysRng;
use rand_core::UnwrapErr;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::progress::Steps;
use crate::verdict::verdict;

#[wasm_bindgen]
extern "C" {
    /// `Record` of `verifier.js`.
    pub type Record;
    #[wasm_bindgen(method)]
    fn list(this: &Record) -> String;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Record, path: &str, offset: f64, length: u32) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(method)]
    fn progress(this: &Record, phase: &str, done: f64, total: f64);
}

/// The page's files.
struct Files<'a> {
    record: &'a Record,
    files: Vec<(String, u64)>,
}

/// A file that the page could not read.
struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} could not be read", self.0)
    }
}

/// Lengths of files are far below 2^53.
#[allow(clippy::as_conversions, clippy::cast_precision_loss)]
fn float(number: u64) -> f64 {
    number as f64
}

impl Source for Files<'_> {
    type Error = Unreadable;

    fn files(&self) -> Result<Vec<(String, u64)>, Unreadable> {
        Ok(self.files.clone())
    }

    fn read(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Unreadable> {
        let unreadable = || Unreadable(path.to_owned());
        let length = u32::try_from(buffer.len()).map_err(|_| unreadable())?;
        let bytes = self.record.read(path, float(offset), length).map_err(|_| unreadable())?;
        if bytes.len() != buffer.len() {
            return Err(unreadable());
        }
        buffer.copy_from_slice(&bytes);
        Ok(())
    }
}

/// Verifies a record; the answer is JSON.
#[wasm_bindgen]
pub fn verify(record: &Record) -> Result<String, JsValue> {
    let list = record.list();
    let line =
        |line: &str| line.split_once(' ').and_then(|(length, path)| Some((path.to_owned(), length.parse().ok()?)));
    let mut files: Vec<(String, u64)> = list.lines().filter_map(line).collect();
    files.sort();
    let mut steps = Steps::new(|phase: &str, done, total| record.progress(phase, float(done), float(total)));
    let source = Files { record, files };
    let verdict = verdict(&source, &mut UnwrapErr(SysRng), &mut steps);
    verdict.map_err(|error| JsValue::from_str(&format!("files\n{error}")))
}
