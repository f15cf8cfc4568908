//! What every form carries without showing it.

/// The values that a form brings back, and links carry on (`tx`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Proof that the form came from our own page: field `token`.
    pub token: String,
    /// Which attempt this is (return address, state): field `tx`, and `?tx=` in links. Empty where no attempt is under way.
    pub tx: String,
    /// Where a confirmation leads back to: field `to`. Empty on every other page.
    pub to: String,
}
