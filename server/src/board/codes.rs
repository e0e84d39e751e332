//! The tracking codes of the board, read from its bundles.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::ids::TrackingCode;
use sqlx::Row;

use crate::election::LoadedElection;
use crate::store::{Store, StoreError};

/// The codes of all entries, sorted.
pub(crate) async fn codes(store: &Store, election: &LoadedElection) -> Result<Vec<TrackingCode>, StoreError> {
    let mut connection = store.ballots.read().await?;
    let statement = "SELECT size FROM heads WHERE log = 'board' ORDER BY number DESC LIMIT 1";
    let Some(row) = sqlx::query(statement).fetch_optional(&mut *connection).await? else { return Ok(Vec::new()) };
    let size = u64::try_from(row.try_get::<i64, _>(0)?).map_err(|_| StoreError::corrupt("a head has no size"))?;
    let mut codes = Vec::new();
    for id in BundleId::all(size) {
        let path = format!("board/{id}");
        let row =
            sqlx::query("SELECT bytes FROM files WHERE path = $1").bind(path.as_str()).fetch_one(&mut *connection);
        let bytes: Vec<u8> = row.await?.try_get(0)?;
        let entries = read_bundle(id, &bytes).map_err(|error| StoreError::corrupt(format!("{path}: {error}")))?;
        for entry in entries {
            let cast = CastBallot::decode(entry, &election.election.shapes)
                .map_err(|error| StoreError::corrupt(format!("{path}: {error}")))?;
            codes.push(cast.body.tracking_code());
        }
    }
    codes.sort_unstable();
    Ok(codes)
}
