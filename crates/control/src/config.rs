//! What an operator can set. Unknown keys are refused; an absent key is the safe value.
use serde::{Deserialize, Serialize};

/// The shortest grace: longer than a deployment takes from "nothing is missing" to its row in the store.
const GRACE_S_MIN: u64 = 600;

/// The room's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Components that no deployment uses, all of them together, in MiB: 1,024. More uploads are refused.
    pub undeployed_mib: u64,
    /// How long a component stays that no deployment uses, since it was last uploaded or asked for: a day.
    pub grace_s: u64,
    /// Deployments of an app that can be gone back to, the newest ones; as many failed ones are kept to be looked at: 20.
    pub deployments_kept: u64,
    /// How often what is over is removed: every hour.
    pub collect_every_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { undeployed_mib: 1_024, grace_s: 86_400, deployments_kept: 20, collect_every_s: 3_600 }
    }
}

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`control.{key} = {value}` is too small; the least is {least}")]
pub struct ConfigError {
    key: &'static str,
    value: u64,
    least: u64,
}

impl Config {
    /// Refuses values that would take away what somebody is about to use.
    pub fn check(&self) -> Result<(), ConfigError> {
        let least = [
            ("undeployed_mib", self.undeployed_mib, 1),
            ("grace_s", self.grace_s, GRACE_S_MIN),
            ("deployments_kept", self.deployments_kept, 1),
            ("collect_every_s", self.collect_every_s, 1),
        ];
        match least.into_iter().find(|(_, value, least)| value < least) {
            Some((key, value, least)) => Err(ConfigError { key, value, least }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_be_set_so_low_that_it_hurts() {
        assert_eq!(Config::default().check(), Ok(()));
        let cases = [
            Config { undeployed_mib: 0, ..Config::default() },
            Config { grace_s: 599, ..Config::default() },
            Config { deployments_kept: 0, ..Config::default() },
            Config { collect_every_s: 0, ..Config::default() },
        ];
        for bad in cases {
            let error = bad.check().expect_err("too small").to_string();
            assert!(error.starts_with("`control.") && error.contains("the least is"), "{error}");
        }
    }
}
