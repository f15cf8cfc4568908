//! What functions are told of their callers beside who they are: in which of the groups that their app declares they are.
//! If this is wrong: a function takes somebody for one of a group that they have left.
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use gateway::{Release, ReleaseGroup};
use types::{AppName, Caller, GroupName};

type Declared = Arc<[ReleaseGroup]>;

/// The declared groups of every app that declares any.
#[derive(Default)]
pub(crate) struct Told(RwLock<HashMap<AppName, (u64, Declared)>>);

impl Told {
    /// Takes a release in, unless a newer one is.
    pub(crate) fn publish(&self, release: &Release) {
        let declared: Declared = release.groups.iter().filter(|group| group.declared).cloned().collect();
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.get(&release.app).is_some_and(|(version, _)| *version > release.version) {
            return;
        }
        if declared.is_empty() {
            all.remove(&release.app);
        } else {
            all.insert(release.app.clone(), (release.version, declared));
        }
    }

    pub(crate) fn withdraw(&self, app: &AppName) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(app);
    }

    /// The groups that the caller is in, by name. Most apps declare none, and that costs a look into a map.
    pub(crate) fn groups(&self, app: &AppName, caller: &Caller) -> Vec<GroupName> {
        let Caller::Person(person) = caller else { return Vec::new() };
        let declared = {
            let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let Some((_, declared)) = all.get(app) else { return Vec::new() };
            declared.clone()
        };
        declared.iter().filter(|group| group.holds(person.id)).map(|group| group.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use types::{Assurance, CredentialId, Person, PrincipalId, UnixMillis};

    use super::*;

    fn app() -> AppName {
        AppName::parse("coffee").unwrap()
    }

    fn release(version: u64, groups: &[(&str, bool, &[u8])]) -> Release {
        let group = |(name, declared, people): &(&str, bool, &[u8])| ReleaseGroup {
            name: GroupName::parse(name).unwrap(),
            admin: (!declared).then_some(false),
            declared: *declared,
            people: people.iter().map(|n| PrincipalId::from_bytes([*n; 16])).collect(),
        };
        Release {
            app: app(),
            version,
            deployment: None,
            functions: Vec::new(),
            members: Vec::new(),
            groups: groups.iter().map(group).collect(),
            cedar: None,
        }
    }

    #[test]
    fn a_function_is_told_of_declared_groups_as_they_are_now() {
        let told = Told::default();
        let person = Caller::Person(Person {
            id: PrincipalId::from_bytes([2; 16]),
            display_name: "Ada".into(),
            owner: false,
            disabled: false,
            assurance: Assurance::SingleFactor,
            authenticated_at: UnixMillis(0),
            credential: CredentialId::from_bytes([2; 16]),
        });
        let names = |caller: &Caller| told.groups(&app(), caller).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(names(&person).is_empty());
        told.publish(&release(2, &[("a", true, &[1, 2]), ("b", true, &[1]), ("c", false, &[2])]));
        assert_eq!(names(&person), ["a"], "not one that is a member and not declared");
        assert!(names(&Caller::Stranger).is_empty());
        told.publish(&release(1, &[]));
        assert_eq!(names(&person), ["a"], "what is older changes nothing");
        told.publish(&release(2, &[("a", true, &[1]), ("b", true, &[2])]));
        assert_eq!(names(&person), ["b"], "the same version, told again: others are in the groups");
        told.publish(&release(3, &[]));
        assert!(names(&person).is_empty());
    }
}
