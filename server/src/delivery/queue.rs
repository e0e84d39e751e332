//! Messages on their way: a bounded number, each tried again until it is of no use any more.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::Channel;
use super::carrier::{Carrier, DeliveryError, Fate, Letter};
use super::status::{Counters, DeliveryStatus};
use super::text::{Language, Notice, Texts};
use crate::access::secret::Secret;
use crate::random;

/// How many and how long.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Messages of a channel that may be on their way.
    pub waiting: usize,
    /// Messages of a channel that are sent at the same time.
    pub at_once: usize,
    /// For how long one attempt may take.
    pub attempt: Duration,
    /// Pause after the first attempt; it doubles up to a minute.
    pub pause: Duration,
    /// For how long a code is tried; after that it is of no use.
    pub code: Duration,
    /// For how long a notice is tried.
    pub notice: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            waiting: 10_000,
            at_once: 32,
            attempt: Duration::from_secs(20),
            pause: Duration::from_secs(1),
            code: Duration::from_secs(300),
            notice: Duration::from_secs(3_600),
        }
    }
}

/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Seconds of which the notices leave together, and over how many they leave then.
const HOUR: u64 = 3_600;
const SPREAD: u64 = 600;
/// Notices that may wait for it.
const LATE: u32 = 100_000;

/// No more messages are taken for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many messages are waiting")]
pub struct Full;

/// Sends messages. A copy is the same one.
#[derive(Clone, Debug)]
pub struct Delivery {
    texts: Arc<Texts>,
    mail: Arc<Line>,
    sms: Arc<Line>,
    late: Arc<Late>,
    patience: Patience,
}

/// Notices that wait for the end of their hour.
#[derive(Debug)]
struct Late {
    since: Instant,
    places: Arc<Semaphore>,
    /// Changed when nothing waits any more.
    end: watch::Sender<()>,
}

impl Late {
    fn new() -> Self {
        let places = usize::try_from(LATE).unwrap_or(Semaphore::MAX_PERMITS);
        Self { since: Instant::now(), places: Arc::new(Semaphore::new(places)), end: watch::Sender::new(()) }
    }

    /// For how long one waits that comes now: until the hour is over, and then a time by chance, or their order would
    /// be that of what they tell of.
    fn wait(&self) -> Duration {
        let passed = self.since.elapsed().as_secs().rem_euclid(HOUR);
        let chance = u64::from(u32::from_le_bytes(random::bytes())).rem_euclid(SPREAD);
        Duration::from_secs(HOUR.saturating_sub(passed).saturating_add(chance))
    }
}

/// One channel.
struct Line {
    carrier: Box<dyn Carrier>,
    room: Arc<Semaphore>,
    at_once: Semaphore,
    capacity: usize,
    counters: Counters,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({:?})", self.carrier)
    }
}

/// Room for one message. Taken before the code is drawn, so that no voter waits for a message
/// that is not sent.
#[derive(Debug)]
pub struct Slot {
    delivery: Delivery,
    channel: Channel,
    room: OwnedSemaphorePermit,
}

impl Delivery {
    /// Over these two carriers.
    #[must_use]
    pub fn new(texts: Texts, mail: Box<dyn Carrier>, sms: Box<dyn Carrier>, patience: Patience) -> Self {
        let line = |carrier| {
            let capacity = patience.waiting.clamp(1, Semaphore::MAX_PERMITS);
            let at_once = Semaphore::new(patience.at_once.clamp(1, Semaphore::MAX_PERMITS));
            Arc::new(Line {
                carrier,
                room: Arc::new(Semaphore::new(capacity)),
                at_once,
                capacity,
                counters: Counters::default(),
            })
        };
        Self { texts: Arc::new(texts), mail: line(mail), sms: line(sms), late: Arc::new(Late::new()), patience }
    }

    fn line(&self, channel: Channel) -> &Arc<Line> {
        match channel {
            Channel::Mail => &self.mail,
            Channel::Sms => &self.sms,
        }
    }

    /// Room for one message.
    ///
    /// # Errors
    /// [`Full`]
    pub fn reserve(&self, channel: Channel) -> Result<Slot, Full> {
        let line = self.line(channel);
        match Arc::clone(&line.room).try_acquire_owned() {
            Ok(room) => Ok(Slot { delivery: self.clone(), channel, room }),
            Err(_) => {
                line.counters.refused();
                Err(Full)
            }
        }
    }

    /// Sends a notice if there is room; what it tells of is done already.
    pub fn notify(&self, channel: Channel, to: Secret, language: Language, notice: &Notice) {
        if let Ok(slot) = self.reserve(channel) {
            slot.send(to, language, notice);
        }
    }

    /// Sends a notice after the end of the hour, with all others of it, so that whoever carries it does not learn when
    /// somebody was here. Those that wait when the program ends leave then; a crash loses them.
    pub fn notify_late(&self, channel: Channel, to: Secret, language: Language, notice: Notice) {
        let Ok(place) = Arc::clone(&self.late.places).try_acquire_owned() else {
            self.line(channel).counters.refused();
            return;
        };
        let (delivery, mut end, wait) = (self.clone(), self.late.end.subscribe(), self.late.wait());
        tokio::spawn(async move {
            // Whichever it is.
            let _ = tokio::time::timeout(wait, end.changed()).await;
            delivery.notify(channel, to, language, &notice);
            drop(place);
        });
    }

    /// How it goes.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        let of = |line: &Line| {
            let free = line.room.available_permits();
            line.counters.status(line.capacity.saturating_sub(free), free == 0)
        };
        DeliveryStatus { mail: of(&self.mail), sms: of(&self.sms) }
    }

    /// Waits until nothing is on its way, or for so long. What is left then is lost.
    pub async fn drain(&self, longest: Duration) {
        let empty = async {
            self.late.end.send_replace(());
            drop(self.late.places.acquire_many(LATE).await);
            for line in [&self.mail, &self.sms] {
                let all = u32::try_from(line.capacity).unwrap_or(u32::MAX);
                drop(line.room.acquire_many(all).await);
            }
        };
        // Too late is said by the counters.
        let _ = tokio::time::timeout(longest, empty).await;
    }
}

impl Slot {
    /// Sends a message; returns at once.
    pub fn send(self, to: Secret, language: Language, notice: &Notice) {
        let Self { delivery, channel, room } = self;
        let patience = delivery.patience;
        let lifetime = match notice {
            Notice::LoginCode(_) | Notice::EnrolmentCode(_) | Notice::RecoveryCode(_) | Notice::ContactCode(_) => {
                patience.code
            }
            Notice::PasswordSet | Notice::PasswordChanged | Notice::EmailChanged | Notice::PhoneChanged => {
                patience.notice
            }
        };
        let letter = delivery.texts.letter(channel, to, language, notice);
        let line = Arc::clone(delivery.line(channel));
        tokio::spawn(async move {
            line.carry(&letter, patience, lifetime).await;
            drop(room);
        });
    }
}

impl Line {
    async fn carry(&self, letter: &Letter, patience: Patience, lifetime: Duration) {
        let start = Instant::now();
        let mut pause = patience.pause;
        loop {
            let why = match self.attempt(letter, patience.attempt).await {
                Ok(()) => return self.counters.sent(),
                Err(why) => why,
            };
            let late = start.elapsed().saturating_add(pause) >= lifetime;
            match (why.fate(), late) {
                (Fate::Again, false) => self.counters.repeated(why),
                (Fate::Again, true) => return self.counters.failed(why, true),
                (Fate::Lost, _) => return self.counters.failed(why, false),
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE.max(patience.pause));
        }
    }

    async fn attempt(&self, letter: &Letter, longest: Duration) -> Result<(), DeliveryError> {
        // Never closed; held while sending, not while pausing.
        let _permit = self.at_once.acquire().await;
        match tokio::time::timeout(longest, self.carrier.send(letter)).await {
            Ok(sent) => sent,
            Err(_) => Err(DeliveryError::TimedOut),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::super::carrier::{Null, Sending};
    use super::super::status::Health;
    use super::*;

    /// Answers from a list, then takes everything.
    #[derive(Clone, Debug, Default)]
    struct Scripted {
        answers: Arc<Mutex<VecDeque<DeliveryError>>>,
        taken: Arc<Mutex<Vec<String>>>,
        hang: bool,
    }

    impl Carrier for Scripted {
        fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
            Box::pin(async move {
                if self.hang {
                    tokio::time::sleep(Duration::from_secs(3_600)).await;
                }
                if let Some(why) = self.answers.lock().unwrap().pop_front() {
                    return Err(why);
                }
                self.taken.lock().unwrap().push(letter.text.expose().to_owned());
                Ok(())
            })
        }
    }

    fn quick() -> Patience {
        let ms = Duration::from_millis;
        Patience { waiting: 2, at_once: 1, attempt: ms(100), pause: ms(5), code: ms(40), notice: ms(400) }
    }

    fn delivery(sms: Scripted) -> Delivery {
        Delivery::new(Texts::standard("E", "H", 5).unwrap(), Box::new(Null), Box::new(sms), quick())
    }

    fn send(delivery: &Delivery) -> Result<(), Full> {
        let code = Notice::LoginCode(Secret::new("012345".into()));
        delivery.reserve(Channel::Sms).map(|slot| slot.send(Secret::new("155".into()), Language::En, &code))
    }

    async fn drained(delivery: &Delivery) -> super::super::ChannelStatus {
        delivery.drain(Duration::from_secs(5)).await;
        delivery.status().sms
    }

    #[tokio::test]
    async fn a_message_is_tried_again_until_it_is_taken() {
        let sms = Scripted::default();
        sms.answers.lock().unwrap().extend([DeliveryError::Unreachable, DeliveryError::Later(503)]);
        // Good for long enough, however busy the machine.
        let patience = Patience { code: Duration::from_secs(60), ..quick() };
        let delivery =
            Delivery::new(Texts::standard("E", "H", 5).unwrap(), Box::new(Null), Box::new(sms.clone()), patience);
        send(&delivery).unwrap();
        let status = drained(&delivery).await;
        assert_eq!((status.sent, status.repeated, status.failed), (1, 2, 0));
        assert_eq!(status.health, Health::Up);
        assert_eq!(sms.taken.lock().unwrap().len(), 1);
        assert_eq!(status.last_failure.as_deref(), Some("refused for now with 503"));
    }

    #[tokio::test]
    async fn a_code_that_is_too_old_is_given_up_and_the_channel_is_down() {
        let sms = Scripted::default();
        sms.answers.lock().unwrap().extend([DeliveryError::Unreachable; 100]);
        let delivery = delivery(sms.clone());
        send(&delivery).unwrap();
        let status = drained(&delivery).await;
        // Pauses of 5, 10 and 20 ms would reach the 40 ms: two or three attempts.
        assert_eq!((status.sent, status.failed, status.waiting), (0, 1, 0));
        assert!((1..=3).contains(&status.repeated), "{}", status.repeated);
        sms.answers.lock().unwrap().truncate(1);
        send(&delivery).unwrap();
        assert_eq!(drained(&delivery).await.health, Health::Up, "one that is taken ends it");
    }

    #[tokio::test]
    async fn three_failures_in_a_row_are_a_channel_that_is_down() {
        let sms = Scripted::default();
        sms.answers.lock().unwrap().extend([DeliveryError::Tls; 100]);
        let delivery = delivery(sms);
        send(&delivery).unwrap();
        send(&delivery).unwrap();
        assert_eq!(drained(&delivery).await.health, Health::Down);
    }

    #[tokio::test]
    async fn a_message_that_is_refused_says_nothing_of_the_channel() {
        let sms = Scripted::default();
        sms.answers.lock().unwrap().extend([DeliveryError::Refused(550); 5]);
        let delivery = delivery(sms);
        for _ in 0..5 {
            send(&delivery).unwrap();
            drained(&delivery).await;
        }
        let status = drained(&delivery).await;
        assert_eq!((status.failed, status.repeated, status.health), (5, 0, Health::Up));
    }

    #[tokio::test]
    async fn no_more_than_the_queue_holds_and_a_hanging_carrier_is_left() {
        let delivery = delivery(Scripted { hang: true, ..Scripted::default() });
        send(&delivery).unwrap();
        send(&delivery).unwrap();
        assert_eq!(send(&delivery), Err(Full));
        assert_eq!(delivery.status().sms.health, Health::Full);
        let status = drained(&delivery).await;
        assert_eq!((status.failed, status.refused, status.sent), (2, 1, 0));
        assert_eq!(status.last_failure.as_deref(), Some("no answer in time"));
        send(&delivery).unwrap();
    }

    #[tokio::test]
    async fn notices_of_an_hour_leave_together_when_it_is_over() {
        let sms = Scripted::default();
        let delivery = delivery(sms.clone());
        let to = || Secret::new("155".into());
        delivery.notify_late(Channel::Sms, to(), Language::En, Notice::PasswordSet);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(sms.taken.lock().unwrap().len(), 0, "not in the moment of what it tells of");
        send(&delivery).unwrap();
        assert_eq!(drained(&delivery).await.sent, 2, "the end of the program does not lose it");

        let waits: std::collections::BTreeSet<_> = (0..100).map(|_| delivery.late.wait()).collect();
        let (hour, last) = (Duration::from_secs(HOUR - 60), Duration::from_secs(HOUR + SPREAD));
        assert!(waits.len() > 20 && waits.iter().all(|wait| (hour..last).contains(wait)), "{waits:?}");
    }

    #[tokio::test]
    async fn a_channel_that_there_is_not_fails_at_once() {
        let delivery = delivery(Scripted::default());
        delivery.notify(Channel::Mail, Secret::new("a@b.example".into()), Language::Es, &Notice::PasswordSet);
        delivery.drain(Duration::from_secs(5)).await;
        assert_eq!(delivery.status().mail.failed, 1);
    }

    #[test]
    fn nothing_of_a_message_is_in_a_debug_form() {
        let delivery = delivery(Scripted::default());
        assert!(!format!("{delivery:?}").contains("012345"));
        let letter = Letter { to: Secret::new("155".into()), subject: String::new(), text: Secret::new("x1x".into()) };
        assert!(!format!("{letter:?}").contains("155") && !format!("{letter:?}").contains("x1x"));
    }
}
