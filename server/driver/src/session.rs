//! A session past both factors: the second half, the ballots, the promises.

use core::time::Duration;

use escrutinio_core::board::Receipt;
use escrutinio_core::credential::IssuedHalf;
use reqwest::Method;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::api::{Api, accepted, json};
use crate::booth::{Booth, Sealed};
use crate::error::Result;

/// A session of one voter.
pub struct Session {
    api: Api,
    token: Zeroizing<String>,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Session(.., expires: {})", self.expires)
    }
}

/// What a session may do.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionInfo {
    /// When it ends.
    pub expires: i64,
    /// Seconds that are left.
    pub remaining: i64,
    /// The voter's credential list.
    pub list: u32,
    /// Its ballot style.
    pub style: u32,
    /// Its reporting unit.
    pub unit: u32,
    /// Its contests.
    pub contests: Vec<ContestState>,
}

/// A contest of the voter's style.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct ContestState {
    /// Its number.
    pub contest: u32,
    /// Whether the voter has voted in it.
    pub cast: bool,
}

impl Session {
    /// From the token that the last step gave, or that was kept.
    #[must_use]
    pub fn resume(api: Api, token: String, expires: i64) -> Self {
        Self { api, token: Zeroizing::new(token), expires }
    }

    /// The token.
    #[must_use]
    pub fn expose_token(&self) -> &str {
        &self.token
    }

    /// The same session at another instance.
    #[must_use]
    pub fn at(&self, api: Api) -> Self {
        Self { api, token: self.token.clone(), expires: self.expires }
    }

    /// What the session may do.
    ///
    /// # Errors
    /// If the server refuses or does not answer as specified.
    pub async fn info(&self) -> Result<SessionInfo> {
        json("GET /session", self.request(Method::GET, "/session").send().await?).await
    }

    /// The server's half.
    ///
    /// # Errors
    /// If the server refuses, or the bytes are no half.
    pub async fn half(&self) -> Result<IssuedHalf> {
        let answer = accepted(self.request(Method::GET, "/session/half").send().await?).await?;
        let bytes = Zeroizing::new(answer.bytes().await?.to_vec());
        Ok(IssuedHalf::from_bytes(&bytes)?)
    }

    /// Sends a ballot once and verifies the promise.
    ///
    /// # Errors
    /// If the server refuses, or promises anything else.
    pub async fn cast(&self, ballot: &Sealed, booth: &Booth) -> Result<Receipt> {
        let receipt = Receipt::parse(&self.cast_bytes(ballot.bytes.clone()).await?)?;
        let election = &booth.record().election;
        receipt.verify_for(&election.election_id, (ballot.contest, &ballot.code), &election.manifest.server.key)?;
        Ok(receipt)
    }

    /// Sends the same bytes until there is a promise: where an answer was lost nobody knows
    /// whether the ballot arrived, and the same bytes are the same ballot.
    ///
    /// # Errors
    /// The last one, when the tries are used up; at once if the server refuses.
    pub async fn cast_until_promised(&self, ballot: &Sealed, booth: &Booth, tries: u32) -> Result<Receipt> {
        let mut pause = Duration::from_millis(50);
        let mut left = tries;
        loop {
            left = left.saturating_sub(1);
            match self.cast(ballot, booth).await {
                Err(error) if error.may_repeat() && left > 0 => {
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).min(Duration::from_secs(2));
                }
                other => return other,
            }
        }
    }

    /// Sends bytes as a ballot; the answer as it comes.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn cast_bytes(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let request = self.request(Method::POST, "/session/ballots");
        let request = request.header("content-type", "application/octet-stream").body(bytes);
        Ok(accepted(request.send().await?).await?.bytes().await?.to_vec())
    }

    /// Ends the session.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn logout(self) -> Result<()> {
        accepted(self.request(Method::DELETE, "/session").send().await?).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.api.request(method, path).bearer_auth(self.token.as_str())
    }
}
