//! The accounts: each checked against the sealed record before one of them is loaded.

use core::fmt;
use std::collections::BTreeSet;

use escrutinio_core::credential::{HalfRole, IssuedHalf};
use escrutinio_sealed::updates::Update;
use escrutinio_sealed::{Account, parse_hex};
use zeroize::Zeroizing;

use super::{InitError, published};
use crate::election::LoadedElection;
use crate::keys::ServerKeys;
use crate::random;
use crate::store::roll::{self, NewAccount};
use crate::store::{Person, Store, StoreError, meta};

/// Accounts in one transaction.
const TOGETHER: usize = 500;

/// An account that is not of this election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFault {
    /// Its token is no hash.
    Token,
    /// It has no half, or one that cannot be read.
    Half,
    /// The half is not the server's own for this roll.
    NotIssued,
    /// The half is not the one that the server published for this place.
    NotPublished,
    /// The half is of another place than the account.
    Place,
    /// User name, token or place stand in another line.
    Twice,
}

impl fmt::Display for AccountFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "the token is no hash",
            Self::Half => "no half, or one that cannot be read",
            Self::NotIssued => "the half was not issued by this server for this roll: accounts of another election?",
            Self::NotPublished => "the half is not the one that was published for its place",
            Self::Place => "the half is of another place",
            Self::Twice => "user name, token or place stand in another line",
        })
    }
}

/// An account that holds.
pub(super) struct Checked {
    account: Account,
    token: [u8; 32],
    half: Zeroizing<Vec<u8>>,
}

/// Checks every account against the record, and their number.
pub(super) fn check(election: &LoadedElection, package: Vec<Account>) -> Result<Vec<Checked>, InitError> {
    let lists = election.lists.lists();
    let mut counts = vec![0usize; lists.len()];
    let mut seen = BTreeSet::new();
    let mut checked = Vec::with_capacity(package.len());
    let halves = published(election);
    for (line, account) in (1..).zip(package) {
        let fail = |fault| InitError::Account { line, fault };
        let token = parse_hex::<32>(&account.token).ok_or(fail(AccountFault::Token))?;
        let text = account.half.as_deref().and_then(parse_hex::<108>);
        let bytes = Zeroizing::new(text.ok_or(fail(AccountFault::Half))?);
        let half = IssuedHalf::from_bytes(bytes.as_slice()).map_err(|_| fail(AccountFault::Half))?;
        let issuer = &election.election.manifest.server.key;
        half.verify(&election.roll_id, HalfRole::Server, issuer).map_err(|_| fail(AccountFault::NotIssued))?;
        let of_place = halves.as_ref().map(|halves| half.check_published(halves));
        of_place.and_then(Result::ok).ok_or(fail(AccountFault::NotPublished))?;
        if (half.list(), half.place()) != (account.list, account.place) {
            return Err(fail(AccountFault::Place));
        }
        let place = format!("{} {}", account.list, account.place);
        if ![format!("user {}", account.user), format!("token {}", account.token), place]
            .into_iter()
            .all(|one| seen.insert(one))
        {
            return Err(fail(AccountFault::Twice));
        }
        if let Some(count) = usize::try_from(account.list).ok().and_then(|list| counts.get_mut(list)) {
            *count = count.saturating_add(1);
        }
        checked.push(Checked { account, token, half: Zeroizing::new(bytes.to_vec()) });
    }
    for (list, (keys, actual)) in lists.iter().zip(counts).enumerate() {
        let expected = keys.keys().len();
        if expected != actual {
            return Err(InitError::Count { list, expected, actual });
        }
    }
    Ok(checked)
}

fn row(keys: &ServerKeys, checked: &Checked) -> NewAccount {
    let Account { user, list, place, name, clave, entity, email, phone, .. } = &checked.account;
    let account = roll::new_account_number();
    let person = Person {
        name: name.clone(),
        clave: clave.clone(),
        entity: entity.clone(),
        email: email.clone(),
        phone: phone.clone(),
    };
    let half = keys.roll().seal(&roll::aad("half", account), &checked.half, &mut random::system());
    NewAccount {
        account,
        user_name: user.clone(),
        token: Some(checked.token.to_vec()),
        list: *list,
        place: *place,
        contacts: person.contact_tags(keys.roll()),
        person: person.seal(keys.roll(), account),
        half,
    }
}

/// Loads those that are not there; says how many.
pub(super) async fn insert(store: &Store, keys: &ServerKeys, accounts: &[Checked]) -> Result<usize, StoreError> {
    let mut new = 0usize;
    for part in accounts.chunks(TOGETHER) {
        let rows: Vec<NewAccount> = part.iter().map(|checked| row(keys, checked)).collect();
        let job = store.roll.run(move |connection| {
            Box::pin(async move {
                let mut new = 0usize;
                for row in &rows {
                    new = new.saturating_add(usize::from(roll::insert(connection, row).await?));
                }
                Ok(new)
            })
        });
        new = new.saturating_add(job.await?);
    }
    Ok(new)
}

/// What a package of changes did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpdateReport {
    /// Links that are good from now on, in place of the old ones.
    pub changed: usize,
    /// Accounts whose password is set: their link gives the first half and no entry, as before.
    pub kept: usize,
    /// User names that nobody has.
    pub unknown: usize,
}

/// Takes new hashes of links over from the registrar's update, which it signed for the roll of the election. The old
/// links end, and every attempt that began with one. Taken once more it changes nothing; an older one is refused, as it
/// would bring links back that are void.
///
/// # Errors
/// [`InitError`]; a line that is none changes nothing.
pub async fn update(store: &Store, election: &LoadedElection, update: &[u8]) -> Result<UpdateReport, InitError> {
    let registrar = &election.election.manifest.registrar.key;
    let signed = Update::read(update, &election.roll_id, registrar).map_err(|why| InitError::Update { why })?;
    let mut changes = Vec::new();
    for (line, change) in (1..).zip(signed.changes) {
        let fail = InitError::Account { line, fault: AccountFault::Token };
        let Some(token) = parse_hex::<32>(&change.token) else { return Err(fail) };
        changes.push((change.user, token));
    }
    let number = signed.number;
    let noted = store.roll.run(move |c| Box::pin(async move { meta::note_links(c, number).await })).await;
    if !noted.map_err(|why| InitError::Store { side: "roll", why })? {
        return Err(InitError::Superseded { number });
    }
    let mut report = UpdateReport::default();
    for part in changes.chunks(TOGETHER) {
        let part = part.to_vec();
        let job = store.roll.run(move |connection| {
            Box::pin(async move {
                let mut done = UpdateReport::default();
                for (user, token) in &part {
                    let count = match roll::renew(connection, user, token).await? {
                        Some(true) => &mut done.changed,
                        Some(false) => &mut done.kept,
                        None => &mut done.unknown,
                    };
                    *count = count.saturating_add(1);
                }
                Ok(done)
            })
        });
        let done = job.await.map_err(|why| InitError::Store { side: "roll", why })?;
        report.changed = report.changed.saturating_add(done.changed);
        report.kept = report.kept.saturating_add(done.kept);
        report.unknown = report.unknown.saturating_add(done.unknown);
    }
    Ok(report)
}
