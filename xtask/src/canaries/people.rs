//! Voters who do everything that voters do, wrong things too.

use core::time::Duration;
use std::sync::Arc;

use escrutinio_driver::{Api, Booth, Cost, Device, Error, Factor, FirstAccess, Outbox, Sealed, Session};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

use super::relay::Relay;
use super::tap::Tap;
use crate::lab::desk;
use crate::lab::election::{Election, Voter};
use crate::lab::house::House;
use crate::lab::wire::{Reply, Wire};
use crate::shell::{Failure, Outcome};

/// Devices derive their keys cheaply; the server sees no difference.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };
/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A machine with much to do says that it is busy.
const TRIES: u32 = 20;
/// An authenticator's code serves once: so much later there is another.
const NEXT_CODE: i64 = 61;

/// What voters see of the election.
pub(crate) struct Scene<'a> {
    pub(crate) election: &'a Arc<Election>,
    pub(crate) house: &'a House,
    pub(crate) taps: Vec<Tap>,
    pub(crate) phones: Outbox,
    pub(crate) mails: Outbox,
    /// Ballots that were sent: whose, and the bytes.
    pub(crate) ballots: Vec<(usize, Vec<u8>)>,
    /// Secrets that are not in the election: whose, what, and the text.
    pub(crate) passwords: Vec<(usize, String)>,
    pub(crate) addresses: Vec<(usize, String)>,
    /// What the desk answered, by act.
    pub(crate) desk: Vec<(String, String)>,
    rng: ChaCha20Rng,
}

/// A voter with the device at hand.
struct Entered {
    number: usize,
    device: Device,
    session: Session,
}

impl<'a> Scene<'a> {
    pub(crate) async fn open(
        election: &'a Arc<Election>,
        house: &'a House,
        phones: &Relay,
        mails: &Relay,
    ) -> Result<Self, Failure> {
        let mut taps = Vec::new();
        for _ in &election.voters {
            taps.push(Tap::open(&house.first()?.url()).await?);
        }
        Ok(Self {
            election,
            house,
            taps,
            phones: Outbox::new(&phones.to, PATIENCE),
            mails: Outbox::new(&mails.to, PATIENCE),
            ballots: Vec::new(),
            passwords: Vec::new(),
            addresses: Vec::new(),
            desk: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(77),
        })
    }

    fn voter(&self, number: usize) -> Result<&'a Voter, Failure> {
        self.election.voters.get(number).ok_or_else(|| Failure::new("no such voter"))
    }

    fn api(&self, number: usize) -> Result<Api, Failure> {
        Ok(Api::new(&self.tap(number)?.url)?)
    }

    fn tap(&self, number: usize) -> Result<&Tap, Failure> {
        self.taps.get(number).ok_or_else(|| Failure::new("no such voter"))
    }

    fn later(&self) -> Outcome {
        let clock = &self.house.plan.clock;
        clock.set(clock.now().saturating_add(NEXT_CODE))
    }

    async fn enter(&mut self, number: usize, factor: Factor) -> Result<Entered, Failure> {
        let voter = self.voter(number)?;
        let (mail, api, clock) = (self.election.mail(voter)?, self.api(number)?, self.house.plan.clock.clone());
        let access =
            FirstAccess { mail: &mail, phone: &voter.phone, password: &voter.password, factor, cost: Some(CHEAP) };
        let now = move || clock.now();
        let (device, session) = Device::first_access(&api, &self.phones, &now, &access, &mut self.rng).await?;
        session.info().await?;
        session.half().await?;
        Ok(Entered { number, device, session })
    }

    async fn login(&self, entered: &mut Entered, password: &str) -> Result<(), Error> {
        let clock = self.house.plan.clock.clone();
        let api = Api::new(&self.tap(entered.number).map_err(|_| Error::NoCode)?.url)?;
        entered.session = entered.device.login(&api, &self.phones, &move || clock.now(), password).await?;
        Ok(())
    }

    fn seal(&mut self, number: usize, contest: u32, option: u32) -> Result<(Booth, Sealed), Failure> {
        let (first, second) = self.election.rehearsal.issued(0, self.voter(number)?.place);
        let booth = Booth::enter(Arc::clone(&self.election.record), &first, &second)?;
        let sealed = booth.seal(contest, option, None, &mut self.rng)?;
        self.ballots.push((number, sealed.bytes.clone()));
        Ok((booth, sealed))
    }

    /// Votes on both contests.
    async fn vote(&mut self, entered: &Entered) -> Outcome {
        for contest in 0..2 {
            let (booth, sealed) = self.seal(entered.number, contest, 1)?;
            entered.session.cast_until_promised(&sealed, &booth, TRIES).await?;
        }
        Ok(())
    }

    /// A request of the voter's own making; whatever the answer.
    async fn ask(&self, number: usize, path: &str, token: Option<&str>, body: &[u8]) -> Result<Reply, Failure> {
        let mut wire = Wire::new(&self.tap(number)?.url);
        let request = wire.post(path, token, "application/json", body);
        wire.ask(&request).await
    }

    /// A step as a device takes it; the answer is the attempt, if there is one.
    async fn step(&self, number: usize, path: &str, token: Option<&str>, body: &Value) -> Result<String, Failure> {
        let reply = self.ask(number, &format!("/api/v1{path}"), token, body.to_string().as_bytes()).await?;
        if reply.status >= 300 {
            let said = String::from_utf8_lossy(&reply.body).into_owned();
            return Err(Failure::new(format!("{path}: {} {said}", reply.status)));
        }
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        Ok(answer.get("attempt").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    fn at_desk(&mut self, act: &str, arguments: &[&str]) -> Outcome {
        let person = self.election.two().into_iter().next().ok_or_else(|| Failure::new("no staff"))?;
        let answer = desk::alone(self.house.first()?, person, act, arguments)?;
        self.desk.push((act.to_owned(), answer.to_string()));
        Ok(())
    }

    /// The whole day.
    pub(crate) async fn play(&mut self) -> Outcome {
        self.twice().await?;
        self.wrong_password().await?;
        self.forgotten_password().await?;
        self.new_address().await?;
        self.locked_out().await?;
        self.bad_ballots().await?;
        // Enters and never votes; another never enters.
        self.enter(6, Factor::Sms).await?.session.logout().await?;
        self.nonsense(7).await
    }

    /// Votes, sends the same again, wants to vote otherwise, leaves, comes back.
    async fn twice(&mut self) -> Outcome {
        let mut entered = self.enter(0, Factor::Totp).await?;
        let (booth, sealed) = self.seal(0, 0, 2)?;
        entered.session.cast_until_promised(&sealed, &booth, TRIES).await?;
        entered.session.cast_until_promised(&sealed, &booth, TRIES).await?;
        let (booth, other) = self.seal(0, 0, 3)?;
        refused(entered.session.cast(&other, &booth).await)?;
        self.later()?;
        self.login(&mut entered, &self.voter(0)?.password).await?;
        entered.session.info().await?;
        let token = entered.session.expose_token().to_owned();
        entered.session.logout().await?;
        refused(Session::resume(self.api(0)?, token, 0).info().await)
    }

    /// Wrong password, wrong code, an SMS in the place of the authenticator; then right.
    async fn wrong_password(&mut self) -> Outcome {
        let mut entered = self.enter(1, Factor::Sms).await?;
        let wrong = "no es la contraseña canaria".to_owned();
        refused(self.login(&mut entered, &wrong).await)?;
        self.passwords.push((1, wrong));
        let voter = self.voter(1)?;
        let keys = entered.device.keys(&self.api(1)?, &voter.password).await?;
        let login = json!({ "user": voter.user, "auth": keys.expose_auth() });
        let factors = self.step(1, "/access/login", None, &login).await?;
        let factor = json!({ "attempt": factors, "factor": "sms" });
        let chosen = self.step(1, "/access/factor", None, &factor).await?;
        let right = self.phones.code(&voter.phone).await?;
        let wrong = if right == "271828" { "314159" } else { "271828" };
        let code = json!({ "attempt": chosen, "code": wrong });
        if self.step(1, "/access/code", None, &code).await.is_ok() {
            return Err(Failure::new("a wrong code is taken"));
        }
        self.login(&mut entered, &voter.password).await?;
        self.vote(&entered).await
    }

    async fn forgotten_password(&mut self) -> Outcome {
        let mut entered = self.enter(2, Factor::Totp).await?;
        self.later()?;
        let (voter, clock) = (self.voter(2)?, self.house.plan.clock.clone());
        let (api, mail) = (self.api(2)?, self.election.mail(voter)?);
        let password = "otra clave canaria bien larga".to_owned();
        let boxes = (&self.mails, &self.phones);
        let now = move || clock.now();
        entered.session = entered.device.recover(&api, boxes, &now, &mail, &password, &mut self.rng).await?;
        self.passwords.push((2, password));
        self.vote(&entered).await
    }

    /// A new e-mail address and a new telephone; the link is to be sent again.
    async fn new_address(&mut self) -> Outcome {
        let entered = self.enter(3, Factor::Sms).await?;
        let voter = self.voter(3)?;
        let token = Some(entered.session.expose_token());
        let mut phone = voter.phone.clone();
        for (kind, value) in [("email", "nueva.direccion@canario.example"), ("phone", "13129988776")] {
            let asked = json!({ "kind": kind, "value": value, "factor": "sms" });
            let asked = self.step(3, "/session/contact", token, &asked).await?;
            let factor = self.phones.code(&phone).await?;
            let code = if kind == "email" { self.mails.code(value).await? } else { self.phones.code(value).await? };
            let confirm = json!({ "attempt": asked, "code": code, "factor_code": factor });
            self.step(3, "/session/contact/confirm", token, &confirm).await?;
            self.addresses.push((3, value.to_owned()));
            if kind == "phone" {
                value.clone_into(&mut phone);
            }
        }
        self.vote(&entered).await?;
        self.at_desk("resend", &[&voter.user])
    }

    /// Locked after wrong tries; the desk unlocks, and has the authenticator forgotten.
    async fn locked_out(&mut self) -> Outcome {
        let mut entered = self.enter(4, Factor::Totp).await?;
        let voter = self.voter(4)?;
        for number in 0..6 {
            let wrong = format!("clave canaria equivocada {number}");
            refused(self.login(&mut entered, &wrong).await)?;
            self.passwords.push((4, wrong));
        }
        self.later()?;
        refused(self.login(&mut entered, &voter.password).await)?;
        self.at_desk("unlock", &[&voter.user])?;
        self.login(&mut entered, &voter.password).await?;
        self.vote(&entered).await?;
        self.at_desk("forget-authenticator", &[&voter.user])?;
        self.at_desk("incident", &["operator", "Una votante llamó al centro de ayuda."])
    }

    /// A stranger's ballot, a copied one, bytes that are none.
    async fn bad_ballots(&mut self) -> Outcome {
        let entered = self.enter(5, Factor::Totp).await?;
        let others: Vec<Vec<u8>> = self.ballots.iter().take(2).map(|(_, ballot)| ballot.clone()).collect();
        for ballot in others {
            refused(entered.session.cast_bytes(ballot).await)?;
        }
        let (_, sealed) = self.seal(5, 0, 1)?;
        for at in [0, 40, 90, sealed.bytes.len().saturating_sub(1)] {
            let mut broken = sealed.bytes.clone();
            if let Some(byte) = broken.get_mut(at) {
                *byte ^= 1;
            }
            refused(entered.session.cast_bytes(broken).await)?;
        }
        self.vote(&entered).await
    }

    /// Secrets where none belong: in paths, headers, names of fields, broken JSON.
    async fn nonsense(&mut self, number: usize) -> Outcome {
        let voter = self.voter(number)?;
        let (user, password) = (voter.user.clone(), voter.password.clone());
        let (name, email) = (voter.name.clone(), voter.email.clone());
        for path in
            ["/access/link", "/access/login", "/access/code", "/access/password", "/recorded", "/access/recover"]
        {
            let path = format!("/api/v1{path}");
            for body in [
                format!("{{\"user\":\"{user}\",\"auth\":\"{password}\""),
                json!({ "user": 5, "auth": { "x": password } }).to_string(),
                json!({ password.clone(): name, "user": [email] }).to_string(),
                json!({ "user": user, "auth": password, "token": password, "attempt": password, "code": password })
                    .to_string(),
                format!("\"{name} {email}\""),
            ] {
                self.ask(number, &path, Some(&password), body.as_bytes()).await?;
            }
        }
        for path in ["session/ballots", "session/contact", &user, &email] {
            self.ask(number, &format!("/api/v1/{path}?{user}&{email}"), Some(&user), name.as_bytes()).await?;
        }
        // Four wrong digits.
        let mail = self.election.mail(voter)?;
        let linked = self.step(number, "/access/link", None, &json!({ "token": mail.link.expose_token() })).await?;
        let wrong = json!({ "attempt": linked, "digits": "0000" });
        self.ask(number, "/api/v1/access/digits", None, wrong.to_string().as_bytes()).await.map(drop)
    }
}

/// It must have been refused, and clearly.
fn refused<T>(answer: Result<T, Error>) -> Outcome {
    match answer {
        Err(Error::Refused(_)) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(_) => Err(Failure::new("the server takes what it should refuse")),
    }
}
