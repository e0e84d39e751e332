//! The desk: what staff may do, and with whose signature (`spec/server.md`, Staff).
//!
//! Read in this order:
//!
//! 1. [`staff`]: who is staff;
//! 2. [`act`]: what there is to do, and whether one person is enough;
//! 3. [`request`]: what somebody signs; [`approvals`]: two persons, in the database;
//! 4. [`Desk::ask`]: from a request to what is done, and its line in the log of events;
//! 5. [`work`]: the acts themselves; [`incident`], [`components`], [`hosts`], [`state`]: what they tell.

pub mod act;
mod approvals;
pub mod components;
pub(crate) mod hosts;
pub mod incident;
pub mod report;
pub mod request;
pub mod staff;
pub mod state;
mod work;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

pub use act::DeskAct;
pub use request::DeskRequest;
pub use staff::{Member, Observer, Staff, StaffError};

use crate::events::Event;
use crate::refusal::Refusal;
use crate::server::Server;
use approvals::Outcome;
pub use approvals::Signed;

/// What became of a request.
#[derive(Debug, Serialize)]
pub struct DeskAnswer {
    /// Whether it was done; if not, the other role has to sign the same.
    pub done: bool,
    /// Who has signed what, by role.
    pub signed: Vec<Signed>,
    /// What the act tells.
    pub result: Value,
}

/// Why a request is not done.
#[derive(Debug)]
pub struct DeskFault {
    /// The problem.
    pub refusal: Refusal,
    /// What a member of staff is told beyond it.
    pub detail: String,
}

impl From<Refusal> for DeskFault {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, detail: String::new() }
    }
}

impl From<crate::store::StoreError> for DeskFault {
    fn from(error: crate::store::StoreError) -> Self {
        Self { detail: error.to_string(), refusal: error.into() }
    }
}

impl From<crate::lifecycle::LifecycleError> for DeskFault {
    fn from(error: crate::lifecycle::LifecycleError) -> Self {
        Self { refusal: Refusal::from(&error), detail: error.to_string() }
    }
}

/// Takes the requests of staff.
#[derive(Debug)]
pub struct Desk {
    server: Arc<Server>,
}

impl Desk {
    /// The desk of a server.
    #[must_use]
    pub fn new(server: Arc<Server>) -> Self {
        Self { server }
    }

    /// Judges a request and, if it is complete, does it. Whatever comes of it stands in the log of events: person,
    /// role, time, result (R-ROLE-15).
    ///
    /// # Errors
    /// [`DeskFault`].
    pub async fn ask(&self, request: &DeskRequest) -> Result<DeskAnswer, DeskFault> {
        let server = &self.server;
        let now = server.clock.now();
        let (act, member) = match request.judge(&server.election.election.election_id, &server.staff, now) {
            Ok(judged) => judged,
            Err(fault) => {
                // Who it claims to be is not known: nothing of it is written down but that it came.
                server.events.append(Event::server("desk-refused", fault.name())).await?;
                return Err(fault.into());
            }
        };
        let outcome = approvals::note(&server.store.roll, act, request, member, now).await?;
        let (signed, done) = match outcome {
            Outcome::Seen => return Err(self.refused(act, member, Refusal::Staff.into()).await),
            Outcome::Waiting(signed) => (signed, false),
            Outcome::Complete(signed) => (signed, true),
        };
        if !done {
            self.note(act, member, "signed").await?;
            return Ok(DeskAnswer { done, signed, result: Value::Null });
        }
        match work::run(server, act, request, &signed).await {
            Ok(result) => {
                self.note(act, member, result.note).await?;
                Ok(DeskAnswer { done, signed, result: result.answer })
            }
            Err(fault) => Err(self.refused(act, member, fault).await),
        }
    }

    async fn refused(&self, act: DeskAct, member: &Member, fault: DeskFault) -> DeskFault {
        let why = if fault.detail.is_empty() { fault.refusal.name().to_owned() } else { fault.detail.clone() };
        match self.note(act, member, format!("refused: {why}")).await {
            Ok(()) => fault,
            Err(store) => store,
        }
    }

    async fn note(&self, act: DeskAct, member: &Member, result: impl Into<Value>) -> Result<(), DeskFault> {
        let (who, role) = (member.name.clone(), member.role_name());
        let event = Event { who, role, act: act.name().to_owned(), result: result.into() };
        Ok(self.server.events.append(event).await?)
    }
}
