//! Codes and notices to voters: by e-mail and by messages to a telephone.
//!
//! 1. [`text`]: what is written, in Spanish and English;
//! 2. [`carrier`]: what takes a message away: an SMTP server, an HTTP gateway, a folder;
//! 3. [`queue`]: a bounded number of messages on their way, tried again until they are of no use;
//! 4. [`status`]: how that goes, in numbers.
//!
//! What is sent and what is not: codes that somebody asked for, and notices that a password was
//! set or changed and that contact data changed (to the old address as well). Nothing is sent
//! about a session or a ballot: who carries the mail would learn when a voter voted, and that is
//! kept nowhere else either. No address, number or code is ever logged; of what a mail server
//! or gateway answers only the number is kept, as the words may repeat the address.

pub mod carrier;
pub mod gateway;
pub mod outbox;
pub mod queue;
pub mod smtp;
pub mod status;
pub mod text;

pub use carrier::{Carrier, DeliveryError, Fate, Letter, Null};
pub use gateway::{Encoding, GatewaySettings, HttpGateway};
pub use outbox::FileOutbox;
pub use queue::{Delivery, Full, Patience, Slot};
pub use smtp::{Security, Smtp, SmtpSettings};
pub use status::{ChannelStatus, DeliveryStatus, Health};
pub use text::{Language, Notice, TextError, Texts};

/// By what a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// E-mail.
    Mail,
    /// A message to a telephone.
    Sms,
}
