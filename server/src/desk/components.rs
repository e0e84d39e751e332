//! The baseline, signed by two, and what has changed since.

use std::sync::PoisonError;

use escrutinio_core::ids::hex;
use serde::Serialize;
use sqlx::Row;

use super::{DeskFault, Signed, hosts};
use crate::baseline::Listing;
use crate::board::{Act, utc};
use crate::lifecycle::LifecycleError;
use crate::phase::Phase;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store::{StoreError, meta};

/// Names of baselines in the roll's `meta`: the last counts.
const PREFIX: &str = "components-";

/// The comparison of the components with the baseline.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// When, UTC.
    pub at: String,
    /// Hash of the baseline, if there is one.
    pub baseline: Option<String>,
    /// Hash of the components as they are.
    pub now: String,
    /// How many there are.
    pub components: usize,
    /// Every file that is not as it was, by name, and every other instance that has others.
    pub differences: Vec<String>,
    /// All of this as text.
    pub text: String,
    /// Signature by the server over "components", the text; hexadecimal.
    pub signature: String,
}

impl CheckReport {
    /// Whether there is a baseline, and nothing differs from it.
    #[must_use]
    pub fn same(&self) -> bool {
        self.baseline.as_ref() == Some(&self.now) && self.differences.is_empty()
    }
}

/// The components as they are.
pub(super) async fn take(server: &Server) -> Result<Listing, DeskFault> {
    let paths = server.config.components.clone();
    let taken = tokio::task::spawn_blocking(move || Listing::take(&paths)).await;
    let fault = |detail: String| DeskFault { refusal: Refusal::Storage, detail };
    taken.map_err(|why| fault(why.to_string()))?.map_err(|why| fault(why.to_string()))
}

async fn baselines(server: &Server) -> Result<Vec<String>, StoreError> {
    let statement = "SELECT value FROM meta WHERE name LIKE 'components-%' ORDER BY name";
    let rows = sqlx::query(statement).fetch_all(&mut *server.store.roll.read().await?).await?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| StoreError::corrupt("a baseline is no text"));
    rows.iter().map(|row| text(row.try_get(0)?)).collect()
}

/// The last baseline.
async fn baseline(server: &Server) -> Result<Option<Listing>, StoreError> {
    let Some(last) = baselines(server).await?.pop() else { return Ok(None) };
    // The signatures stand after an empty line.
    let (listing, _) = last.split_once("\n\n").ok_or_else(|| StoreError::corrupt("a baseline has no signatures"))?;
    let listing = Listing::parse(&format!("{listing}\n"));
    listing.map(Some).ok_or_else(|| StoreError::corrupt("a baseline cannot be read"))
}

/// Makes the components the baseline, if they are those that two persons have signed.
pub(super) async fn set(server: &Server, hash: &str, signed: &[Signed]) -> Result<String, DeskFault> {
    // While people vote the components are compared, and not declared right (R-OPEN-14).
    let phase = server.lifecycle.phase(server.clock.now());
    if matches!(phase, Phase::Opened | Phase::Voting | Phase::Grace) {
        return Err(LifecycleError::Phase(phase).into());
    }
    let listing = take(server).await?;
    let now = listing.hash();
    if now != hash {
        let detail = format!("the components have the hash {now}, not the one that was signed");
        return Err(DeskFault { refusal: Refusal::BadRequest, detail });
    }
    let mut text = format!("{listing}\n");
    for Signed { role, name, at, signature } in signed {
        text.push_str(&format!("signed {role} {at} {signature} {name}\n"));
    }
    let number = baselines(server).await?.len().saturating_add(1);
    let (name, value) = (format!("{PREFIX}{number:04}"), text.clone());
    let job = server
        .store
        .roll
        .run(move |connection| Box::pin(async move { meta::insert(connection, &name, value.as_bytes()).await }));
    if !job.await? {
        return Err(DeskFault { refusal: Refusal::Storage, detail: "another baseline was set meanwhile".to_owned() });
    }
    let act = Act::new("components", server.clock.now()).with("hash", &now).with("files", listing.len());
    server.board.act(&act).await?;
    remember(server, None);
    Ok(text)
}

/// Compares, now.
pub(super) async fn check(server: &Server) -> Result<CheckReport, DeskFault> {
    let (then, now) = (baseline(server).await?, take(server).await?);
    let found = then.as_ref().map(|then| then.differences(&now)).unwrap_or_default();
    let mut differences: Vec<String> = found.iter().map(ToString::to_string).collect();
    let election = server.election.election.election_id;
    let at = utc(server.clock.now());
    let (hash, baseline) = (now.hash(), then.as_ref().map(Listing::hash));
    let wanted = baseline.as_ref().unwrap_or(&hash);
    let own = server.policy.line();
    for hosts::Host { host, hash, policy } in hosts::others(&server.store.roll, server.instance).await? {
        if hash != *wanted {
            differences.push(format!("instance {hash} {host}"));
        }
        if policy != own {
            differences.push(format!("policy {host}"));
        }
    }
    let mut text = format!("escrutinio/check-components/v1\nelection {election}\nat {at}\n");
    text.push_str(&format!("baseline {}\nnow {hash}\n", baseline.as_deref().unwrap_or("none")));
    differences.iter().for_each(|difference| text.push_str(&format!("{difference}\n")));
    let signature = hex(&server.server_key.sign("components", &[text.as_bytes()]).0);
    let report = CheckReport { at, baseline, now: hash, components: now.len(), differences, text, signature };
    remember(server, Some(report.clone()));
    Ok(report)
}

/// Before an act that takes unchanged components: an election that binds has a baseline, and no election differs
/// from the one that it has.
pub(super) async fn demand(server: &Server) -> Result<(), DeskFault> {
    let report = check(server).await?;
    let binding = server.election.election.manifest.binding;
    let detail = match (&report.baseline, report.same()) {
        (_, true) => return Ok(()),
        (None, _) if !binding => return Ok(()),
        (None, _) => "there is no baseline: `baseline` comes first".to_owned(),
        (Some(_), _) => format!("components are not those of the baseline: {}", report.differences.join(", ")),
    };
    Err(DeskFault { refusal: Refusal::WrongPhase, detail })
}

fn remember(server: &Server, report: Option<CheckReport>) {
    *server.compared.write().unwrap_or_else(PoisonError::into_inner) = report;
}

/// The components as they are, for who is about to sign them.
#[derive(Clone, Debug, Serialize)]
pub struct Components {
    /// Their hash.
    pub hash: String,
    /// The listing.
    pub text: String,
}

/// Looks at the components.
///
/// # Errors
/// [`DeskFault`] if one cannot be read.
pub async fn show(server: &Server) -> Result<Components, DeskFault> {
    let listing = take(server).await?;
    Ok(Components { hash: listing.hash(), text: listing.to_string() })
}
