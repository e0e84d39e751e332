//! Every reason for which a client is turned away, with the name that the interface gives it.

use core::fmt;

use escrutinio_core::verify::Check;

use crate::store::StoreError;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident $status:literal $type:literal $que:literal $what:literal $(=> $check:ident)?;)*) => {
        /// Why a request is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
            /// Too many requests, or a step must wait: again after so many seconds.
            Wait {
                /// Which of the reasons to wait.
                why: Wait,
                /// Seconds.
                seconds: u32,
            },
        }

        impl Refusal {
            /// All but those of [`Wait`].
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name at the end of the problem's type.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name => $type,)*
                    Self::Wait { why, .. } => why.name(),
                }
            }

            /// The status of HTTP.
            #[must_use]
            pub fn status(&self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Wait { why, .. } => why.status(),
                }
            }

            /// The check of `verification.md` that failed, if one did.
            #[must_use]
            pub fn check(&self) -> Option<Check> {
                match self {
                    $($(Self::$name => Some(Check::$check),)?)*
                    _ => None,
                }
            }

            /// For the voter, in Spanish.
            #[must_use]
            pub fn title_es(&self) -> &'static str {
                match self {
                    $(Self::$name => $que,)*
                    Self::Wait { why, .. } => why.title_es(),
                }
            }

            /// For the voter, in English.
            #[must_use]
            pub fn title_en(&self) -> &'static str {
                match self {
                    $(Self::$name => $what,)*
                    Self::Wait { why, .. } => why.title_en(),
                }
            }
        }
    };
}

refusals! {
    // Phase and clock.
    /// Voting has not begun.
    NotOpen 403 "not-open" "La votación aún no comienza." "Voting has not begun.";
    /// Voting is over.
    Closed 403 "closed" "La votación ya cerró." "Voting has closed.";
    /// What was asked belongs to another phase.
    WrongPhase 409 "wrong-phase" "Esta operación no corresponde a la etapa actual." "This cannot be done in the present phase.";
    /// The clock cannot be relied on.
    Clock 503 "clock" "El reloj del sistema está en revisión; intente más tarde." "The system's clock is being checked; try again later.";

    // Sessions and accounts.
    /// No session, or none that exists.
    NoSession 401 "no-session" "Inicie sesión." "Sign in first.";
    /// The session is over.
    SessionExpired 401 "session-expired" "Su sesión terminó; inicie sesión de nuevo." "Your session is over; sign in again.";
    /// User name, password or token do not match.
    Credentials 401 "credentials" "Los datos de acceso no son correctos. Tras cinco intentos fallidos hay que esperar, o llamar a INETEL." "The sign-in data are not right. After five failed attempts you have to wait, or call INETEL.";
    /// The link is no one's, or was used.
    Link 401 "link" "La liga de acceso no es válida o ya fue usada." "The access link is not valid or was used.";
    /// Too many wrong digits: the desk has to look at it.
    LinkLocked 403 "link-locked" "Esta liga quedó bloqueada por intentos fallidos; llame a INETEL." "This link is locked after failed attempts; call INETEL.";
    /// The digits are not those of the registered phone.
    Digits 401 "digits" "Los dígitos no corresponden al teléfono registrado." "The digits are not those of the registered phone.";
    /// The code is wrong, used, or too old.
    Code 401 "code" "El código no es correcto o ya venció." "The code is not right or has expired.";
    /// The attempt is over, or this is not its next step.
    Attempt 401 "attempt" "El intento venció o el paso no corresponde; comience de nuevo." "The attempt has expired or the step is out of order; begin again.";
    /// The second factor is not offered, or not chosen.
    Factor 400 "factor" "Ese segundo factor no está disponible." "That second factor is not available.";
    /// Contact data cannot be changed any more.
    ContactClosed 403 "contact-closed" "El plazo para actualizar datos de contacto terminó." "The period for changing contact data is over.";
    /// Not an address or number.
    ContactInvalid 400 "contact-invalid" "El correo o teléfono no tiene una forma válida." "The e-mail address or phone number is not valid.";
    /// The voter's place does not allow it.
    Place 403 "place" "El acceso no está permitido desde este lugar." "Access is not allowed from this place.";

    // The ballot.
    /// The bytes are no ballot.
    BallotMalformed 400 "ballot-malformed" "La boleta no se puede leer." "The ballot cannot be read." => V1_1;
    /// It is of another election.
    OtherElection 422 "other-election" "La boleta es de otra elección." "The ballot is of another election." => V1_2;
    /// The voter does not vote on this contest.
    OtherContest 422 "other-contest" "La boleta es de un cargo que no le corresponde." "The ballot is of a contest that is not yours." => V1_2;
    /// Style or unit are not those of the voter's list.
    OtherList 422 "other-list" "La boleta es de otro estilo o de otra demarcación." "The ballot is of another style or unit." => V1_2;
    /// Its key is not on the list.
    CredentialUnknown 422 "credential-unknown" "La credencial de la boleta no está en la lista." "The ballot's credential is not on the list." => V1_3;
    /// Its key has signed another ballot of the contest.
    CredentialUsed 409 "credential-used" "Esa credencial ya emitió una boleta para este cargo." "That credential has cast a ballot on this contest." => V1_4;
    /// u is not the binding of key and salt.
    BallotBinding 422 "ballot-binding" "La boleta no se hizo para su credencial." "The ballot was not made for its credential." => V1_5;
    /// The signature does not hold.
    BallotSignature 422 "ballot-signature" "La firma de la boleta no es válida." "The ballot's signature does not hold." => V1_6;
    /// The proof does not hold.
    BallotProof 422 "ballot-proof" "La prueba de validez de la boleta no es correcta." "The ballot's validity proof does not hold." => V1_7;
    /// Its randomness is another ballot's.
    BallotCopied 409 "ballot-copied" "La boleta repite el cifrado de otra." "The ballot repeats the encryption of another." => V1_8;
    /// The voter has voted on this contest.
    AlreadyVoted 409 "already-voted" "Ya se registró su voto para este cargo." "Your vote on this contest has been recorded.";

    // Requests.
    /// The body is not what the interface asks for.
    BadRequest 400 "bad-request" "La solicitud no tiene la forma esperada." "The request does not have the expected form.";
    /// There is no such thing.
    NotFound 404 "not-found" "No existe." "There is no such thing.";
    /// The path does not take this method.
    Method 405 "method" "Método no permitido." "The method is not allowed.";
    /// The request took too long.
    Timeout 408 "timeout" "La solicitud tardó demasiado." "The request took too long.";
    /// The body is too long.
    TooLarge 413 "too-large" "La solicitud es demasiado larga." "The request is too long.";
    /// The body is of another type.
    MediaType 415 "media-type" "El tipo de contenido no es el esperado." "The content is not of the expected type.";

    // Staff.
    /// The signature is not that of a member of staff, or is too old.
    Staff 401 "staff" "La firma no es de una persona autorizada o ya venció." "The signature is not that of an authorised person, or has expired.";
    /// The role may not do this.
    Role 403 "role" "Su función no permite esta operación." "Your role does not allow this.";

    // The server.
    /// A store does not answer.
    Storage 503 "storage" "El almacenamiento no está disponible; intente de nuevo." "Storage is not available; try again.";
    /// Something that should not happen.
    Internal 500 "internal" "Error interno." "Internal error.";
}

macro_rules! waits {
    ($($(#[$doc:meta])* $name:ident $status:literal $type:literal $que:literal $what:literal;)*) => {
        /// What there is to wait for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Wait { $($(#[$doc])* $name,)* }

        impl Wait {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            fn name(self) -> &'static str { match self { $(Self::$name => $type,)* } }
            fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            fn title_es(self) -> &'static str { match self { $(Self::$name => $que,)* } }
            fn title_en(self) -> &'static str { match self { $(Self::$name => $what,)* } }
        }
    };
}

waits! {
    /// The queues are full, or the same ballot is being recorded.
    Busy 503 "busy" "El sistema está ocupado; intente de nuevo en unos segundos." "The system is busy; try again in a few seconds.";
    /// Too many requests from one address.
    Rate 429 "too-many-requests" "Demasiadas solicitudes; espere un momento." "Too many requests; wait a moment.";
    /// Too many messages to one account.
    Messages 429 "messages" "Ya se enviaron varios mensajes; espere antes de pedir otro." "Several messages were sent; wait before you ask for another.";
    /// Too many wrong tries: the account is locked.
    Locked 429 "locked" "Demasiados intentos fallidos; espere o llame a INETEL." "Too many failed attempts; wait, or call INETEL.";
}

impl Refusal {
    /// The queues are full: again in a second.
    pub const BUSY: Self = Self::Wait { why: Wait::Busy, seconds: 1 };

    /// Seconds after which the same request may succeed.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Wait { seconds, .. } => Some(*seconds),
            Self::Storage => Some(2),
            Self::Clock => Some(60),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title_en())
    }
}

impl core::error::Error for Refusal {}

/// What a client is told of a store that fails; the log says more.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt { .. } => Self::Internal,
            _ => Self::Storage,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_refusal_has_a_name_of_its_own() {
        let waits = Wait::ALL.iter().map(|why| Refusal::Wait { why: *why, seconds: 1 });
        let all: Vec<Refusal> = Refusal::ALL.iter().copied().chain(waits).collect();
        let names: BTreeSet<&str> = all.iter().map(Refusal::name).collect();
        assert_eq!(names.len(), all.len());
        for refusal in all {
            assert!((400..600).contains(&refusal.status()));
            assert!(refusal.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            assert_ne!(refusal.title_es(), refusal.title_en());
        }
    }
}
