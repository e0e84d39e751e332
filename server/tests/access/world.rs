//! A roll with voters, a clock that tests set, mailboxes and telephones.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use escrutinio_core::hash::tagged_hash;
use escrutinio_core::manifest::Manifest;
use escrutinio_core::testing;
use escrutinio_server::access::api::*;
use escrutinio_server::access::secret::Secret;
use escrutinio_server::access::session::VoterSession;
use escrutinio_server::access::{AccessParts, AccessService, AccessSettings, Rules, totp};
pub use escrutinio_server::clock::Clock;
use escrutinio_server::clock::ManualClock;
use escrutinio_server::delivery::carrier::Sending;
use escrutinio_server::delivery::{Carrier, Delivery, Language, Letter, Patience, Texts};
use escrutinio_server::events::EventLog;
use escrutinio_server::keys::ServerKeys;
use escrutinio_server::phase::{Facts, Lifecycle, Schedule};
use escrutinio_server::refusal::Refusal;
use escrutinio_server::store::roll::{self, AccountRow, NewAccount, aad};
use escrutinio_server::store::{Database, Person, Store};
use escrutinio_server::testing::Databases;

/// What came to all telephones, or all mailboxes.
#[derive(Clone, Debug, Default)]
pub struct Inbox(Arc<Mutex<Vec<(String, String, String)>>>);

impl Carrier for Inbox {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        let message = (letter.to.expose().to_owned(), letter.subject.clone(), letter.text.expose().to_owned());
        self.0.lock().unwrap().push(message);
        Box::pin(async { Ok(()) })
    }
}

/// A person of the roll, with what only that person has.
#[derive(Clone, Debug)]
pub struct Voter {
    pub account: i64,
    pub user: String,
    pub token: [u8; 32],
    pub auth: [u8; 32],
    pub email: String,
    pub phone: String,
    pub half: Vec<u8>,
    /// The authenticator's seed.
    pub seed: Option<[u8; 20]>,
}

pub struct World {
    pub access: AccessService,
    parts: Box<dyn Fn(Database) -> AccessParts + Send + Sync>,
    pub events: Arc<EventLog>,
    pub clock: Arc<ManualClock>,
    pub keys: Arc<ServerKeys>,
    pub lifecycle: Arc<Lifecycle>,
    pub schedule: Schedule,
    pub store: Store,
    pub databases: Databases,
    pub mail: Inbox,
    pub sms: Inbox,
    pub voters: Vec<Voter>,
}

pub fn caller() -> Caller {
    Caller { address: "203.0.113.9".parse().unwrap(), language: Language::Es }
}

pub fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// Runs a test on every kind of database.
pub async fn each(test: impl AsyncFn(World)) {
    for databases in Databases::all().await {
        test(World::new(databases, 3).await).await;
    }
}

impl World {
    pub async fn new(databases: Databases, voters: u32) -> Self {
        Self::with(databases, voters, |_| (), |_| ()).await
    }

    pub async fn with(
        databases: Databases,
        voters: u32,
        manifest: impl FnOnce(&mut Manifest),
        settings: impl FnOnce(&mut AccessSettings),
    ) -> Self {
        let mut rules = testing::several(&testing::Keys::new(2, 3));
        manifest(&mut rules);
        let schedule = Schedule::of(&rules);
        let mut configured =
            AccessSettings { wrong_tries_per_minute: 1_000_000.try_into().unwrap(), ..AccessSettings::default() };
        settings(&mut configured);
        let rules = Rules::of(&rules, configured).unwrap();
        let keys = Arc::new(ServerKeys::from_bytes(&[7; 96]));
        let clock = Arc::new(ManualClock::at(schedule.voting_start + 3_600));
        let lifecycle = Arc::new(Lifecycle::new(schedule, Facts { opened: true, ..Facts::default() }));
        let store = databases.open().await;
        let (mail, sms) = (Inbox::default(), Inbox::default());
        let texts = Texts::standard("Elección", "INETEL", 5).unwrap();
        let delivery = Delivery::new(texts, Box::new(mail.clone()), Box::new(sms.clone()), Patience::default());
        let events = Arc::new(EventLog::new(store.roll.clone(), clock.clone()));
        let parts = {
            let (clock, keys, lifecycle) = (clock.clone(), keys.clone(), lifecycle.clone());
            let events = events.clone();
            Box::new(move |roll: Database| AccessParts {
                clock: clock.clone(),
                keys: keys.clone(),
                roll,
                lifecycle: lifecycle.clone(),
                rules: rules.clone(),
                delivery: delivery.clone(),
                events: events.clone(),
            })
        };
        let access = AccessService::new(parts(store.roll.clone()));
        let voters: Vec<Voter> = (0..voters).map(voter).collect();
        let rows: Vec<NewAccount> = (0..).zip(&voters).map(|(n, voter)| row(&keys, n, voter)).collect();
        let insert = store.roll.run(move |c| {
            Box::pin(async move {
                for row in &rows {
                    assert!(roll::insert(c, row).await?);
                }
                Ok(())
            })
        });
        insert.await.unwrap();
        Self { access, parts, events, clock, keys, lifecycle, schedule, store, databases, mail, sms, voters }
    }

    /// The databases once more, as another instance opens them.
    pub async fn store_again(&self) -> Store {
        self.databases.open().await
    }

    /// The same service over other connections.
    pub fn service(&self, roll: Database) -> AccessService {
        AccessService::new((self.parts)(roll))
    }

    /// The same service at another point of the election.
    pub fn service_with(&self, lifecycle: Arc<Lifecycle>) -> AccessService {
        AccessService::new(AccessParts { lifecycle, ..(self.parts)(self.store.roll.clone()) })
    }

    pub async fn row(&self, voter: &Voter) -> AccountRow {
        roll::account(&mut self.store.roll.read().await.unwrap(), voter.account).await.unwrap().unwrap()
    }

    /// The newest message to an address, and its code.
    pub async fn message(&self, inbox: &Inbox, to: &str) -> Option<(String, String)> {
        self.access.delivery().drain(Duration::from_secs(5)).await;
        let messages = inbox.0.lock().unwrap();
        messages.iter().rev().find(|(address, ..)| address == to).map(|(_, subject, text)| {
            let code = text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()));
            (subject.clone(), code.unwrap_or_default().to_owned())
        })
    }

    pub async fn sms_code(&self, phone: &str) -> String {
        self.message(&self.sms, phone).await.expect("a message").1
    }

    pub async fn mail_code(&self, email: &str) -> String {
        self.message(&self.mail, email).await.expect("a mail").1
    }

    pub async fn messages(&self, inbox: &Inbox) -> usize {
        self.access.delivery().drain(Duration::from_secs(5)).await;
        inbox.0.lock().unwrap().len()
    }

    pub fn totp(&self, voter: &Voter) -> Secret {
        totp::code(&voter.seed.expect("an authenticator"), self.clock.now()).unwrap()
    }

    pub async fn link(&self, voter: &Voter) -> Result<LinkAnswer, Refusal> {
        self.access.link(&caller(), LinkRequest { token: Secret::encode(&voter.token) }).await
    }

    pub async fn digits(&self, attempt: Secret, digits: &str) -> Result<FactorsAnswer, Refusal> {
        self.access.digits(&caller(), DigitsRequest { attempt, digits: secret(digits) }).await
    }

    pub async fn factor(&self, attempt: Secret, factor: Factor) -> Result<FactorAnswer, Refusal> {
        self.access.factor(&caller(), FactorRequest { attempt, factor }).await
    }

    pub async fn code(&self, attempt: Secret, code: &str, sms: Option<&str>) -> Result<CodeAnswer, Refusal> {
        let request = CodeRequest { attempt, code: secret(code), sms_code: sms.map(secret) };
        self.access.code(&caller(), request).await
    }

    pub async fn password(&self, attempt: Secret, auth: &[u8; 32]) -> Result<SessionAnswer, Refusal> {
        let answer = self.access.password(&caller(), PasswordRequest { attempt, auth: Secret::encode(auth) }).await;
        // The notice, which waits for its hour, is not the newest message of what comes next.
        self.access.delivery().drain(Duration::from_secs(5)).await;
        answer
    }

    pub async fn login_auth(&self, user: &str, auth: &[u8; 32]) -> Result<FactorsAnswer, Refusal> {
        let request = LoginRequest { user: user.to_owned(), auth: Secret::encode(auth) };
        self.access.login(&caller(), request).await
    }

    /// Link and digits.
    pub async fn past_digits(&self, voter: &Voter) -> Secret {
        let link = self.link(voter).await.unwrap();
        assert_eq!(link.user, voter.user);
        self.digits(link.attempt, last_four(&voter.phone)).await.unwrap().attempt
    }

    /// Link, digits, factor: what is left is a password.
    pub async fn past_factor(&self, voter: &mut Voter, factor: Factor) -> Secret {
        let attempt = self.past_digits(voter).await;
        let chosen = self.factor(attempt, factor).await.unwrap();
        let sms = self.sms_code(&voter.phone).await;
        assert!(chosen.sms);
        let answer = match factor {
            Factor::Sms => self.code(chosen.attempt, &sms, None).await,
            Factor::Totp => {
                voter.seed = Some(scan(&chosen));
                self.code(chosen.attempt, self.totp(voter).expose(), Some(&sms)).await
            }
        };
        let CodeAnswer::Password(step) = answer.unwrap() else { panic!("a password is asked for") };
        assert_eq!((step.user.as_str(), step.kdf), (voter.user.as_str(), self.access.derivation(&voter.user)));
        step.attempt
    }

    /// All of it, for the voter of this number.
    pub async fn enrol(&mut self, number: usize, factor: Factor) -> SessionAnswer {
        let mut voter = self.voters[number].clone();
        let attempt = self.past_factor(&mut voter, factor).await;
        let session = self.password(attempt, &voter.auth).await.unwrap();
        self.voters[number] = voter;
        // The authenticator's next step.
        self.clock.advance(60);
        session
    }

    /// User name and password: what is left is the choice of a factor.
    pub async fn past_password(&self, voter: &Voter) -> Secret {
        self.login_auth(&voter.user, &voter.auth).await.unwrap().attempt
    }

    /// User name, password, factor: what is left is its code, which is the second.
    pub async fn past_choice(&self, voter: &Voter, factor: Factor) -> (Secret, String) {
        let chosen = self.factor(self.past_password(voter).await, factor).await.unwrap();
        let code = match factor {
            Factor::Totp => self.totp(voter).expose().to_owned(),
            Factor::Sms => self.sms_code(&voter.phone).await,
        };
        (chosen.attempt, code)
    }

    pub async fn login(&self, voter: &Voter, factor: Factor) -> Result<SessionAnswer, Refusal> {
        let (attempt, code) = self.past_choice(voter, factor).await;
        match self.code(attempt, &code, None).await? {
            CodeAnswer::Session(session) => Ok(session),
            CodeAnswer::Password(_) => panic!("a login asks for no password"),
        }
    }

    pub async fn session(&self, answer: &SessionAnswer) -> Result<VoterSession, Refusal> {
        self.access.session(answer.session.expose()).await
    }

    /// Past the code that came by e-mail: what is left is the choice of a factor.
    pub async fn past_mail(&self, voter: &Voter) -> Secret {
        self.access.recover(&caller(), RecoverRequest { user: voter.user.clone() }).await.unwrap();
        let code = self.mail_code(&voter.email).await;
        let request = RecoverCodeRequest { user: voter.user.clone(), code: secret(&code) };
        self.access.recover_code(&caller(), request).await.unwrap().attempt
    }

    /// The registrar's new link.
    pub async fn renew(&self, user: &str, token: [u8; 32]) -> Option<bool> {
        let user = user.to_owned();
        let job = self.store.roll.run(move |c| Box::pin(async move { roll::renew(c, &user, &token).await }));
        job.await.unwrap()
    }

    pub async fn mark(&self, account: i64, contest: i64) {
        let job = self.store.roll.run(move |c| {
            Box::pin(async move {
                let statement = "INSERT INTO marks (account, contest) VALUES ($1, $2)";
                sqlx::query(statement).bind(account).bind(contest).execute(c).await?;
                Ok(())
            })
        });
        job.await.unwrap();
    }
}

pub fn last_four(phone: &str) -> &str {
    &phone[phone.len() - 4..]
}

/// The seed that is shown, as an authenticator reads it.
pub fn scan(answer: &FactorAnswer) -> [u8; 20] {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let shown = answer.secret.as_ref().unwrap().expose();
    assert!(answer.uri.as_ref().unwrap().expose().contains(shown));
    let bits: Vec<u8> = shown
        .chars()
        .flat_map(|letter| {
            let value = LETTERS.find(letter).unwrap();
            (0..5).rev().map(move |bit| u8::from(value >> bit & 1 == 1))
        })
        .collect();
    let bytes: Vec<u8> = bits.chunks(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit)).collect();
    bytes.try_into().unwrap()
}

/// The hash of an account's token, as the registrar gives it.
pub fn token_hash(token: &[u8; 32]) -> [u8; 32] {
    tagged_hash("access-token", &[token])
}

fn voter(number: u32) -> Voter {
    let drawn = |label: &str| tagged_hash(label, &[&number.to_le_bytes()]);
    let account = i64::from_le_bytes(drawn("account")[..8].try_into().unwrap()) & i64::MAX;
    Voter {
        account,
        user: format!("2345f-6789c-{number:05}"),
        token: drawn("token"),
        auth: drawn("auth of the voter"),
        email: format!("persona{number}@correo.example"),
        phone: format!("1312555{:04}", 1000 + number),
        half: drawn("half").repeat(4)[..108].to_vec(),
        seed: None,
    }
}

fn row(keys: &ServerKeys, number: u32, voter: &Voter) -> NewAccount {
    let person = Person {
        name: format!("Nombre Canario {number}"),
        clave: format!("CLAVECANARIO{number:06}"),
        entity: "Nayarit".into(),
        email: voter.email.clone(),
        phone: voter.phone.clone(),
    };
    let rng = &mut escrutinio_server::random::system();
    NewAccount {
        account: voter.account,
        user_name: voter.user.clone(),
        token: Some(token_hash(&voter.token).to_vec()),
        list: 1,
        place: number,
        contacts: person.contact_tags(keys.roll()),
        person: person.seal(keys.roll(), voter.account),
        half: keys.roll().seal(&aad("half", voter.account), &voter.half, rng),
    }
}

pub fn base64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
