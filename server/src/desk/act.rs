//! What there is to do.

use core::fmt;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $text:literal $both:literal;)*) => {
        /// An act of the desk.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum DeskAct { $($(#[$doc])* $name,)* }

        impl DeskAct {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str { match self { $(Self::$name => $text,)* } }

            /// Whether an operator and an authentication officer have to sign it.
            #[must_use]
            pub fn needs_both(self) -> bool { match self { $(Self::$name => $both,)* } }
        }
    };
}

acts! {
    /// Phase, components, queues, witnesses, counts.
    State "state" false;
    /// The components against the baseline.
    Check "check" false;
    /// The server's time, which is in doubt, is right by the clocks of those who ask.
    Clock "clock" true;
    /// Ends the lock of an account; the argument is its user name.
    Unlock "unlock" false;
    /// Forgets the authenticator of a voter who has lost it; the argument is the user name.
    Authenticator "forget-authenticator" false;
    /// Puts an account on the list for the registrar; the argument is its user name.
    Resend "resend" false;
    /// The list for the registrar.
    Resends "resends" false;
    /// Takes over the links that the registrar sent anew: its update, as it signed it.
    Links "links" true;
    /// Writes down an incident, or who took it over.
    Incident "incident" false;
    /// All incidents.
    Incidents "incidents" false;
    /// The operation report.
    Report "report" false;
    /// The components as they are become the baseline; the argument is their hash.
    Baseline "baseline" true;
    /// Opens.
    Open "open" true;
    /// Closes before the time; the argument is the text of the exception.
    Close "close" true;
    /// Writes the export.
    Export "export" true;
    /// The list of those who voted.
    Voters "voters" true;
    /// Makes entries and receipts public; the argument is the SHA-256 of the record's `SHA256SUMS`.
    Publish "publish" true;
    /// Ends a rehearsal: everything of it is removed; the argument is the election id.
    Wipe "wipe" true;
    /// Destroys the box key.
    DestroyBoxKey "destroy-box-key" true;
}

impl DeskAct {
    /// The act of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.name() == name)
    }
}

impl fmt::Display for DeskAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
