//! What takes a message away.

use core::fmt;
use core::future::Future;
use core::pin::Pin;

use crate::access::secret::Secret;

/// A message as it is sent.
#[derive(Debug)]
pub struct Letter {
    /// The address or number.
    pub to: Secret,
    /// The subject of an e-mail; empty otherwise.
    pub subject: String,
    /// The text.
    pub text: Secret,
}

/// The answer of a carrier, in time.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// Takes messages away.
pub trait Carrier: fmt::Debug + Send + Sync {
    /// Takes one message. It is not tried again here.
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a>;
}

/// Why a message was not taken. Neither address nor text is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// No connection.
    #[error("no connection")]
    Unreachable,
    /// No secure connection.
    #[error("no secure connection")]
    Tls,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The other side refused for now.
    #[error("refused for now with {0}")]
    Later(u16),
    /// The other side refused this message.
    #[error("refused with {0}")]
    Refused(u16),
    /// The address is none.
    #[error("no address")]
    Address,
    /// The other side does not speak the protocol.
    #[error("an answer that is none")]
    Protocol,
    /// The outbox cannot be written.
    #[error("the outbox cannot be written: {0}")]
    Outbox(std::io::ErrorKind),
    /// Nothing takes messages here.
    #[error("there is no carrier")]
    None,
}

/// What becomes of a message that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is tried again.
    Again,
    /// It would be refused again.
    Lost,
}

impl DeliveryError {
    /// Whether trying again can help.
    #[must_use]
    pub fn fate(self) -> Fate {
        match self {
            Self::Unreachable | Self::Tls | Self::TimedOut | Self::Later(_) | Self::Protocol | Self::Outbox(_) => {
                Fate::Again
            }
            Self::Refused(_) | Self::Address | Self::None => Fate::Lost,
        }
    }
}

/// Takes nothing: for elections without this channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

impl Carrier for Null {
    fn send<'a>(&'a self, _: &'a Letter) -> Sending<'a> {
        Box::pin(async { Err(DeliveryError::None) })
    }
}
