//! After the engine was replaced, what answers is made ready again, and deployments do not wait for it.
use std::{collections::HashSet, sync::atomic::Ordering};

use gateway::events::Outcome;
use types::Digest;

use super::harness::Room;

fn digests(numbers: std::ops::Range<u8>) -> HashSet<Digest> {
    numbers.map(|n| Digest::from_bytes([n; 32])).collect()
}

fn notes(room: &Room) -> Vec<String> {
    let seen = room.record.seen.lock().unwrap();
    let ours = seen.iter().filter(|event| &*event.action == "prepared-again");
    ours.map(|event| event.note.as_deref().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn what_is_missing_is_made_in_idle_time_with_one_event() {
    let room = Room::new();
    room.components.prepared.lock().unwrap().extend(digests(0..5));
    room.components.bad.lock().unwrap().insert(Digest::from_bytes([9; 32]));
    let refreshed = room.service.refresh(digests(0..100)).await;
    assert_eq!((refreshed.made, refreshed.failed.len()), (94, 1));
    assert_eq!(room.components.idly.load(Ordering::SeqCst), 95, "nobody waits for it");
    let notes = notes(&room);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("94 functions") && notes[0].contains("1 failed: 09090909"), "{notes:?}");
    let failed = |room: &Room| {
        let seen = room.record.seen.lock().unwrap();
        let outcomes =
            seen.iter().filter(|event| &*event.action == "prepared-again").map(|event| event.outcome.clone());
        outcomes.filter(|outcome| matches!(outcome, Outcome::Failed { .. })).count()
    };
    assert_eq!(failed(&room), 1, "what could not be made is no success");
    // What is there already is no news. The one that failed has been told.
    let refreshed = room.service.refresh(digests(0..5)).await;
    assert_eq!((refreshed.made, refreshed.failed.len()), (0, 0));
    assert_eq!(self::notes(&room).len(), 1);
}
