//! Every text that the casting server reads and that another wrote: bodies, heads, paths, cards, lists, its
//! configuration.

#![no_main]

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use escrutinio_core::board::bundle::BundleId;
use escrutinio_core::board::code::parse_code;
use escrutinio_core::board::note::SignatureLine;
use escrutinio_core::board::tile::TileId;
use escrutinio_sealed::updates::{parse_requests, requests_to_lines};
use escrutinio_sealed::{Card, accounts};
use escrutinio_server::access::api;
use escrutinio_server::access::place::Network;
use escrutinio_server::access::secret::Secret;
use escrutinio_server::config::Config;
use escrutinio_server::desk::DeskRequest;
use escrutinio_server::desk::incident::{self, IncidentEntry};
use escrutinio_server::fuzzing::{contact, headers};
use escrutinio_server::store::Person;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is read and never written.
fn body<T: DeserializeOwned>(data: &[u8]) {
    let _: Result<T, _> = serde_json::from_slice(data);
}

/// What is read is the same when it was written and read again.
fn json<T: DeserializeOwned + Serialize>(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(data) {
        let text = serde_json::to_value(&value).expect("it has a form");
        let again: T = serde_json::from_value(text.clone()).expect("its form is read");
        assert_eq!(serde_json::to_value(&again).expect("it has a form"), text, "another value");
    }
}

/// A name that is read is written as it was.
fn name<T: FromStr + Display>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text, "two names of one thing");
    }
}

fuzz_target!(|data: &[u8]| {
    headers(data);
    body::<api::LinkRequest>(data);
    body::<api::DigitsRequest>(data);
    body::<api::KdfRequest>(data);
    body::<api::LoginRequest>(data);
    body::<api::RecoverRequest>(data);
    body::<api::RecoverCodeRequest>(data);
    body::<api::FactorRequest>(data);
    body::<api::CodeRequest>(data);
    body::<api::PasswordRequest>(data);
    body::<api::ContactRequest>(data);
    body::<api::ContactConfirmRequest>(data);
    json::<DeskRequest>(data);
    json::<IncidentEntry>(data);
    json::<Person>(data);
    if let Ok(read) = accounts::parse(data) {
        let lines = accounts::to_lines(&read);
        let again = accounts::parse(&lines).expect("what was written is read");
        assert_eq!(*accounts::to_lines(&again), *lines, "other accounts");
    }
    if let Ok(requests) = parse_requests(data) {
        assert_eq!(*requests_to_lines(&requests), data, "two files of the same requests");
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    contact(text);
    name::<TileId>(text);
    name::<BundleId>(text);
    name::<SignatureLine>(text);
    let _ = parse_code(text);
    let _ = Network::list(text);
    let _ = incident::all(&text.lines().map(str::to_owned).collect::<Vec<_>>());
    let secret = Secret::new(text.to_owned());
    if let Some(bytes) = secret.decode() {
        assert_eq!(Secret::encode(&bytes).expose(), text, "two spellings of the same bytes");
    }
    if let Some(card) = Card::parse(text) {
        assert_eq!(Card::parse(&card.to_text()), Some(card), "another card");
    }
    // The list of networks that a configuration names is a file: none is opened here.
    if !text.contains("domestic") {
        let _ = Config::parse(Path::new("server.toml"), text);
    }
});
