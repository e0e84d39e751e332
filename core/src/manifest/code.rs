//! Values that travel as a number. An unknown number decodes, so that the rules can name
//! it (check M1.2); no valid manifest has one.

/// Declares such values with their numbers.
macro_rules! coded {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A number without a meaning.
            Unknown(u32),
        }

        impl $name {
            /// The number that travels.
            #[must_use]
            pub fn code(self) -> u32 {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown(code) => code,
                }
            }

            /// The meaning of a number.
            #[must_use]
            pub fn from_code(code: u32) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }
        }

        impl $crate::encoding::Encode for $name {
            fn encode(&self, out: &mut alloc::vec::Vec<u8>) {
                self.code().encode(out);
            }
        }

        impl $crate::encoding::Decode for $name {
            fn decode(
                reader: &mut $crate::encoding::Reader<'_>,
            ) -> Result<Self, $crate::encoding::DecodeError> {
                <u32 as $crate::encoding::Decode>::decode(reader).map(Self::from_code)
            }
        }

        impl $crate::manifest::Coded for $name {
            fn unknown(self) -> Option<u32> {
                match Self::from_code(self.code()) {
                    Self::Unknown(code) => Some(code),
                    _ => None,
                }
            }
        }
    )*};
}

pub(crate) use coded;

/// What the rules ask of a value that travels as a number.
pub(crate) trait Coded {
    /// The number, if it has no meaning.
    fn unknown(self) -> Option<u32>;
}

coded! {
    /// What is elected.
    ContestKind {
        /// The presidency.
        Presidency = 0,
        /// The senate.
        Senate = 1,
        /// A governorship.
        Governorship = 2,
        /// A question with answers.
        Consultation = 3,
        /// Anything else that the law foresees.
        Other = 4,
    }

    /// Where a party is registered, which law a contest follows.
    Scope {
        /// National, federal.
        Federal = 0,
        /// One entity.
        Local = 1,
    }

    /// What happens to unregistered names.
    WriteIn {
        /// There is no space for them.
        None = 0,
        /// They are counted; no text is written.
        CountOnly = 1,
        /// The text is encrypted and never opened.
        Sealed = 2,
        /// The texts are opened after a shuffle.
        Disclose = 3,
    }

    /// What an empty ballot is.
    BlankVote {
        /// It cannot be cast.
        Forbid = 0,
        /// It counts as null.
        AsNull = 1,
        /// It has its own line.
        OwnLine = 2,
    }

    /// What marks that make no option together are.
    InvalidCombination {
        /// They cannot be cast; the voter is told why.
        Forbid = 0,
        /// Null, if the voter confirms it.
        AllowAsNull = 1,
    }

    /// Whether sessions open at the close may finish.
    CloseMode {
        /// They may.
        Grace = 0,
        /// They may not.
        Immediate = 1,
    }

    /// Where key shares are kept.
    Custody {
        /// A sealed file.
        ShareFile = 0,
        /// A smart card.
        SmartCard = 1,
        /// A security module.
        Hsm = 2,
    }

    /// Which custodians open the box.
    CustodianSelection {
        /// Those who are present.
        QuorumPresent = 0,
        /// Those whom a lottery chose.
        Lottery = 1,
    }

    /// What the voter's place does.
    GeoGate {
        /// Nothing.
        Off = 0,
        /// It is noted.
        LogOnly = 1,
        /// It decides.
        Enforce = 2,
    }

    /// How a voter enters for the first time.
    Enrolment {
        /// By a link; the voter sets a password.
        LinkThenPassword = 0,
        /// By a password that was sent.
        MailedPassword = 1,
    }

    /// Which second factors are offered.
    SecondFactor {
        /// Both.
        TotpAndSms = 0,
        /// An authenticator.
        Totp = 1,
        /// Messages.
        Sms = 2,
    }

    /// The hash of files.
    HashFunction {
        /// SHA-256.
        Sha256 = 0,
    }

    /// What deployed software is compared with.
    Baseline {
        /// The software after the simulacro.
        PostSimulacro = 0,
        /// The audited software.
        Dictamen = 1,
        /// Both.
        Both = 2,
    }
}
