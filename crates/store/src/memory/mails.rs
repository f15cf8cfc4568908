//! The outbox of the store in memory.
use std::sync::Arc;

use types::{MailId, UnixMillis};

use super::{MemoryStore, answer, conflict};
use crate::{Answer, ClaimedMail, Mail, MailState, NewMail, Outbox, SealedLetter};

/// A mail with what it says, until that is forgotten.
pub(super) struct Row {
    pub(super) mail: Mail,
    letter: Option<SealedLetter>,
}

impl Row {
    /// When somebody may take it; `None`: nobody any more.
    fn due_at(&self) -> Option<UnixMillis> {
        match self.mail.state {
            MailState::Waiting { due_at } => Some(due_at),
            MailState::Sending { until } => Some(until),
            MailState::Delivered { .. } | MailState::Failed { .. } => None,
        }
    }

    fn is_attempt(&self, id: MailId, attempt: u32) -> bool {
        let under_way = matches!(self.mail.state, MailState::Sending { .. });
        self.mail.id == id && self.mail.attempts == attempt && under_way
    }
}

fn count(found: usize) -> u32 {
    u32::try_from(found).unwrap_or(u32::MAX)
}

impl Outbox for MemoryStore {
    fn add_mail(&self, new: NewMail) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        let nobody = new.person.is_some_and(|person| !rooms.principals.contains_key(&person));
        if nobody || rooms.mails.iter().any(|row| row.mail.id == new.id) {
            return answer(conflict("the mail"));
        }
        let NewMail { id, kind, to, person, letter, created_at, expires_at } = new;
        let state = MailState::Waiting { due_at: created_at };
        let mail = Mail { id, kind, to, person, state, attempts: 0, error: None, created_at, expires_at };
        rooms.mails.push(Row { mail, letter: Some(letter) });
        answer(Ok(()))
    }

    fn claim_mails(&self, now: UnixMillis, until: UnixMillis, count: u32) -> Answer<'_, Vec<ClaimedMail>> {
        let mut rooms = self.lock();
        let is_due = |row: &&mut Row| now < row.mail.expires_at && row.due_at().is_some_and(|due| due <= now);
        let mut due: Vec<&mut Row> = rooms.mails.iter_mut().filter(is_due).collect();
        due.sort_by_key(|row| (row.due_at(), row.mail.id));
        due.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        let take = |row: &mut Row| {
            let letter = row.letter.clone()?;
            row.mail.attempts += 1;
            row.mail.state = MailState::Sending { until };
            let Mail { id, kind, to, person, attempts, expires_at, .. } = row.mail.clone();
            Some(ClaimedMail { id, kind, to, person, letter, expires_at, attempt: attempts })
        };
        answer(Ok(due.into_iter().filter_map(take).collect()))
    }

    fn mail_delivered(&self, id: MailId, attempt: u32, at: UnixMillis) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let Some(row) = rooms.mails.iter_mut().find(|row| row.is_attempt(id, attempt)) else {
            return answer(Ok(false));
        };
        (row.mail.state, row.mail.error, row.letter) = (MailState::Delivered { at }, None, None);
        answer(Ok(true))
    }

    fn mail_failed(
        &self,
        id: MailId,
        attempt: u32,
        at: UnixMillis,
        error: Arc<str>,
        again: Option<UnixMillis>,
    ) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let Some(row) = rooms.mails.iter_mut().find(|row| row.is_attempt(id, attempt)) else {
            return answer(Ok(false));
        };
        row.mail.state = match again {
            Some(due_at) => MailState::Waiting { due_at },
            None => MailState::Failed { at },
        };
        row.mail.error = Some(error);
        answer(Ok(true))
    }

    fn retry_mail(&self, id: MailId, now: UnixMillis) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let can = |row: &&mut Row| {
            let idle = matches!(row.mail.state, MailState::Waiting { .. } | MailState::Failed { .. });
            row.mail.id == id && idle && row.letter.is_some() && now < row.mail.expires_at
        };
        let Some(row) = rooms.mails.iter_mut().find(can) else { return answer(Ok(false)) };
        row.mail.state = MailState::Waiting { due_at: now };
        answer(Ok(true))
    }

    fn mails(&self, count: u32) -> Answer<'_, Vec<Mail>> {
        let mut all: Vec<Mail> = self.lock().mails.iter().map(|row| row.mail.clone()).collect();
        all.sort_by_key(|mail| std::cmp::Reverse((mail.created_at, mail.id)));
        all.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        answer(Ok(all))
    }

    fn mails_since(&self, to: Option<Arc<str>>, since: UnixMillis) -> Answer<'_, u32> {
        let is_one = |row: &&Row| row.mail.created_at >= since && to.as_ref().is_none_or(|to| row.mail.to == *to);
        answer(Ok(count(self.lock().mails.iter().filter(is_one).count())))
    }

    fn mails_open(&self, since: UnixMillis) -> Answer<'_, (u32, u32)> {
        let rooms = self.lock();
        let open = rooms.mails.iter().filter(|row| row.due_at().is_some()).count();
        let failed = |row: &&Row| matches!(row.mail.state, MailState::Failed { at } if at >= since);
        let failed = rooms.mails.iter().filter(failed).count();
        answer(Ok((count(open), count(failed))))
    }

    fn expire_mails(&self, now: UnixMillis) -> Answer<'_, Vec<Mail>> {
        let mut rooms = self.lock();
        let mut failed = Vec::new();
        for row in rooms.mails.iter_mut().filter(|row| row.mail.expires_at <= now) {
            if row.due_at().is_some_and(|due| due <= now || matches!(row.mail.state, MailState::Waiting { .. })) {
                row.mail.state = MailState::Failed { at: now };
                failed.push(row.mail.clone());
            }
            if matches!(row.mail.state, MailState::Failed { .. }) {
                row.letter = None;
            }
        }
        failed.sort_by_key(|mail| mail.id);
        answer(Ok(failed))
    }

    fn purge_mails(&self, before: UnixMillis) -> Answer<'_, usize> {
        let mut rooms = self.lock();
        let is_over = |row: &mut Row| match row.mail.state {
            MailState::Delivered { at } | MailState::Failed { at } => at < before,
            MailState::Waiting { .. } | MailState::Sending { .. } => false,
        };
        answer(Ok(rooms.mails.extract_if(.., is_over).count()))
    }
}
