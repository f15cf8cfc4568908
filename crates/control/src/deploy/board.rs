//! How far deployments have come, for those who watch. It is a convenience: what counts is in the store.
use std::collections::HashMap;

use control_api::{ComponentProgress, ComponentStage, DeploymentFailure, DeploymentPhase, Inspected};
use types::{AppName, DeploymentId};

/// Deployments that ended and are still remembered.
const REMEMBERED_MAX: usize = 256;

/// Numbers one run of a deployment, so that an earlier run of the same contents cannot write into a later one.
pub(crate) type Ticket = u64;

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    ticket: Ticket,
    pub(crate) phase: DeploymentPhase,
    pub(crate) failure: Option<DeploymentFailure>,
    pub(crate) components: Vec<ComponentProgress>,
}

/// All runs that are under way, and the newest of those that ended.
#[derive(Debug, Default)]
pub(crate) struct Board {
    entries: HashMap<(AppName, DeploymentId), Entry>,
    /// The deployment that was accepted last, by app.
    newest: HashMap<AppName, DeploymentId>,
    tickets: Ticket,
}

impl Board {
    /// Puts a run up.
    pub(crate) fn begin(&mut self, app: &AppName, id: DeploymentId, components: Vec<ComponentProgress>) -> Ticket {
        self.make_room();
        self.tickets += 1;
        let entry = Entry { ticket: self.tickets, phase: DeploymentPhase::Preparing, failure: None, components };
        self.entries.insert((app.clone(), id), entry);
        self.newest.insert(app.clone(), id);
        self.tickets
    }

    fn make_room(&mut self) {
        let ended = |entry: &Entry| entry.phase != DeploymentPhase::Preparing;
        let count = self.entries.values().filter(|e| ended(e)).count();
        if count < REMEMBERED_MAX {
            return;
        }
        let oldest =
            self.entries.iter().filter(|(_, e)| ended(e)).min_by_key(|(_, e)| e.ticket).map(|(k, _)| k.clone());
        if let Some(key) = oldest {
            self.entries.remove(&key);
        }
    }

    pub(crate) fn entry(&self, app: &AppName, id: DeploymentId) -> Option<&Entry> {
        self.entries.get(&(app.clone(), id))
    }

    /// What is known of all runs of an app.
    pub(crate) fn news(&self, app: &AppName) -> HashMap<DeploymentId, Entry> {
        self.entries.iter().filter(|((name, _), _)| name == app).map(|((_, id), e)| (*id, e.clone())).collect()
    }

    /// Whether a run of this deployment is under way.
    pub(crate) fn is_preparing(&self, app: &AppName, id: DeploymentId) -> bool {
        self.entry(app, id).is_some_and(|e| e.phase == DeploymentPhase::Preparing)
    }

    /// Whether this very deployment is under way and nothing was accepted after it: asking for it again adds nothing.
    pub(crate) fn is_under_way(&self, app: &AppName, id: DeploymentId) -> bool {
        self.is_preparing(app, id) && self.newest.get(app) == Some(&id)
    }

    fn run(&mut self, app: &AppName, id: DeploymentId, ticket: Ticket) -> Option<&mut Entry> {
        self.entries.get_mut(&(app.clone(), id)).filter(|entry| entry.ticket == ticket)
    }

    /// Sets the stage of the component at `path`.
    pub(crate) fn stage(
        &mut self,
        (app, id, ticket): (&AppName, DeploymentId, Ticket),
        path: &str,
        stage: ComponentStage,
        inspected: Option<Inspected>,
    ) {
        let Some(entry) = self.run(app, id, ticket) else { return };
        if let Some(component) = entry.components.iter_mut().find(|c| c.path == path) {
            component.stage = stage;
            if inspected.is_some() {
                component.inspected = inspected;
            }
        }
    }

    /// Ends a run.
    pub(crate) fn end(
        &mut self,
        (app, id, ticket): (&AppName, DeploymentId, Ticket),
        failure: Option<DeploymentFailure>,
    ) {
        let Some(entry) = self.run(app, id, ticket) else { return };
        entry.phase = if failure.is_some() { DeploymentPhase::Failed } else { DeploymentPhase::Ready };
        entry.failure = failure;
    }

    /// Takes down all of an app.
    pub(crate) fn forget(&mut self, app: &AppName) {
        self.entries.retain(|(name, _), _| name != app);
        self.newest.remove(app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_a_bounded_number_and_never_forgets_what_runs() {
        let mut board = Board::default();
        let app = AppName::parse("coffee").expect("a name");
        let id = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
            DeploymentId::from_bytes(bytes)
        };
        board.begin(&app, id(0), Vec::new());
        for n in 1..=2 * REMEMBERED_MAX {
            let ticket = board.begin(&app, id(n), Vec::new());
            board.end((&app, id(n), ticket), None);
        }
        assert!(board.entries.len() <= REMEMBERED_MAX + 1, "{}", board.entries.len());
        assert!(board.entry(&app, id(0)).is_some());
        board.forget(&app);
        assert!(board.entries.is_empty());
    }

    #[test]
    fn an_earlier_run_cannot_write_into_a_later_one() {
        let mut board = Board::default();
        let app = AppName::parse("coffee").expect("a name");
        let id = DeploymentId::from_bytes([1; 32]);
        let early = board.begin(&app, id, Vec::new());
        let late = board.begin(&app, id, Vec::new());
        board.end((&app, id, early), None);
        assert_eq!(board.entry(&app, id).map(|e| e.phase), Some(DeploymentPhase::Preparing));
        board.end((&app, id, late), None);
        assert_eq!(board.entry(&app, id).map(|e| e.phase), Some(DeploymentPhase::Ready));
    }
}
