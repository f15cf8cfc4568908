//! What the composition root decides about policy.

/// The only knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PolicyConfig {
    /// The operator on the host socket may deploy and look after apps without signing in. `serviceful up` sets it; a server does not.
    pub dev_operator: bool,
}
