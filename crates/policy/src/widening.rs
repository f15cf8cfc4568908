//! What one release permits that another does not.
//!
//! Every request of a universe is decided by both: each path that a route of either serves or a rule of either names, each
//! method, each strength and age of a sign-in that is read or demanded, each kind of caller that rules can tell apart, each caller that is named. Rules
//! see nothing of callers but flags, groups and name, so the kinds stand for everybody, those to come included. Paths are
//! samples: see `docs/reference/policy.md`.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use cedar_policy::EntityUid;
use gateway::{Class, Gain, Probe, Reads, Subject, Widening};
use types::{Assurance, Caller, Demand, FunctionName, FunctionTarget, GroupName, Method};

use crate::{
    draft::Drafted,
    proof::Proof,
    sight::{Named, ending, samples},
};

/// Paths that are compared.
const PATHS_MAX: usize = 2_048;
/// Evaluations by Cedar for one comparison: about two seconds.
const EVALUATIONS_MAX: usize = 150_000;

/// What of a question makes a difference to the rules of its function.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    function: FunctionName,
    subject: usize,
    method: Option<Method>,
    path: Option<Arc<str>>,
    assurance: Option<Assurance>,
    age_s: Option<u32>,
}

type Answer = Option<Arc<[Arc<str>]>>;

/// One of the two releases, with what it answered.
struct Side<'a> {
    draft: &'a Drafted,
    subjects: Vec<(Caller, Vec<EntityUid>)>,
    known: HashMap<Key, Answer>,
}

impl<'a> Side<'a> {
    fn new(draft: &'a Drafted, who: &[Subject], named: &Named, directory: &[Caller]) -> Self {
        let subjects = who.iter().map(|subject| draft.subject(subject, named, directory)).collect();
        Self { draft, subjects, known: HashMap::new() }
    }

    /// The permits that let the subject in; `None`: refused.
    fn ask(&mut self, function: &FunctionName, subject: usize, proof: Proof, way: &Probe) -> Answer {
        let (caller, groups) = self.subjects.get(subject)?;
        let reads = self.draft.sight(function)?.reads;
        let person = matches!(caller, Caller::Person(_));
        let key = Key {
            function: function.clone(),
            subject,
            method: reads.method.then_some(way.method),
            path: reads.path.then(|| way.path.clone()),
            assurance: (person && reads.assurance).then_some(proof.assurance),
            age_s: (person && reads.age).then_some(proof.age_s),
        };
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let verdict = self.draft.verdict(function, &proof.of(caller), groups, way);
        let answer = verdict.allowed.then(|| verdict.policies.clone());
        self.known.insert(key, answer.clone());
        answer
    }
}

/// What a subject gained at one function.
#[derive(Default)]
struct Tally {
    tried: usize,
    gained: usize,
    fresh: bool,
    example: Option<(Probe, Option<Demand>)>,
    rules: BTreeSet<Arc<str>>,
}

pub(crate) fn widening(before: Option<&Drafted>, after: &Drafted, directory: &[Caller]) -> Widening {
    let mut named = after.named.clone();
    if let Some(before) = before {
        named.people.extend(before.named.people.iter().copied());
        named.services.extend(before.named.services.iter().cloned());
    }
    let groups: BTreeSet<GroupName> =
        before.into_iter().chain([after]).flat_map(Drafted::group_names).cloned().collect();
    let who: Vec<Subject> = (Class::ALL.iter().map(|class| Subject::Class(*class)))
        .chain(named.people.iter().map(|id| Subject::Person(*id)))
        .chain(named.services.iter().map(|name| Subject::Service(name.clone())))
        .chain(groups.into_iter().map(Subject::Group))
        .collect();
    let (paths, mut cut_short) = universe(before, after);
    let mut old = before.map(|before| Side::new(before, &who, &named, directory));
    let mut new = Side::new(after, &who, &named, directory);
    let mut tallies: BTreeMap<(FunctionName, usize), Tally> = BTreeMap::new();
    let ways = paths.iter().flat_map(|path| Method::ALL.map(|method| Probe { method, path: path.clone() }));
    for way in ways {
        let Some(target) = after.routes.find(way.method, &way.path) else { continue };
        let former = before.and_then(|before| before.routes.find(way.method, &way.path));
        if new.known.len() + old.as_ref().map_or(0, |old| old.known.len()) > EVALUATIONS_MAX {
            cut_short = true;
            break;
        }
        let (reads, proofs) = proofs((before, former), (after, target));
        for subject in 0..who.len() {
            for proof in &proofs {
                let tally = tallies
                    .entry((target.function.clone(), subject))
                    .or_insert_with(|| Tally { fresh: true, ..Tally::default() });
                tally.tried += 1;
                let Some(rules) = new.ask(&target.function, subject, *proof, &way) else { continue };
                let had = old.as_mut().zip(former).and_then(|(old, f)| old.ask(&f.function, subject, *proof, &way));
                if had.is_some() {
                    continue;
                }
                tally.gained += 1;
                tally.fresh &= former.is_none();
                tally.rules.extend(rules.iter().cloned());
                let caller = new.subjects.get(subject).map(|(caller, _)| caller);
                let shown = caller.and_then(|caller| proof.shown(caller, reads));
                tally.example.get_or_insert_with(|| (way.clone(), shown));
            }
        }
    }
    let mut gains: Vec<Gain> = tallies
        .into_iter()
        .filter_map(|((function, subject), tally)| {
            let target = after.functions.iter().find(|target| target.function == function)?;
            let (example, shown) = tally.example?;
            Some(Gain {
                function,
                route: target.route.clone(),
                who: who.get(subject)?.clone(),
                belongs: who.get(subject).is_some_and(|who| after.belongs(who)),
                fresh: tally.fresh,
                partly: tally.gained < tally.tried,
                example,
                shown,
                demand: target.demand,
                rules: tally.rules.into_iter().collect(),
            })
        })
        .collect();
    fold(&mut gains);
    Widening { gains, cut_short }
}

/// What the two functions that answer there read of a sign-in, and those that they can tell apart.
fn proofs(
    (before, former): (Option<&Drafted>, Option<&Arc<FunctionTarget>>),
    (after, target): (&Drafted, &FunctionTarget),
) -> (Reads, Vec<Proof>) {
    let old = before.zip(former).and_then(|(before, former)| before.sight(&former.function));
    let (mut reads, mut ages_s) = (Reads::default(), BTreeSet::new());
    for sight in old.into_iter().chain(after.sight(&target.function)) {
        reads.assurance |= sight.reads.assurance;
        reads.age |= sight.reads.age;
        ages_s.extend(sight.ages_s.iter().copied());
    }
    (reads, Proof::all(reads, &ages_s))
}

/// Paths on which the two may differ, and whether there was more than is tried.
fn universe(before: Option<&Drafted>, after: &Drafted) -> (Vec<Arc<str>>, bool) {
    let (mut paths, mut more) = (BTreeSet::new(), false);
    for draft in [before, Some(after)].into_iter().flatten() {
        for target in &draft.functions {
            paths.extend(samples(&target.route));
            let sight = draft.sight(&target.function);
            more |= sight.is_some_and(|sight| sight.cut_short);
            if let Some(sight) = sight.filter(|sight| sight.reads.path) {
                paths.extend(sight.paths.iter().cloned());
                paths.extend(sight.ends.iter().flat_map(|end| ending(&target.route, end)));
            }
        }
    }
    let more = more || paths.len() > PATHS_MAX;
    (paths.into_iter().take(PATHS_MAX).map(Arc::from).collect(), more)
}

/// Whoever is among others that gained the same is not told apart: strangers are everybody, the signed-in all people.
fn fold(gains: &mut Vec<Gain>) {
    let wholly = |gains: &[Gain], gain: &Gain, class| {
        gains.iter().any(|other| {
            other.function == gain.function
                && other.who == Subject::Class(class)
                && !other.partly
                && other.fresh == gain.fresh
        })
    };
    let all = gains.clone();
    gains.retain(|gain| {
        let person = matches!(
            gain.who,
            Subject::Person(_) | Subject::Group(_) | Subject::Class(Class::Owner | Class::Member | Class::Admin)
        );
        let covered = (gain.who != Subject::Class(Class::Stranger) && wholly(&all, gain, Class::Stranger))
            || (person && wholly(&all, gain, Class::SignedIn))
            || (gain.who == Subject::Class(Class::Admin) && wholly(&all, gain, Class::Member));
        !covered
    });
}
