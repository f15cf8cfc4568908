//! A release, ready for decisions: members by id, and for each function the rules that can match it.
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use cedar_policy::{Entity, EntityUid, PolicySet};
use gateway::{Release, ReleaseGroup};
use types::{Access, AppName, Caller, FunctionName, FunctionTarget, GroupName, PrincipalId};

use crate::{
    base::{Base, set_of},
    facts,
    own::{self, OwnRules},
    own_actions::{self, OwnAction, OwnActions},
};

/// One function with its rules.
pub(crate) struct FunctionRules {
    pub(crate) target: Arc<FunctionTarget>,
    pub(crate) set: Arc<PolicySet>,
    /// A rule reads what decisions are not remembered under.
    pub(crate) unkeyed: bool,
    pub(crate) uid: EntityUid,
    pub(crate) entity: Entity,
}

/// A group of people, as this app has it.
pub(crate) struct GroupRules {
    pub(crate) name: GroupName,
    /// Among the members, and whether its people are admins.
    pub(crate) admin: Option<bool>,
    uid: EntityUid,
    people: Arc<[PrincipalId]>,
}

impl GroupRules {
    /// INVARIANT: `people` is sorted; see [`ReleaseGroup::people`].
    fn holds(&self, id: PrincipalId) -> bool {
        self.people.binary_search(&id).is_ok()
    }
}

/// One app.
pub(crate) struct AppRules {
    pub(crate) app: AppName,
    pub(crate) version: u64,
    /// Differs for every release that was ever taken in, so that nothing remembered of another one can be found.
    pub(crate) generation: u64,
    /// Whether each member is an admin, of those who are members by themselves.
    members: HashMap<PrincipalId, bool>,
    pub(crate) groups: Vec<GroupRules>,
    /// Everybody who is an admin by themselves or through a group, each once.
    admins: BTreeSet<PrincipalId>,
    functions: HashMap<FunctionName, FunctionRules>,
    own: Arc<OwnRules>,
    actions: OwnActions,
    /// A function is public: strangers are expected here.
    public: bool,
    /// Something is there that every signed-in person may try to call.
    open: bool,
    /// A deployment answers. Without one, nobody can be let in to anything.
    pub(crate) deployed: bool,
    pub(crate) entity: Entity,
}

impl AppRules {
    /// Compiles a release. Errors: rules of the app that are not acceptable; the sentence is for the author.
    pub(crate) fn of(base: &Base, release: &Release, generation: u64) -> Result<Self, String> {
        let own = match &release.cedar {
            Some(text) => Arc::new(OwnRules::read(base, &release.app, text)?),
            None => own::none(),
        };
        Self::with(base, release, generation, own)
    }

    /// The same with these rules of its own.
    pub(crate) fn with(base: &Base, release: &Release, generation: u64, own: Arc<OwnRules>) -> Result<Self, String> {
        let known: Vec<&FunctionName> = release.functions.iter().map(|target| &target.function).collect();
        own.check_functions(&release.app, &known)?;
        let declared: Vec<&GroupName> = release.groups.iter().filter(|g| g.declared).map(|g| &g.name).collect();
        own.check_groups(&release.app, &declared)?;
        let mut functions = HashMap::new();
        for target in &release.functions {
            if target.app != release.app {
                return Err(format!(
                    "function `{}` belongs to `{}`, not to `{}`",
                    target.function, target.app, release.app
                ));
            }
            let rules = FunctionRules::of(base, &own, target)?;
            if functions.insert(target.function.clone(), rules).is_some() {
                return Err(format!("`{}` has two functions named `{}`", release.app, target.function));
            }
        }
        let public = release.functions.iter().any(|target| target.access == Access::Public);
        let signed_in = release.functions.iter().any(|target| target.access == Access::SignedIn);
        let open = public || signed_in || own.permits_any();
        let groups: Vec<GroupRules> = release.groups.iter().map(|group| GroupRules::of(base, group)).collect();
        let direct = release.members.iter().filter(|(_, admin)| *admin).map(|(id, _)| *id);
        let through = groups.iter().filter(|group| group.admin == Some(true)).flat_map(|group| group.people.iter());
        let admins = direct.chain(through.copied()).collect();
        Ok(Self {
            app: release.app.clone(),
            version: release.version,
            generation,
            members: release.members.iter().copied().collect(),
            groups,
            admins,
            functions,
            actions: own_actions::of(base, &own.rules)?,
            own,
            public,
            open,
            deployed: release.deployment.is_some() || !release.functions.is_empty(),
            entity: facts::app(&base.words, &release.app).map_err(|e| e.to_string())?,
        })
    }

    /// The function's rules, when the target is the one of this release. During a switch a request may still carry the former one.
    pub(crate) fn function(&self, target: &Arc<FunctionTarget>) -> Option<&FunctionRules> {
        let found = self.functions.get(&target.function)?;
        (Arc::ptr_eq(&found.target, target) || found.target == *target).then_some(found)
    }

    /// Rules for a target of another release of this app: its own access word, this release's members and rules.
    pub(crate) fn adopt(&self, base: &Base, target: &Arc<FunctionTarget>) -> Result<FunctionRules, String> {
        FunctionRules::of(base, &self.own, target)
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &FunctionRules> {
        self.functions.values()
    }

    pub(crate) fn named(&self, function: &FunctionName) -> Option<&FunctionRules> {
        self.functions.get(function)
    }

    /// An action of the app's own.
    pub(crate) fn action(&self, name: &str) -> Option<&OwnAction> {
        self.actions.get(name)
    }

    /// The names of all of them.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &Arc<str>> {
        self.actions.keys()
    }

    /// Whether the caller is an admin, by themselves or through a group, whichever is more; `None`: no member.
    pub(crate) fn role(&self, caller: &Caller) -> Option<bool> {
        let id = caller.principal()?;
        let direct = self.members.get(&id).copied();
        self.groups_with(caller).filter_map(|group| group.admin).chain(direct).max()
    }

    /// The groups that the caller is in. Only people are in groups.
    pub(crate) fn groups_with(&self, caller: &Caller) -> impl Iterator<Item = &GroupRules> {
        let person = match caller {
            Caller::Person(person) => Some(person.id),
            Caller::Stranger | Caller::Service(_) | Caller::Operator { .. } => None,
        };
        self.groups.iter().filter(move |group| person.is_some_and(|id| group.holds(id)))
    }

    /// Groups of those who are this in the app; `None`: nothing.
    pub(crate) fn groups_of_role(&self, base: &Base, role: Option<bool>) -> Vec<EntityUid> {
        match role {
            None => Vec::new(),
            Some(false) => vec![base.words.members_uid(&self.app)],
            Some(true) => vec![base.words.members_uid(&self.app), base.words.admins_uid(&self.app)],
        }
    }

    /// What rules know as groups that the caller is in: those of the app, and those of the platform that mean something to it.
    pub(crate) fn groups(&self, base: &Base, caller: &Caller) -> Vec<EntityUid> {
        let mut all = self.groups_of_role(base, self.role(caller));
        all.extend(self.groups_with(caller).map(|group| group.uid.clone()));
        all
    }

    /// The same for somebody who is in this group and nothing else.
    pub(crate) fn groups_in(&self, base: &Base, name: &GroupName) -> Vec<EntityUid> {
        let Some(group) = self.groups.iter().find(|group| group.name == *name) else { return Vec::new() };
        let mut all = self.groups_of_role(base, group.admin);
        all.push(group.uid.clone());
        all
    }

    pub(crate) fn is_member(&self, caller: &Caller) -> bool {
        self.role(caller).is_some()
    }

    /// Whether the caller may know which paths the app has: somebody who may call something in it, as far as that can be
    /// said without a request.
    pub(crate) fn reaches(&self, caller: &Caller) -> bool {
        match caller {
            Caller::Stranger | Caller::Operator { .. } => self.public,
            Caller::Person(_) => self.is_member(caller) || self.open,
            Caller::Service(service) => self.is_member(caller) || self.public || service.app == self.app,
        }
    }

    pub(crate) fn admins(&self) -> impl Iterator<Item = PrincipalId> {
        self.admins.iter().copied()
    }
}

impl GroupRules {
    fn of(base: &Base, group: &ReleaseGroup) -> Self {
        let ReleaseGroup { name, admin, declared: _, people } = group;
        Self { name: name.clone(), admin: *admin, uid: base.words.group_uid(name), people: people.clone() }
    }
}

impl FunctionRules {
    fn of(base: &Base, own: &OwnRules, target: &Arc<FunctionTarget>) -> Result<Self, String> {
        let shared = base.for_access(target.access).ok_or_else(|| format!("no rules for `{}`", target.access))?;
        let mut unkeyed = false;
        let mut mine = Vec::new();
        for rule in own.of_function(&target.function) {
            unkeyed |= rule.unkeyed;
            mine.push(rule.policy.clone());
        }
        let set = if mine.is_empty() {
            shared.clone()
        } else {
            mine.extend(shared.policies().cloned());
            Arc::new(set_of(mine).map_err(|e| e.to_string())?)
        };
        let entity = facts::function(&base.words, target).map_err(|e| e.to_string())?;
        Ok(Self { target: target.clone(), set, unkeyed, uid: entity.uid(), entity })
    }
}
