//! What people may be called. Names appear in terminals, pages and logs beside facts; a name must not be able to pose as one.
use std::sync::Arc;

use gateway::{CredentialFailure, NameFailure, Renaming};
use store::StoreError;
use types::{FunctionName, PrincipalId};
use unicode_security::skeleton;

use crate::Service;

/// Longest display name and label, in characters.
const CHARACTERS_MAX: usize = 80;

/// A display name or a label: 1 to 80 visible characters, with single spaces between words.
///
/// Refused are control characters (they move the cursor), direction marks (they reorder what stands beside), invisible characters
/// (two names that look the same) and blank ones (a name that looks like none). Markup is not: whoever shows a name escapes it.
pub(crate) fn check_display(what: &'static str, name: &str) -> Result<(), CredentialFailure> {
    let unfit = |why: String| Err(CredentialFailure::Unfit { what, why });
    // Cut before counting: the text may be as long as a request body.
    if name.is_empty() || name.len() > CHARACTERS_MAX * 4 || name.chars().count() > CHARACTERS_MAX {
        return unfit(format!("it must have 1 to {CHARACTERS_MAX} characters"));
    }
    if name.starts_with(' ') || name.ends_with(' ') || name.contains("  ") {
        return unfit("spaces may stand only between words, one at a time".to_owned());
    }
    match name.chars().find(|c| !is_visible(*c)) {
        Some(c) => unfit(format!("it holds the invisible or reordering character U+{:04X}; remove it", u32::from(c))),
        None => Ok(()),
    }
}

/// As [`check_display`], for whoever asks on behalf of a person.
pub(crate) fn fit(name: &str) -> Result<(), NameFailure> {
    match check_display("the name", name) {
        Ok(()) => Ok(()),
        Err(CredentialFailure::Unfit { why, .. }) => Err(NameFailure::Unfit { why }),
        Err(other) => Err(NameFailure::Unfit { why: other.to_string() }),
    }
}

/// What is left of a name for somebody who reads it in passing: letters and digits, those that look alike being the same (UTS 39,
/// section 4), whichever case they have, and nothing between them.
fn glance(name: &str) -> [String; 2] {
    let plain = |text: &mut dyn Iterator<Item = char>| -> String {
        text.filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let lower = name.to_lowercase();
    // In both orders: `I` looks like `l`, and `i` does not.
    [plain(&mut skeleton(name)), plain(&mut skeleton(&lower))]
}

/// Whether one of two names passes for the other.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    let ([a, b], [c, d]) = (glance(one), glance(other));
    // A name without a letter (`☕`) passes for no other one but itself.
    if a.is_empty() || c.is_empty() { one == other } else { a == c || b == d }
}

impl Service {
    pub(crate) async fn give_name(
        &self,
        person: PrincipalId,
        name: Arc<str>,
        by: Renaming,
    ) -> Result<bool, NameFailure> {
        fit(&name)?;
        if by == Renaming::Oneself && self.is_anybodys(Some(person), &name).await? {
            return Err(NameFailure::Alike);
        }
        let renamed = self.store.rename_person(person, name).await?;
        self.forget_sessions_of(person);
        self.forget_credentials_of(person);
        Ok(renamed)
    }

    /// Whether somebody but this person has a name that this one passes for. Reads all of them: people rename themselves rarely, and
    /// claims are rarer.
    pub(crate) async fn is_anybodys(&self, but: Option<PrincipalId>, name: &str) -> Result<bool, StoreError> {
        const PAGE: usize = 1_000;
        let mut after = None;
        loop {
            let page = self.store.names(after, PAGE).await?;
            if page.iter().any(|(id, known)| Some(*id) != but && alike(known, name)) {
                return Ok(true);
            }
            after = page.last().map(|(id, _)| *id);
            if page.len() < PAGE {
                return Ok(false);
            }
            // Others have their turn: a page takes some milliseconds.
            tokio::task::yield_now().await;
        }
    }
}

/// The name of a service account is typed into manifests, so it follows the rule for names there.
pub(crate) fn check_account(name: &str) -> Result<(), CredentialFailure> {
    let what = "the name of the service account";
    FunctionName::parse(name).map(drop).map_err(|e| CredentialFailure::Unfit { what, why: e.to_string() })
}

fn is_visible(c: char) -> bool {
    !(c.is_control() || (c.is_whitespace() && c != ' ') || is_hidden(c))
}

/// Format characters, blanks that are no spaces, private use and noncharacters (Unicode 16, categories Cf, Co, Cn as far as listed).
fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0x00AD | 0x034F | 0x061C | 0x070F | 0x08E2 | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x2800 | 0x3164 | 0xFEFF | 0xFFA0
        | 0x0600..=0x0605 | 0x06DD | 0x0890..=0x0891 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
        | 0xE000..=0xF8FF | 0xFE00..=0xFE0F | 0xFDD0..=0xFDEF | 0xFFF0..=0xFFFF
        | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
        | 0xE0000..=0x0010_FFFF)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests;
