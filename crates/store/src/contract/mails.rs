//! The outbox.
use types::{MailId, PrincipalId};

use super::{AnyStore, conflicts, ok, samples::*, together};
use crate::{Mail, MailState, NewMail, SealedLetter};

fn id(n: u8) -> MailId {
    MailId::from_bytes([n; 16])
}

#[expect(clippy::disallowed_methods, reason = "stands in for the keeper")]
fn letter(n: u8) -> SealedLetter {
    SealedLetter::new(vec![n, 0, 255])
}

fn mail(n: u8) -> NewMail {
    NewMail {
        id: id(n),
        kind: "invitation".into(),
        to: format!("guest{n}@example.org").into(),
        person: None,
        letter: letter(n),
        created_at: at(n.into()),
        expires_at: at(3_600),
    }
}

async fn only(store: &AnyStore, n: u8) -> Mail {
    let found = ok(store.mails(100).await).into_iter().find(|mail| mail.id == id(n));
    found.unwrap_or_else(|| panic!("mail {n}"))
}

/// One taker at a time, the longest due first; a lease that is over reports nothing.
pub async fn check_mails_are_taken_once(make: impl Fn() -> AnyStore) {
    let store = make();
    conflicts(store.add_mail(NewMail { person: Some(PrincipalId::from_bytes([9; 16])), ..mail(1) }).await);
    for n in [3, 1, 2] {
        ok(store.add_mail(mail(n)).await);
    }
    conflicts(store.add_mail(mail(3)).await);
    assert_eq!(ok(store.claim_mails(at(0), at(60), 10).await), [], "none is due yet");
    let racers = (0..6).map(|_| store.claim_mails(at(10), at(70), 1)).collect();
    let mut taken: Vec<_> = together(racers).await.into_iter().flat_map(|answer| ok(answer)).collect();
    taken.sort_by_key(|mail| mail.id);
    let ids: Vec<_> = taken.iter().map(|mail| (mail.id, mail.attempt)).collect();
    assert_eq!(ids, [(id(1), 1), (id(2), 1), (id(3), 1)], "each to one of six racers");
    assert_eq!(taken.first().map(|mail| (mail.letter.clone(), mail.to.clone())), Some((letter(1), mail(1).to)));
    assert_eq!(ok(store.claim_mails(at(69), at(99), 10).await), [], "they are somebody's");
    assert_eq!(only(&store, 1).await.state, MailState::Sending { until: at(70) });

    let again = ok(store.claim_mails(at(70), at(130), 1).await);
    assert_eq!(again.iter().map(|mail| (mail.id, mail.attempt)).collect::<Vec<_>>(), [(id(1), 2)], "its lease is over");
    assert!(!ok(store.mail_delivered(id(1), 1, at(71)).await), "the former taker comes too late");
    assert!(!ok(store.mail_failed(id(1), 1, at(71), "late".into(), None).await));
    assert!(ok(store.mail_delivered(id(1), 2, at(72)).await));
    assert!(!ok(store.mail_delivered(id(1), 2, at(73)).await), "once");
    assert!(!ok(store.retry_mail(id(1), at(74)).await), "it is forgotten");
    assert_eq!(only(&store, 1).await.state, MailState::Delivered { at: at(72) });
    assert_eq!(ok(store.mails_open(at(0)).await), (2, 0));
}

/// What failed waits, or is over; what is over forgets what it said.
pub async fn check_mails_fail_and_end(make: impl Fn() -> AnyStore) {
    let store = make();
    for n in [1, 2] {
        ok(store.add_mail(mail(n)).await);
    }
    assert_eq!(ok(store.claim_mails(at(10), at(3_000), 10).await).len(), 2);
    assert!(!ok(store.retry_mail(id(1), at(11)).await), "it is under way");
    assert!(ok(store.mail_failed(id(1), 1, at(20), "the server is \u{e9}".into(), Some(at(100))).await));
    let waiting = only(&store, 1).await;
    assert_eq!((waiting.state, waiting.attempts), (MailState::Waiting { due_at: at(100) }, 1));
    assert_eq!(waiting.error.as_deref(), Some("the server is \u{e9}"));
    assert_eq!(ok(store.claim_mails(at(99), at(160), 10).await), [], "too early, or not theirs");
    assert!(ok(store.retry_mail(id(1), at(30)).await));
    assert_eq!(ok(store.claim_mails(at(30), at(90), 10).await).len(), 1);
    assert!(ok(store.mail_failed(id(1), 2, at(40), "no such mailbox".into(), None).await));
    assert_eq!(ok(store.claim_mails(at(65), at(90), 10).await), [], "it has failed for good");
    assert_eq!(ok(store.mails_open(at(40)).await), (1, 1));
    assert_eq!(ok(store.mails_open(at(41)).await), (1, 0), "that was before");
    assert!(ok(store.retry_mail(id(1), at(66)).await), "an operator may try once more");
    assert!(!ok(store.retry_mail(id(7), at(66)).await));

    assert_eq!(ok(store.mails_since(None, at(1)).await), 2);
    assert_eq!(ok(store.mails_since(None, at(2)).await), 1);
    assert_eq!(ok(store.mails_since(Some(mail(1).to), at(0)).await), 1);
    assert_eq!(ok(store.mails_since(Some("nobody@example.org".into()), at(0)).await), 0);

    assert_eq!(ok(store.expire_mails(at(3_599)).await), []);
    let over = ok(store.expire_mails(at(3_600)).await);
    assert_eq!(over.iter().map(|mail| mail.id).collect::<Vec<_>>(), [id(1), id(2)], "waiting, and left by its taker");
    assert_eq!(ok(store.expire_mails(at(3_600)).await), [], "told once");
    assert_eq!(ok(store.claim_mails(at(4_000), at(4_060), 10).await), []);
    assert!(!ok(store.retry_mail(id(1), at(3_500)).await), "what it said is forgotten");
    assert_eq!(ok(store.purge_mails(at(3_600)).await), 0);
    assert_eq!(ok(store.purge_mails(at(3_601)).await), 2);
    assert_eq!(ok(store.mails(10).await), []);
}

/// A mail about somebody goes along with them.
pub async fn check_mails_of_a_person(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.add_principal(person(1, false)).await);
    ok(store.add_mail(NewMail { person: Some(person(1, false).id), ..mail(1) }).await);
    ok(store.add_mail(mail(2)).await);
    assert_eq!(ok(store.mails(10).await).iter().map(|mail| mail.id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!(ok(store.mails(1).await).len(), 1);
    assert!(ok(store.remove_person(person(1, false).id).await));
    assert_eq!(ok(store.mails(10).await).iter().map(|mail| mail.id).collect::<Vec<_>>(), [id(2)]);
}
