//! Who asks: the people and service accounts of a table, and one of each kind.
use std::{collections::BTreeMap, sync::Arc};

use gateway::{Class, ReleaseGroup};
use types::{AppName, Caller, CredentialId, GroupName, Person, PrincipalId, Service, UnixMillis};

use super::{
    super::failure::Failure,
    table::{Kind, Part, Role, Strength},
};

/// Everybody who can be named in a question.
pub(super) struct Cast {
    parts: BTreeMap<String, (Caller, Option<Role>)>,
    /// Who is in which group.
    groups: BTreeMap<GroupName, Vec<PrincipalId>>,
}

/// When everybody asks: late enough that somebody can have signed in as long ago as can be written.
pub(super) const NOW: UnixMillis = UnixMillis(4_294_967_295_000);

const CREDENTIAL: CredentialId = CredentialId::from_bytes([0; 16]);

fn id(at: usize) -> PrincipalId {
    // Ids of the platform begin with the moment at which they were made, so none looks like these.
    let mut bytes = [0xff; 16];
    for (to, from) in bytes.iter_mut().rev().zip(at.to_le_bytes()) {
        *to = from;
    }
    PrincipalId::from_bytes(bytes)
}

fn person(id: PrincipalId, name: &str, owner: bool, disabled: bool) -> Caller {
    Caller::Person(Person {
        id,
        display_name: name.into(),
        owner,
        disabled,
        assurance: Strength::default().assurance(),
        authenticated_at: UnixMillis(0),
        credential: CREDENTIAL,
    })
}

fn service(id: PrincipalId, app: &AppName, name: &str, disabled: bool) -> Caller {
    Caller::Service(Service { id, name: Arc::from(name), app: app.clone(), disabled, credential: CREDENTIAL })
}

impl Cast {
    /// `declared`: groups that the manifest declares, which are the only ones that rules can see.
    pub(super) fn new(app: &AppName, declared: &[GroupName], who: &BTreeMap<String, Part>) -> Result<Self, Failure> {
        let mut parts = BTreeMap::new();
        let mut groups: BTreeMap<GroupName, Vec<PrincipalId>> =
            declared.iter().map(|group| (group.clone(), Vec::new())).collect();
        for (at, class) in Class::ALL.into_iter().enumerate() {
            let word = class.as_str();
            let (caller, role) = match class {
                Class::Stranger => (Caller::Stranger, None),
                Class::Operator => (Caller::Operator { uid: 0 }, None),
                Class::SignedIn => (person(id(at), word, false, false), None),
                Class::Owner => (person(id(at), word, true, false), None),
                Class::Member => (person(id(at), word, false, false), Some(Role::Member)),
                Class::Admin => (person(id(at), word, false, false), Some(Role::Admin)),
                Class::Service => (service(id(at), app, word, false), None),
                Class::MemberService => (service(id(at), app, word, false), Some(Role::Member)),
            };
            parts.insert(word.to_owned(), (caller, role));
        }
        for (at, (name, part)) in who.iter().enumerate() {
            let id = part.id.unwrap_or_else(|| id(at + Class::ALL.len()));
            let bad = |why: &str| Err(Failure::new(format!("`[who.{name}]`: {why}")));
            let caller = match part.kind {
                Kind::Service if part.owner => return bad("a service account owns nothing; remove `owner`"),
                Kind::Service if part.role == Some(Role::Admin) => {
                    return bad("a service account cannot be an admin; write `role = \"member\"`");
                }
                Kind::Service if !part.groups.is_empty() => return bad("only people are in groups; remove `groups`"),
                Kind::Service => service(id, app, name, part.disabled),
                Kind::Person => person(id, name, part.owner, part.disabled),
            };
            for group in &part.groups {
                let Some(people) = groups.get_mut(group) else {
                    return bad(&format!("the manifest does not declare the group `{group}`"));
                };
                people.push(id);
            }
            if name.split_whitespace().count() != 1 {
                return bad("a name has no spaces");
            }
            if parts.insert(name.clone(), (caller, part.role)).is_some() {
                return bad("this is the word for a kind of caller; choose another name");
            }
        }
        Ok(Self { parts, groups })
    }

    /// Members of the app, and whether each is an admin.
    pub(super) fn members(&self) -> Vec<(PrincipalId, bool)> {
        let one = |(caller, role): &(Caller, Option<Role>)| Some((caller.principal()?, (*role)? == Role::Admin));
        self.parts.values().filter_map(one).collect()
    }

    /// The groups that the manifest declares, with who is in them.
    pub(super) fn groups(&self) -> Vec<ReleaseGroup> {
        let one = |(name, people): (&GroupName, &Vec<PrincipalId>)| {
            let mut people = people.clone();
            people.sort_unstable();
            people.dedup();
            ReleaseGroup { name: name.clone(), admin: None, declared: true, people: people.into() }
        };
        self.groups.iter().map(one).collect()
    }

    /// The one with this name, signed in like this, so many seconds before [`NOW`].
    pub(super) fn caller(&self, name: &str, strength: Strength, ago_s: u32) -> Result<Caller, Failure> {
        let found = self.parts.get(name).map(|(caller, _)| caller.clone());
        match found {
            Some(Caller::Person(person)) => Ok(Caller::Person(Person {
                assurance: strength.assurance(),
                authenticated_at: UnixMillis(NOW.0 - u64::from(ago_s) * 1_000),
                ..person
            })),
            Some(other) => Ok(other),
            None => {
                let known: Vec<_> = self.parts.keys().map(|name| format!("`{name}`")).collect();
                Err(Failure::new(format!("nobody here is called `{name}`"))
                    .next(format!("write one of {}, or add `[who.{name}]`", known.join(", "))))
            }
        }
    }
}
