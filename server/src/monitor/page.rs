//! The page: one document without a script, to be projected in a public room (R-MON-10).

use core::fmt::Write as _;
use std::sync::LazyLock;

use askama::Template;
use base64ct::{Base64, Encoding};
use escrutinio_core::hash::sha256;

use super::{CheckpointLine, ComponentLine, Monitor};
use crate::delivery::Language;
use crate::desk::incident::Level;
use crate::desk::state::Light;

/// The style of the page.
const STYLE: &str = include_str!("../../templates/monitor.css");

/// What the policy of the page's content names: this style and nothing else.
pub static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", Base64::encode_string(&sha256(&[STYLE.as_bytes()]))));

/// Checkpoints of the table; the curve has all.
const ROWS: usize = 12;
/// Size of the curve.
const WIDTH: u64 = 1000;
const HEIGHT: u64 = 220;

/// The page of a monitor.
#[derive(Debug, Template)]
#[template(path = "monitor.html")]
pub struct Page<'m> {
    monitor: &'m Monitor,
    observer: &'m str,
    role: &'m str,
    english: bool,
    style: &'static str,
}

impl<'m> Page<'m> {
    /// The page for an observer.
    #[must_use]
    pub fn new(monitor: &'m Monitor, observer: &'m str, role: &'m str, language: Language) -> Self {
        Self { monitor, observer, role, english: language == Language::En, style: STYLE }
    }

    fn say(&self, es: &'static str, en: &'static str) -> &'static str {
        if self.english { en } else { es }
    }

    fn lang(&self) -> &'static str {
        self.say("es", "en")
    }

    fn phase(&self) -> &'static str {
        match self.monitor.phase {
            "loaded" => self.say("Cargada, sin abrir", "Loaded, not opened"),
            "opened" => self.say("Abierta, en espera del inicio", "Opened, before the start"),
            "voting" => self.say("Votación abierta", "Voting is open"),
            "grace" => self.say("Cierre: terminan las sesiones abiertas", "Closing: open sessions finish"),
            "closed" => self.say("Votación cerrada", "Voting is closed"),
            _ => self.say("Resultados publicados", "Published"),
        }
    }

    fn instant(&self, name: &str) -> &'static str {
        match name {
            "voting_start" => self.say("Inicio", "Start"),
            "voting_close" => self.say("Cierre", "Close"),
            _ => self.say("Fin de recepción", "End of reception"),
        }
    }

    fn component(&self, part: &ComponentLine) -> String {
        let name = match part.name.as_str() {
            "roll" => self.say("Lista", "Roll"),
            "box" => self.say("Urna", "Box"),
            "disk" => self.say("Disco", "Disk"),
            "clock" => self.say("Reloj", "Clock"),
            "mail" => self.say("Correo", "Mail"),
            "sms" => "SMS",
            "board" => self.say("Tablero", "Board"),
            "casting" => self.say("Recepción de boletas", "Casting"),
            "conductor" => self.say("Calendario", "Calendar"),
            "components" => self.say("Componentes", "Components"),
            other => {
                return match other.strip_prefix("witness ") {
                    Some(witness) => format!("{} {witness}", self.say("Testigo", "Witness")),
                    None => other.to_owned(),
                };
            }
        };
        name.to_owned()
    }

    fn detail<'p>(&self, part: &'p ComponentLine) -> &'p str {
        if self.english { &part.detail.en } else { &part.detail.es }
    }

    fn light(&self, light: &Light) -> &'static str {
        match light {
            Light::Good => self.say("bien", "good"),
            Light::Red => self.say("FALLA", "FAULT"),
            Light::Off => self.say("sin dato", "no data"),
        }
    }

    fn class(&self, light: &Light) -> &'static str {
        match light {
            Light::Good => "good",
            Light::Red => "red",
            Light::Off => "off",
        }
    }

    fn level(&self, level: &Level) -> &'static str {
        match level {
            Level::Operator => self.say("operación", "operator"),
            Level::Administrator => self.say("administración", "administrator"),
            Level::Coordinator => self.say("coordinación", "coordinator"),
            Level::Advisory => self.say("órgano asesor", "advisory body"),
            Level::Closed => self.say("cerrado", "closed"),
        }
    }

    /// Thousands are told apart by a thin space.
    fn number(&self, number: &u64) -> String {
        let digits = number.to_string();
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
                out.push('\u{2009}');
            }
            out.push(digit);
        }
        out
    }

    /// Hundredths with one decimal.
    fn share(&self) -> String {
        let turnout = &self.monitor.turnout;
        let thousandths = turnout.ballots.saturating_mul(1000).checked_div(turnout.most).unwrap_or(0);
        format!("{}.{} %", thousandths / 10, thousandths % 10)
    }

    /// The last checkpoints, the newest first.
    fn rows(&self) -> Vec<&CheckpointLine> {
        self.monitor.checkpoints.iter().rev().take(ROWS).collect()
    }

    /// When a witness signed it first, in the zone of the official times.
    fn signed(&self, line: &CheckpointLine) -> String {
        let Some(first) = self.monitor.clocks.first() else { return String::new() };
        let at = line.signed.and_then(|at| i64::try_from(at).ok());
        // The offset of the zone, as the clock of now shows it.
        at.map_or(String::new(), |at| super::shifted(self.monitor.now, first, at))
    }

    fn short(&self, root: &str) -> String {
        root.chars().take(16).collect()
    }

    /// The steps of the curve: a point for each checkpoint, drawn as stairs.
    fn curve(&self) -> String {
        let checkpoints = &self.monitor.checkpoints;
        let most = checkpoints.last().map_or(1, |line| line.size).max(1);
        let steps = u64::try_from(checkpoints.len()).unwrap_or(u64::MAX).max(1);
        let mut path = String::new();
        for (place, line) in (0u64..).zip(checkpoints) {
            let x = place.saturating_mul(WIDTH).checked_div(steps).unwrap_or(0);
            let up = line.size.saturating_mul(HEIGHT).checked_div(most).unwrap_or(0);
            let y = HEIGHT.saturating_sub(up);
            // Memory takes every text.
            let _ = if place == 0 { write!(path, "M0 {y}") } else { write!(path, " H{x} V{y}") };
        }
        let _ = write!(path, " H{WIDTH}");
        path
    }
}
