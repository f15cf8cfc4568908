//! Section `[sign_up]` of the operator's file: who may make an account.
use pages::SignUpMode;
use serde::{Deserialize, Serialize};
use types::email_address;

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nobody; invitations that are open count no more.
    Off,
    /// Who was invited.
    #[default]
    Invite,
    /// Whoever reads mail at an address of certain domains, and who was invited.
    Domain,
    /// Whoever reads mail anywhere.
    Open,
}

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    pub mode: Mode,
    /// For `mode = "domain"`: what stands behind the `@`, the whole of it. A domain below one of these is another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
}

impl SignUp {
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |domain: &&String| {
            email_address(&format!("a@{domain}")).is_none_or(|address| *address != format!("a@{domain}"))
        };
        if let Some(domain) = self.domains.iter().find(wrong) {
            return Err(format!(
                "`sign_up.domains` holds `{domain}`, which is no domain in lower case: give what stands behind the `@`, without stars"
            ));
        }
        match (self.mode, self.domains.is_empty()) {
            (Mode::Domain, true) => {
                Err("`sign_up.mode = \"domain\"` needs `sign_up.domains`: without one nobody could sign up".to_owned())
            }
            // SECURITY: whoever wrote down domains means to keep others out.
            (Mode::Off | Mode::Invite | Mode::Open, false) => Err(
                "`sign_up.domains` counts with `sign_up.mode = \"domain\"` alone: set that, or take the domains out"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// Whether people come by themselves, which needs mails.
    pub const fn needs_mail(&self) -> bool {
        matches!(self.mode, Mode::Domain | Mode::Open)
    }

    /// Whether people can be invited.
    pub const fn invites(&self) -> bool {
        !matches!(self.mode, Mode::Off)
    }

    /// Whether somebody with this address, as `types::email_address` gives it, may come by themselves.
    pub(crate) fn accepts(&self, email: &str) -> bool {
        match self.mode {
            Mode::Off | Mode::Invite => false,
            Mode::Open => true,
            Mode::Domain => email.split_once('@').is_some_and(|(_, of)| self.domains.iter().any(|domain| domain == of)),
        }
    }

    /// For the page.
    pub(crate) fn shown(&self) -> SignUpMode {
        match self.mode {
            Mode::Off => SignUpMode::Off,
            Mode::Invite => SignUpMode::Invite,
            Mode::Domain => SignUpMode::Domain(self.domains.iter().map(|domain| domain.as_str().into()).collect()),
            Mode::Open => SignUpMode::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(mode: Mode, domains: &[&str]) -> SignUp {
        SignUp { mode, domains: domains.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_domain_is_the_whole_of_it() {
        let some = domains(Mode::Domain, &["example.org", "example.com"]);
        assert_eq!(some.check(), Ok(()));
        assert!(some.accepts("ada@example.org") && some.accepts("ada@example.com"));
        for other in ["ada@sub.example.org", "ada@notexample.org", "ada@example.org.evil.example", "ada@example", "ada"]
        {
            assert!(!some.accepts(other), "{other}");
        }
        assert!(domains(Mode::Open, &[]).accepts("ada@anything.example"));
        for mode in [Mode::Off, Mode::Invite] {
            assert!(!domains(mode, &[]).accepts("ada@example.org"));
        }
        for bad in ["", "*.example.org", "Example.org", "@example.org", "a@example.org", "exam ple.org", "example.org."]
        {
            let error = domains(Mode::Domain, &["example.org", bad]).check().unwrap_err();
            assert!(error.contains("behind the `@`"), "{error}");
        }
        assert!(domains(Mode::Domain, &[]).check().is_err());
        assert!(domains(Mode::Open, &["example.org"]).check().is_err(), "they would be believed to count");
    }

    #[test]
    fn who_comes_by_themselves_needs_mails() {
        let needs = [Mode::Off, Mode::Invite, Mode::Domain, Mode::Open].map(|mode| domains(mode, &[]).needs_mail());
        assert_eq!(needs, [false, false, true, true]);
        assert_eq!(SignUp::default().mode, Mode::Invite);
    }
}
