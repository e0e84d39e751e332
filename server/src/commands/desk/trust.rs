//! What is believed before anything is signed. Whatever listens at the desk's address says which election it serves, what
//! time it is and what the components are; a signature that it obtains is good at another server. So: whose
//! election it is says the record that lies here, the time is that of this machine, too, nobody
//! listens on the way, and the person sees what is signed.

use std::io::{IsTerminal, stdin};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use escrutinio_core::encoding::Decode;
use escrutinio_core::ids::ElectionId;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::record::{MANIFEST, SEAL, Seal};
use escrutinio_server::board::utc;
use escrutinio_server::desk::DeskAct;
use escrutinio_server::desk::request::matter_hash;

use super::super::{Failure, Options, fault, say};

/// Seconds by which the server's clock may differ from that of this machine.
const SKEW: i64 = 60;
/// Longest argument that is shown as it is.
const SHOWN: usize = 200;

/// The election of the record that lies here.
pub(super) struct Local {
    pub(super) election: ElectionId,
    pub(super) title: String,
    pub(super) binding: bool,
}

/// That election, if it is said where.
pub(super) fn local(options: &Options) -> Result<Option<Local>, Failure> {
    let folder: PathBuf = match (&options.record, &options.config) {
        (Some(record), _) => record.clone(),
        (None, Some(_)) => options.config()?.record,
        (None, None) => return Ok(None),
    };
    let (seal, manifest) = (folder.join(SEAL), folder.join(MANIFEST));
    let wrong = || fault(&format!("{}: not the record of an election", folder.display()));
    let seal = Seal::from_bytes(&std::fs::read(&seal)?).map_err(|_| wrong())?;
    let manifest = Manifest::from_bytes(&std::fs::read(&manifest)?).map_err(|_| wrong())?;
    if manifest.hash() != seal.manifest_hash {
        return Err(wrong());
    }
    Ok(Some(Local { election: seal.election_id(), title: manifest.title.clone(), binding: manifest.binding }))
}

/// Only where nobody listens: by TLS, or on this machine.
pub(super) fn demand_private(url: &str) -> Result<(), Failure> {
    let refused = || fault(&format!("{url}: only https://, or http:// to this machine"));
    let parsed = reqwest::Url::parse(url).map_err(|_| refused())?;
    let loopback = match parsed.host() {
        Some(url_host) => is_loopback(&url_host.to_string()),
        None => false,
    };
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(refused()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<core::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A signature is good for a minute at the time that it names; for which the server that asks is believed by nobody. Programs
/// for rehearsals have clocks of their own.
pub(super) fn demand_time(server: i64) -> Result<(), Failure> {
    let own = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let own = i64::try_from(own).unwrap_or(i64::MAX);
    if cfg!(feature = "rehearsal") || is_near(own, server) {
        return Ok(());
    }
    Err(fault(&format!("the server says that it is {}, and this machine {}: nothing is signed", utc(server), utc(own))))
}

fn is_near(own: i64, server: i64) -> bool {
    own.saturating_sub(server).saturating_abs() <= SKEW
}

/// Shows what takes two signatures, and asks for it.
pub(super) fn confirm(options: &Options, local: &Local, act: DeskAct, arguments: &str) -> Result<(), Failure> {
    let hash = matter_hash(&local.election, act, arguments);
    match &options.yes {
        Some(yes) if *yes == hash => return Ok(()),
        Some(_) => return Err(fault(&format!("--yes names another hash than {hash}, which would be signed"))),
        None => {}
    }
    if !stdin().is_terminal() {
        return Err(fault(&format!("there is nobody to ask: --yes {hash} says that this is to be signed")));
    }
    let binding = if local.binding { "VINCULANTE / BINDING" } else { "no vinculante / not binding" };
    let shown = match arguments.len() {
        0 => "-".to_owned(),
        length if length <= SHOWN => arguments.to_owned(),
        length => format!("{length} bytes"),
    };
    say(&format!(
        "{} ({binding})\n{}\n\n{act}\n{shown}\n\n{hash}\n\n¿Firmar? / Sign? (sí/yes) ",
        local.title, local.election
    ))?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "sí" | "si" | "yes" => Ok(()),
        _ => Err(fault("nothing was signed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_a_signature_go_to_this_machine_or_by_tls() {
        for url in ["http://127.0.0.1:8081", "http://localhost:1", "http://[::1]:8081", "https://desk.example"] {
            assert!(demand_private(url).is_ok(), "{url}");
        }
        for url in [
            "http://10.0.0.1:8081",
            "http://desk.example",
            "http://127.0.0.1.desk.example",
            "http://localhost.desk.example",
            "http://[2001:db8::1]:8081",
            "http://0.0.0.0",
            "ftp://127.0.0.1",
            "127.0.0.1:8081",
            "",
        ] {
            assert!(demand_private(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_time_of_hours_ahead_is_not_signed() {
        assert!(is_near(1_000, 1_060) && is_near(1_000, 940));
        assert!(!is_near(1_000, 1_061) && !is_near(1_000, 939) && !is_near(i64::MIN, i64::MAX));
    }
}
