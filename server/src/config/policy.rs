//! What of the configuration is policy: it decides who may act, how voters prove who they are, and how long ballots wait for
//! company. It is fixed by the act *open* (R-OPEN-14). Addresses, sizes and rates are not of it: they follow what happens.

use core::fmt::Write;

use escrutinio_core::hash::sha256;
use escrutinio_core::ids::hex;

use super::Config;
use crate::desk::Staff;

/// Policy and staff, as the act *open* has them: hashes in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Of the members of staff.
    pub staff: String,
    /// Of the rest.
    pub settings: String,
}

impl Policy {
    /// Of a configuration and its list of staff.
    #[must_use]
    pub fn of(config: &Config, staff: &Staff) -> Self {
        let mut people: Vec<String> = staff
            .members()
            .iter()
            .map(|member| format!("{} {} {}\n", member.role_name(), hex(&member.key.to_bytes()), member.name))
            .collect();
        people.sort_unstable();
        let access = &config.access;
        let mut text = format!(
            "epochs {} {}\nconfirm-by-sms {}\nmessages-per-hour {}\n",
            config.epochs.minutes, config.epochs.ballots, access.confirm_by_sms, access.messages_per_hour,
        );
        // Writing to a String cannot fail.
        for network in &access.domestic {
            let _ = writeln!(text, "domestic {network:?}");
        }
        for witness in &config.witnesses {
            let _ = writeln!(text, "witness {}", witness.name);
        }
        for path in &config.components {
            let _ = writeln!(text, "component {}", path.display());
        }
        let hash = |text: &str| hex(&sha256(&[text.as_bytes()]));
        Self { staff: hash(&people.concat()), settings: hash(&text) }
    }

    /// As it is kept.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.staff, self.settings)
    }
}
