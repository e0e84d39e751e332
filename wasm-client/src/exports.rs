//! The calls for JavaScript. Each is one of [`Device`]'s.

// The glue of the macro is not ours.
#![allow(missing_docs, unreachable_pub, missing_debug_implementations)]

use escrutinio_core::access::KdfCost;
use getrandom::SysRng;
use rand_core::UnwrapErr;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::marks::Question;

/// The worker splits it at the first line feed.
impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        Self::from_str(&format!("{}\n{}", error.code, error.message))
    }
}

/// What `worker.js` holds.
#[wasm_bindgen]
pub struct Device(crate::Device<UnwrapErr<SysRng>>);

#[wasm_bindgen]
impl Device {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self(crate::Device::new(UnwrapErr(SysRng)))
    }

    pub fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.put(name, bytes);
    }

    pub fn open(&mut self, election_id: &str) -> Result<String, Error> {
        self.0.open(election_id)
    }

    pub fn link_half(&mut self, fragment: String) -> Result<String, Error> {
        self.0.link_half(&Zeroizing::new(fragment))
    }

    pub fn derive(
        &mut self,
        user: &str,
        password: Vec<u8>,
        salt: &str,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    ) -> Result<String, Error> {
        self.0.derive(user, &Zeroizing::new(password), salt, KdfCost { memory_kib, passes, lanes })
    }

    pub fn wrap_half(&mut self) -> Result<Vec<u8>, Error> {
        self.0.wrap_half()
    }

    pub fn unwrap_half(&mut self, sealed: &[u8]) -> Result<u32, Error> {
        self.0.unwrap_half(sealed)
    }

    pub fn second_half(&mut self, half: Vec<u8>, keys: u32, base: &[u8], firsts: &[u8]) -> Result<String, Error> {
        self.0.second_half(&Zeroizing::new(half), keys, base, firsts)
    }

    pub fn enter(&mut self) -> Result<String, Error> {
        self.0.enter()
    }

    pub fn option_of_marks(&self, contest: u32, marks: String, text: String, confirmed: bool) -> Result<String, Error> {
        let (marks, text) = (Zeroizing::new(marks), Zeroizing::new(text));
        self.0.option_of_marks(&Question { contest, marks, text, confirmed })
    }

    pub fn prepare(&mut self, contest: u32, option: u32, text: String) -> Result<String, Error> {
        self.0.prepare(contest, option, Some(Zeroizing::new(text)))
    }

    pub fn cast(&mut self, contest: u32) -> Result<Vec<u8>, Error> {
        self.0.cast(contest)
    }

    pub fn code(&self, contest: u32) -> Result<String, Error> {
        self.0.code(contest)
    }

    pub fn resume(&mut self, bytes: Vec<u8>) -> Result<String, Error> {
        self.0.resume(bytes)
    }

    pub fn audit(&mut self, contest: u32) -> Result<Vec<u8>, Error> {
        self.0.audit(contest)
    }

    pub fn verify_promise(&mut self, contest: u32, receipt: &[u8]) -> Result<String, Error> {
        self.0.verify_promise(contest, receipt)
    }

    pub fn discard(&mut self, contest: u32) {
        self.0.discard(contest);
    }

    pub fn state(&self) -> String {
        self.0.state()
    }

    pub fn voter_key(&self) -> Result<String, Error> {
        self.0.voter_key()
    }

    pub fn forget(&mut self) {
        self.0.forget();
    }

    pub fn read_acts(&mut self) -> Result<String, Error> {
        self.0.read_acts()
    }

    pub fn checkpoint(&self, log: &str, note: &[u8]) -> Result<String, Error> {
        self.0.checkpoint(log, note)
    }

    pub fn follow(&mut self, log: &str, note: &[u8]) -> Result<String, Error> {
        self.0.follow(log, note)
    }

    pub fn check_opening(&mut self, bytes: &[u8]) -> Result<String, Error> {
        self.0.check_opening(bytes)
    }

    pub fn check_receipt(&mut self, receipt: &[u8]) -> Result<String, Error> {
        self.0.check_receipt(receipt)
    }

    pub fn check_code(&mut self, code: &str) -> Result<String, Error> {
        self.0.check_code(code)
    }

    pub fn find_key(&mut self, list: u32, key: &[u8]) -> Result<String, Error> {
        self.0.find_key(list, key)
    }

    pub fn parse_code(&self, text: &str) -> Result<String, Error> {
        crate::public::tracking_code(text)
    }
}
