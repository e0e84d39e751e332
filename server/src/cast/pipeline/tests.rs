//! What a batch leaves in the box.

use std::sync::Arc;

use escrutinio_core::signature::SigningKey;
use sqlx::Row;
use tokio::sync::oneshot;

use super::super::trust::Trust;
use super::super::{check, recovery};
use super::*;
use crate::phase::{Facts, Lifecycle};
use crate::testing::{Databases, Fixture, Running};

fn committer(fixture: &Fixture, running: &Running) -> Committer {
    let seed = fixture.rehearsal.keys.server.expose_seed();
    let parts = CastParts {
        election: Arc::clone(&fixture.election),
        lifecycle: Arc::new(Lifecycle::new(fixture.schedule(), Facts::default())),
        clock: fixture.clock.clone(),
        store: running.store.clone(),
        keys: Arc::clone(&running.keys),
        server_key: Arc::new(SigningKey::from_seed(&seed)),
    };
    Committer { parts, in_flight: Arc::default(), faults: Arc::default(), unfinished: None, left: None }
}

/// What each voter of the first style casts on contests 0 and 1, which are of two lengths.
fn batch(fixture: &Fixture, running: &Running, voters: Range<usize>) -> Vec<Pending> {
    let cipher = running.keys.ballots().unwrap();
    let pending = |(voter, contest): (usize, u32)| {
        let session = &fixture.voters[voter];
        let ballot = fixture.ballot(voter, contest, 0);
        let checked = check::check(&fixture.election.election, session.list, ballot).unwrap();
        let tags = Tags::of(&cipher, &checked.cast);
        let admitted = Arc::new(Trust::new(2)).admit(session.account, Instant::now()).unwrap();
        Pending { account: session.account, list: session.list, checked, tags, admitted, answer: oneshot::channel().0 }
    };
    voters.flat_map(|voter| [(voter, 0), (voter, 1)]).map(pending).collect()
}

/// The tags of codes, in the order of the rows after a number.
async fn rows(running: &Running, after: i64) -> Vec<Vec<u8>> {
    let query = sqlx::query("SELECT code_tag FROM ballots WHERE seq > $1 ORDER BY seq").bind(after);
    let rows = query.fetch_all(&mut *running.store.ballots.read().await.unwrap()).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_batch_stand_in_the_order_of_their_tags() {
    for databases in Databases::all().await {
        let fixture = Fixture::several(databases, 8).await;
        let running = fixture.start().await;
        let mut committer = committer(&fixture, &running);
        let shapes = &fixture.election.election.shapes;
        assert_ne!(shapes[0].options, shapes[1].options, "two lengths tell them apart");
        assert!(committer.commit(batch(&fixture, &running, 0..6)).await.is_ok());
        let first = rows(&running, 0).await;
        assert_eq!(first.len(), 12);
        assert!(first.is_sorted(), "the order of anything else is an order of the ballots");

        // So does whoever finishes what another left.
        committer.faults.stop_at(Step::Marked);
        assert!(committer.commit(batch(&fixture, &running, 8..14)).await.is_err());
        recovery::finish_all(&committer.parts, &Faults::default()).await.unwrap();
        let second = rows(&running, 12).await;
        assert_eq!(second.len(), 12);
        assert!(second.is_sorted());
    }
}
