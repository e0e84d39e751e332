//! The tracking codes of the board, read from its bundles.

use escrutinio_core::ballot::CastBallot;
use escrutinio_core::board::bundle::{BundleId, read_bundle};
use escrutinio_core::ids::TrackingCode;
use escrutinio_core::verify::Election;

use super::log::LogName;
use super::rows;
use crate::store::{Store, StoreError};

/// The codes of all entries, sorted.
pub(crate) async fn codes(store: &Store, election: &Election) -> Result<Vec<TrackingCode>, StoreError> {
    let mut connection = store.ballots.read().await?;
    let size = rows::last(&mut connection, LogName::Board).await?.map_or(0, |head| head.size);
    let mut codes = Vec::new();
    for id in BundleId::all(size) {
        let absent = || StoreError::corrupt(format!("{id} is absent"));
        let bytes = rows::file(&mut connection, LogName::Board, &id.to_string()).await?.ok_or_else(absent)?;
        let entries = read_bundle(id, &bytes).map_err(|error| StoreError::corrupt(format!("{id}: {error}")))?;
        for entry in entries {
            let cast = CastBallot::decode(entry, &election.shapes);
            let cast = cast.map_err(|error| StoreError::corrupt(format!("{id}: {error}")))?;
            codes.push(cast.body.tracking_code());
        }
    }
    codes.sort_unstable();
    Ok(codes)
}
