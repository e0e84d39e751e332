//! Fetching what a server publishes: over https, or over http on this machine.

use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use crate::error::{Error, Result};

/// Where files are fetched from.
pub trait Fetch: Send {
    /// The file of a path, if it has at most so many bytes.
    ///
    /// # Errors
    /// [`FetchError`] if it is not there, or cannot be fetched whole.
    fn get(&self, path: &str, most: u64) -> core::result::Result<Vec<u8>, FetchError>;
}

/// Why a file was not fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// The server does not have it.
    Absent(String),
    /// Anything else.
    Other(String),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(path) => write!(f, "{path}: not found"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl core::error::Error for FetchError {}

/// The address of a server, without a slash at its end.
///
/// # Errors
/// If the address is none, or would be spoken to without encryption outside of this machine.
pub fn address(url: &str) -> Result<String> {
    let base = url.trim_end_matches('/');
    let refused = || Error::Url { url: url.to_owned() };
    let uri: Uri = base.parse().map_err(|_| refused())?;
    let host = uri.host().ok_or_else(refused)?.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // What stands after # is for nobody, and http would drop it.
    let plain = !url.contains(['#', '?']) && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    match uri.scheme_str() {
        Some("https") if plain => Ok(base.to_owned()),
        Some("http") if plain && here => Ok(base.to_owned()),
        _ => Err(refused()),
    }
}

/// A server.
#[derive(Debug)]
pub struct Server {
    base: String,
    agent: Agent,
}

impl Server {
    /// The server of an address.
    ///
    /// # Errors
    /// If the address is none, or would be spoken to without encryption outside of this machine.
    pub fn at(url: &str) -> Result<Self> {
        let base = address(url)?;
        let agent = Agent::config_builder()
            // A redirection would lead to another server, or to one without encryption.
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        Ok(Self { base, agent })
    }
}

impl Fetch for Server {
    fn get(&self, path: &str, most: u64) -> core::result::Result<Vec<u8>, FetchError> {
        let url = format!("{}/{path}", self.base);
        let mut response = match self.agent.get(&url).call() {
            Ok(response) if response.status() == 200 => response,
            Ok(response) => return Err(FetchError::Other(format!("{url}: {}", response.status()))),
            Err(ureq::Error::StatusCode(404)) => return Err(FetchError::Absent(url)),
            Err(why) => return Err(FetchError::Other(format!("{url}: {why}"))),
        };
        let read = response.body_mut().with_config().limit(most).read_to_vec();
        read.map_err(|why| FetchError::Other(format!("{url}: {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_or_on_this_machine() {
        for url in [
            "https://urna.example",
            "https://urna.example:8443/a/",
            "http://127.0.0.1:80",
            "http://[::1]:8080/",
            "http://localhost",
        ] {
            assert!(Server::at(url).is_ok(), "{url}");
        }
        for url in [
            "http://urna.example",
            "ftp://127.0.0.1",
            "urna.example",
            "",
            "http://",
            "http://127.0.0.1@urna.example",
            "https://urna.example?x",
            "https://urna.example/#x",
        ] {
            assert!(Server::at(url).is_err(), "{url}");
        }
    }
}
