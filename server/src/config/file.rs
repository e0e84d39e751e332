//! The file as it is written: every value with its place, nothing checked but types and names.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) data: PathBuf,
    pub(super) record: PathBuf,
    pub(super) staff: PathBuf,
    pub(super) keys: Keys,
    pub(super) listen: Spanned<Listen>,
    pub(super) databases: Databases,
    #[serde(default)]
    pub(super) epochs: Epochs,
    #[serde(default)]
    pub(super) witness: Vec<Witness>,
    #[serde(default)]
    pub(super) access: Access,
    pub(super) mail: Spanned<Mail>,
    pub(super) sms: Spanned<Sms>,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) components: Components,
    pub(super) rehearsal: Option<Spanned<Rehearsal>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keys {
    pub(super) server: PathBuf,
    pub(super) log: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listen {
    pub(super) voters: Spanned<String>,
    pub(super) admin: Option<Spanned<String>>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    #[serde(default)]
    pub(super) plain: bool,
    #[serde(default)]
    pub(super) proxies: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) origins: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Databases {
    pub(super) roll: Spanned<String>,
    #[serde(rename = "box")]
    pub(super) ballots: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Epochs {
    pub(super) minutes: Option<Spanned<u32>>,
    pub(super) ballots: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Witness {
    pub(super) name: Spanned<String>,
    pub(super) url: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    pub(super) issuer: Option<String>,
    pub(super) help: Option<String>,
    pub(super) confirm_by_sms: Option<bool>,
    pub(super) wrong_tries_per_minute: Option<Spanned<u32>>,
    pub(super) messages_per_hour: Option<Spanned<u32>>,
    pub(super) domestic: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mail {
    pub(super) kind: Spanned<String>,
    pub(super) folder: Option<PathBuf>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) security: Option<Spanned<String>>,
    pub(super) user: Option<String>,
    pub(super) from: Option<Spanned<String>>,
    pub(super) ca: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sms {
    pub(super) kind: Spanned<String>,
    pub(super) folder: Option<PathBuf>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) body: Option<Spanned<String>>,
    pub(super) content_type: Option<String>,
    pub(super) token_header: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) connections: Option<Spanned<u32>>,
    pub(super) connections_per_network: Option<Spanned<u32>>,
    pub(super) requests_per_minute: Option<Spanned<u32>>,
    pub(super) head_seconds: Option<Spanned<u32>>,
    pub(super) request_seconds: Option<Spanned<u32>>,
    pub(super) write_seconds: Option<Spanned<u32>>,
    pub(super) connection_seconds: Option<Spanned<u32>>,
    pub(super) drain_seconds: Option<Spanned<u32>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Components {
    #[serde(default)]
    pub(super) paths: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(feature = "rehearsal"), expect(dead_code, reason = "read to be refused"))]
pub(super) struct Rehearsal {
    pub(super) clock_file: PathBuf,
    #[serde(default)]
    pub(super) pages: Vec<PathBuf>,
}
