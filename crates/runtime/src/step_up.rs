//! A function asks for a person who showed more, or lately (`require`). The worker only says so; who calls, and what they showed,
//! is known here.
//! If this is wrong: a worker that somebody took over sends people in circles, or frightens them into showing their factors.
use gateway::Refusal;
use types::{Caller, Code, Demand, UnixMillis};
use wire::work::Failure;

use crate::RunError;

/// The refusal of a call that failed before its answer began.
pub(crate) fn answered(error: RunError, caller: &Caller, now: UnixMillis) -> Refusal {
    match error {
        RunError::Guest(Failure::StepUp(demand)) => asked(demand, caller, now),
        other => other.into(),
    }
}

fn asked(demand: Demand, caller: &Caller, now: UnixMillis) -> Refusal {
    match caller {
        Caller::Stranger => {
            let mut refusal = Refusal::new(Code::ID_REQUIRED, format!("the function asks who it is: {demand}"));
            refusal.demand = Some(demand);
            refusal
        }
        // SECURITY: what the person showed already, or nobody can ever show, is not asked for: they would be asked again for ever.
        Caller::Person(person) if demand.met_by_person(person, now) || demand.max_age_s == Some(0) => {
            Refusal::new(Code::RUN_TRAP, format!("it asks for `{demand}`, which the caller has shown or nobody can"))
                .next("its developer finds the cause with `serviceful logs`")
                .failed()
        }
        Caller::Person(_) => Refusal::step_up(demand),
        Caller::Service(_) | Caller::Operator { .. } => {
            let sentence = "the function asks for a person who shows who they are, and a machine cannot";
            Refusal::new(Code::POL_DENIED, sentence).detail(sentence).next("call it as a person, in a browser")
        }
    }
}

#[cfg(test)]
mod tests {
    use types::{Assurance, CredentialId, Person, PrincipalId, Service};

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn told(caller: &Caller, demand: Demand) -> (&'static str, bool, bool) {
        let refusal = answered(RunError::Guest(Failure::StepUp(demand)), caller, NOW);
        (refusal.code.as_str(), refusal.demand.is_some(), refusal.failed)
    }

    #[test]
    fn only_people_are_asked_and_only_for_what_they_have_not_shown() {
        let demand = |assurance, max_age_s| Demand { assurance, max_age_s };
        let safe = demand(Assurance::MultiFactor, Some(60));
        let person = |assurance, ago_ms| {
            Caller::Person(Person {
                id: PrincipalId::from_bytes([1; 16]),
                display_name: "Ada".into(),
                owner: false,
                disabled: false,
                assurance,
                authenticated_at: UnixMillis(NOW.0 - ago_ms),
                credential: CredentialId::from_bytes([2; 16]),
            })
        };
        let (one, two) = (Assurance::SingleFactor, Assurance::MultiFactor);
        assert_eq!(told(&person(one, 0), safe), ("ID-008", true, false));
        assert_eq!(told(&person(two, 61_000), safe), ("ID-008", true, false));
        assert_eq!(told(&person(two, 60_999), safe), ("RUN-001", false, true), "they showed it");
        assert_eq!(told(&person(two, 0), demand(two, Some(0))), ("RUN-001", false, true), "nobody is as quick");
        assert_eq!(told(&person(one, 0), Demand::default()), ("RUN-001", false, true));
        assert_eq!(told(&Caller::Stranger, Demand::default()), ("ID-001", true, false));
        assert_eq!(told(&Caller::Operator { uid: 1 }, safe), ("POL-001", false, false));
        let (id, credential) = (PrincipalId::from_bytes([3; 16]), CredentialId::from_bytes([3; 16]));
        let app = types::AppName::parse("coffee").unwrap();
        let machine = Service { id, name: "ci".into(), app, disabled: false, credential };
        assert_eq!(told(&Caller::Service(machine), safe), ("POL-001", false, false));
    }
}
