//! The roll: loaded and committed to by the registrar; half credentials.

use core::fmt::Write;
use std::collections::BTreeMap;
use std::path::Path;

use escrutinio_core::credential::{HalfList, HalfRole, HalfSecrets, RollRecord, RollVersion, VersionKind, roll_root};
use escrutinio_core::encoding::Encode;
use escrutinio_core::ids::hex;
use escrutinio_core::manifest::ValidManifest;
use escrutinio_core::signature::VerifyingKey;
use zeroize::Zeroizing;

use crate::draft::{self, MANIFEST};
use crate::error::{Result, out_of_order, refused};
use crate::files;
use crate::person::{Person, Role};
use crate::report::Report;
use crate::roll::{self, PostalList, Version};
use crate::sealed::{self, Kind};
use crate::session::{Session, utc};
use crate::workspace::{Step, Workspace};

/// The roll record.
pub const ROLL: &str = "record/roll.bin";
/// The credential lists.
pub const LISTS: &str = "record/credentials/lists.bin";

/// Opens the key of the registrar or server that the manifest names.
fn open_official(
    session: &mut Session<'_>,
    secret: &Path,
    role: Role,
    key: &VerifyingKey,
) -> Result<(Person, Zeroizing<String>)> {
    let password = session.password()?;
    let person = Person::open(secret, &password)?;
    if person.role != role || person.key.verifying_key() != *key {
        return Err(refused("error.official", &[("name", &person.name), ("role", &role.name())]));
    }
    Ok((person, password))
}

pub(super) fn open_role(
    session: &mut Session<'_>,
    manifest: &ValidManifest,
    secret: &Path,
    role: HalfRole,
) -> Result<(Person, Zeroizing<String>)> {
    match role {
        HalfRole::Registrar => open_official(session, secret, Role::Registrar, &manifest.registrar.key),
        HalfRole::Server => open_official(session, secret, Role::Server, &manifest.server.key),
    }
}

/// What a load has to say beside the file.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The delivered file.
    pub file: &'a Path,
    /// The postal voters, if there are any.
    pub postal: Option<&'a Path>,
}

/// Loads the base roll (R-ROLL-02 to 08, 14). No partial load: all rows hold or none is taken.
///
/// # Errors
/// If a row does not hold (row and field are named), or the counts differ.
pub fn load(session: &mut Session<'_>, workspace: &Workspace, secret: &Path, delivery: Delivery<'_>) -> Result<Report> {
    add_version(session, workspace, secret, delivery, VersionKind::Base)
}

/// Loads an addendum, which needs a dictamen or a resolution (R-ROLL-09, 10).
///
/// # Errors
/// As [`load`]; and if there is no base roll, the roll is committed to, or the preparation
/// has begun.
pub fn addendum(
    session: &mut Session<'_>,
    workspace: &Workspace,
    secret: &Path,
    delivery: Delivery<'_>,
) -> Result<Report> {
    add_version(session, workspace, secret, delivery, VersionKind::Addendum)
}

fn add_version(
    session: &mut Session<'_>,
    workspace: &Workspace,
    secret: &Path,
    delivery: Delivery<'_>,
    kind: VersionKind,
) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let (person, password) = open_role(session, &manifest, secret, HalfRole::Registrar)?;
    let mut versions = roll::read_all(secret, &password)?;
    let content = Zeroizing::new(files::read(delivery.file)?);
    let file = escrutinio_core::hash::sha256(&[&content]);
    let number = match (kind, versions.iter().position(|version| version.file == file)) {
        (_, Some(known)) => u32::try_from(known).unwrap_or(u32::MAX),
        (VersionKind::Base, None) if versions.is_empty() => 0,
        (VersionKind::Base, None) => return Err(out_of_order("error.roll.loaded", &[])),
        (_, None) if versions.is_empty() => {
            return Err(out_of_order("error.missing", &[("path", &"roll-00"), ("command", &"roll load")]));
        }
        (_, None) => u32::try_from(versions.len()).unwrap_or(u32::MAX),
    };
    let path = roll::version_path(secret, number);
    if !path.exists() {
        if workspace.has(ROLL)
            || roll::drawn_path(secret).exists()
            || session.clock.now() >= manifest.calendar.preparation
        {
            return Err(out_of_order("error.roll.closed", &[]));
        }
        let document = session.ask("roll.document")?;
        if document.is_empty() {
            return Err(out_of_order("error.answers.missing", &[("id", &"roll.document")]));
        }
        let answer = session.ask("roll.delivered")?;
        let count: u64 = answer.parse().map_err(|_| out_of_order("error.number", &[("id", &"roll.delivered")]))?;
        let postal = delivery.postal.map(PostalList::read).transpose()?;
        let delivered = roll::deliver(&manifest, &content, count, &versions, postal.as_ref(), session.rng)?;
        let version = Version { kind, document, file, at: session.clock.now(), entries: delivered.entries };
        version.write(session, &path, &password)?;
        versions.push(version);
    }
    let version = usize::try_from(number).ok().and_then(|number| versions.get(number)).ok_or_else(sealed::bad)?;
    let public = format!("roll/version-{number:02}.txt");
    let text = public_text(version);
    workspace.write_or_same(&public, text.as_bytes())?;
    let act = if kind == VersionKind::Base { "roll load" } else { "roll addendum" };
    let step = Step::by_person(&person, act)
        .input(MANIFEST)
        .output(&public)
        .note("document", &version.document)
        .note("delivered_file", hex(&version.file))
        .note("entries", version.entries.len());
    let step = session.attendance(step)?;
    let already = workspace.finish(session, step)?;
    let mut report = Report::new(act, already)
        .with("delivered_file", hex(&version.file))
        .with("entries", version.entries.len())
        .with("file", workspace.path(&public).display());
    report.listing = Some(text);
    Ok(report)
}

/// What the public may know of a version: how many, from where, by which document.
fn public_text(version: &Version) -> String {
    let mut entities: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in &version.entries {
        let count = entities.entry(entry.entity.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    let mut text = format!(
        "escrutinio/roll-version/v1\nkind {}\ndocument {}\nfile {}\nat {}\nloaded {}\nrejected 0\n",
        version.kind.code(),
        version.document,
        hex(&version.file),
        utc(version.at),
        version.entries.len(),
    );
    for (entity, count) in entities {
        let _ = writeln!(text, "entity {count} {entity}");
    }
    text
}

/// Commits to the roll: from here on nobody is added (R-ROLL-10, 13).
///
/// # Errors
/// If no roll is loaded, or the rules of the roll do not hold.
pub fn commit(session: &mut Session<'_>, workspace: &Workspace, secret: &Path) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let (person, password) = open_role(session, &manifest, secret, HalfRole::Registrar)?;
    let versions = roll::read_all(secret, &password)?;
    if versions.is_empty() {
        return Err(out_of_order("error.missing", &[("path", &"roll-00"), ("command", &"roll load")]));
    }
    let chain_of = chain(&manifest, &versions);
    let drawn = roll::draw(session, secret, &password, versions)?;
    let lists = roll::by_list(&drawn, manifest.lists.len());
    let counts = lists.iter().map(|list| u32::try_from(list.len()).unwrap_or(u32::MAX)).collect();
    let root = roll_root(lists.iter().flatten().map(|entry| entry.commitment()));
    let record = RollRecord::sign(manifest.hash(), chain_of, counts, root, &person.key);
    record.check_rules(&manifest).map_err(|why| refused("error.roll.rules", &[("why", &why)]))?;
    workspace.write_or_same(ROLL, &record.to_bytes())?;
    let step = Step::by_person(&person, "roll commit").input(MANIFEST).output(ROLL).note("roll_id", record.roll_id());
    let already = workspace.finish(session, step)?;
    let total: u64 = record.counts.iter().map(|count| u64::from(*count)).sum();
    let mut report = Report::new("roll commit", already)
        .with("roll_id", record.roll_id())
        .with("root", hex(&record.root))
        .with("entries", total)
        .with("file", workspace.path(ROLL).display());
    for (list, count) in record.counts.iter().enumerate() {
        report = report.with("list", format!("{list}: {count}"));
    }
    Ok(report)
}

/// The versions as the record has them, chained from the manifest on (R-ROLL-13).
fn chain(manifest: &ValidManifest, versions: &[Version]) -> Vec<RollVersion> {
    let mut chain: Vec<RollVersion> = Vec::new();
    for version in versions {
        let next = RollVersion {
            kind: version.kind,
            document: version.document.clone(),
            file: version.file,
            entries: u32::try_from(version.entries.len()).unwrap_or(u32::MAX),
            at: version.at,
            chain: [0; 32],
        };
        chain.push(next.chained(&manifest.hash(), chain.last()));
    }
    chain
}

/// Reads the roll record and checks it (L1.1 to L1.4).
///
/// # Errors
/// If it is missing or does not hold.
pub fn read_record(workspace: &Workspace, manifest: &ValidManifest) -> Result<RollRecord> {
    let record: RollRecord = workspace.decode(ROLL, "roll commit")?;
    if record.manifest_hash != manifest.hash() {
        return Err(refused("error.other_manifest", &[("path", &ROLL)]));
    }
    record.check_rules(manifest).map_err(|why| refused("error.roll.rules", &[("why", &why)]))?;
    record
        .verify_signature(&manifest.registrar.key)
        .map_err(|why| refused("error.signature", &[("path", &ROLL), ("why", &why)]))?;
    Ok(record)
}

pub(super) fn record_path(role: HalfRole) -> String {
    format!("record/{}", role.path())
}

/// Where registrar or server keeps its half secrets.
pub(super) fn halves_path(secret: &Path) -> std::path::PathBuf {
    files::with_suffix(secret, ".halves")
}

/// Draws the half credentials of the registrar or the server and publishes their keys.
///
/// # Errors
/// If the roll is not committed to, or the key is not the manifest's for this role.
pub fn halves(session: &mut Session<'_>, workspace: &Workspace, secret: &Path, role: HalfRole) -> Result<Report> {
    let manifest = draft::read_frozen(workspace)?;
    let record = read_record(workspace, &manifest)?;
    let (person, password) = open_role(session, &manifest, secret, role)?;
    let path = halves_path(secret);
    let public = record_path(role);
    let list = if path.exists() {
        open_halves(secret, &password)?.1
    } else {
        if workspace.has(&public) {
            return Err(refused("error.halves.gone", &[("path", &public)]));
        }
        let secrets = HalfSecrets::generate(role, &record.counts, session.rng);
        let list = secrets.publish(record.roll_id(), &person.key, session.rng).to_bytes();
        // The proof is kept with the secrets: a repeated step publishes the same bytes.
        let secrets = secrets.expose_bytes();
        let room = secrets.len().saturating_add(list.len()).saturating_add(8);
        let mut kept = Zeroizing::new(Vec::with_capacity(room));
        u64::try_from(secrets.len()).unwrap_or(u64::MAX).encode(&mut kept);
        kept.extend_from_slice(&secrets);
        kept.extend_from_slice(&list);
        sealed::write(session, &path, Kind::Halves, &password, &kept)?;
        list
    };
    workspace.write_or_same(&public, &list)?;
    read_halves(workspace, &manifest, &record, role)?;
    let act = match role {
        HalfRole::Registrar => "roll halves registrar",
        HalfRole::Server => "roll halves server",
    };
    let step = Step::by_person(&person, act).input(ROLL).output(&public).note("roll_id", record.roll_id());
    let already = workspace.finish(session, step)?;
    Ok(Report::new(act, already)
        .with("roll_id", record.roll_id())
        .with("file", workspace.path(&public).display())
        .with("sha256", workspace.hash(&public)?))
}

/// The half secrets and the list that was published of them.
pub(super) fn open_halves(secret: &Path, password: &str) -> Result<(HalfSecrets, Vec<u8>)> {
    let path = halves_path(secret);
    if !path.exists() {
        return Err(out_of_order("error.missing", &[("path", &path.display()), ("command", &"roll halves")]));
    }
    let content = sealed::read(&path, Kind::Halves, password)?;
    let (length, rest) = content.split_first_chunk::<8>().ok_or_else(sealed::bad)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| sealed::bad())?;
    let (secrets, list) = rest.split_at_checked(length).ok_or_else(sealed::bad)?;
    Ok((HalfSecrets::from_bytes(secrets).map_err(|_| sealed::bad())?, list.to_vec()))
}

/// Reads a half list and checks it (C1, C2).
///
/// # Errors
/// If it is missing or does not hold.
pub fn read_halves(
    workspace: &Workspace,
    manifest: &ValidManifest,
    record: &RollRecord,
    role: HalfRole,
) -> Result<HalfList> {
    let path = record_path(role);
    let issuer = match role {
        HalfRole::Registrar => &manifest.registrar.key,
        HalfRole::Server => &manifest.server.key,
    };
    let list: HalfList = workspace.decode(&path, "roll halves")?;
    let bad = |why: &dyn core::fmt::Display| refused("error.halves", &[("path", &path), ("why", why)]);
    list.check_shape(&record.roll_id(), role, &record.counts).map_err(|why| bad(&why))?;
    list.verify_possession(&record.roll_id(), role).map_err(|why| bad(&why))?;
    list.verify_signature(issuer).map_err(|why| bad(&why))?;
    Ok(list)
}
