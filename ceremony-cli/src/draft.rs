//! The manifest as people write and read it: a TOML file. Parties and contests are named,
//! not numbered; what the rules derive (options, combinations of a whole coalition) need
//! not be written. The listing of a frozen manifest is such a file again, and gives the
//! same hash.

mod convert;
mod names;
mod schema;

use std::path::Path;

use escrutinio_core::manifest::{Manifest, ManifestError, ValidManifest};
pub use schema::*;

use crate::error::{Result, refused};
use crate::person::{Card, Role};

/// The elections that can be started from.
pub const TEMPLATES: [(&str, &str); 4] = [
    ("nayarit-2021", include_str!("../templates/nayarit-2021.toml")),
    ("presidencia-2024", include_str!("../templates/presidencia-2024.toml")),
    ("escuela", include_str!("../templates/escuela.toml")),
    ("consulta", include_str!("../templates/consulta.toml")),
];

impl Draft {
    /// Reads a draft.
    ///
    /// # Errors
    /// If the text has not the form of one; the error names line and field.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|why| refused("error.draft.form", &[("why", &why)]))
    }

    /// One of the [`TEMPLATES`].
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn template(name: &str) -> Result<Self> {
        let known = || TEMPLATES.map(|(name, _)| name).join(", ");
        let (_, text) = TEMPLATES
            .iter()
            .find(|(n, _)| *n == name)
            .ok_or_else(|| refused("error.draft.template", &[("name", &name), ("known", &known())]))?;
        Self::parse(text)
    }

    /// Enters the holder of a card in its role. Custodians are numbered in the order in
    /// which their cards are given.
    ///
    /// # Errors
    /// If the role is taken by another key.
    pub fn admit(&mut self, card: &Card) -> Result<()> {
        let official = OfficialDraft { name: card.name.clone(), key: card.key.clone() };
        let one = |place: &mut Option<OfficialDraft>| match place {
            Some(other) if *other != official => {
                Err(refused("error.draft.taken", &[("role", &card.role.name()), ("name", &other.name)]))
            }
            _ => {
                *place = Some(official.clone());
                Ok(())
            }
        };
        match card.role {
            Role::Registrar => one(&mut self.registrar),
            Role::Server => one(&mut self.server),
            Role::Log => one(&mut self.log),
            // Named in the server's own list of staff, not in the manifest.
            Role::Operator | Role::Authentication => {
                Err(refused("error.draft.staff", &[("name", &card.name), ("role", &card.role.name())]))
            }
            Role::Witness => {
                if !self.witnesses.contains(&official) {
                    self.witnesses.push(official);
                }
                Ok(())
            }
            Role::Custodian => {
                let custodian = CustodianDraft {
                    name: card.name.clone(),
                    designation: card.designation.clone(),
                    key: card.key.clone(),
                };
                if !self.custodians.contains(&custodian) {
                    self.custodians.push(custodian);
                }
                Ok(())
            }
        }
    }

    /// The manifest of this draft, once it obeys the rules.
    ///
    /// # Errors
    /// If a name leads nowhere, or a rule of the specification is broken.
    pub fn validate(&self) -> Result<ValidManifest> {
        self.check_roles()?;
        self.to_manifest()?.validate().map_err(|why| broken_rule(&why))
    }

    /// A custodian holds no other role: whoever runs a machine of the election must not also
    /// hold a part of its key (R-ROLE-05).
    fn check_roles(&self) -> Result<()> {
        for official in [&self.registrar, &self.server, &self.log].into_iter().flatten() {
            if self.custodians.iter().any(|custodian| custodian.name == official.name) {
                return Err(refused("error.draft.two_roles", &[("name", &official.name)]));
            }
        }
        Ok(())
    }

    /// The file, as the listing of every parameter.
    #[must_use]
    pub fn to_text(&self) -> String {
        // A structure of plain values always has a TOML form.
        toml::to_string(self).unwrap_or_default()
    }
}

/// Names the rule that a manifest breaks.
#[must_use]
pub fn broken_rule(why: &ManifestError) -> crate::error::Error {
    match why.rule() {
        Some(rule) => refused("error.manifest.rule", &[("rule", &rule), ("why", why)]),
        None => refused("error.manifest.options", &[("why", why)]),
    }
}

/// Reads a frozen manifest and checks it again: what lies on a disk is nobody's word.
///
/// # Errors
/// If it is missing, does not decode or breaks a rule.
pub fn read_frozen(workspace: &crate::workspace::Workspace) -> Result<ValidManifest> {
    let manifest: Manifest = workspace.decode(MANIFEST, "election freeze")?;
    manifest.validate().map_err(|why| broken_rule(&why))
}

/// Place of the frozen manifest.
pub const MANIFEST: &str = "record/manifest.bin";

/// Reads a draft from a file.
///
/// # Errors
/// If it cannot be read or has not the form of one.
pub fn read(path: &Path) -> Result<Draft> {
    let bytes = crate::files::read(path)?;
    let text = core::str::from_utf8(&bytes).map_err(|why| refused("error.draft.form", &[("why", &why)]))?;
    Draft::parse(text)
}

#[cfg(test)]
pub(crate) mod tests;
