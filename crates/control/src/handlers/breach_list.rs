//! The list of passwords that got out: what there is, another one, none.
use control_api::{BreachListStage, BreachListView};
use gateway::{BREACH_LIST_BYTES_MAX, BreachListError, BreachListFacts, BreachListState, Refusal, Reply};

use crate::{
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

fn present(facts: BreachListFacts) -> BreachListView {
    let BreachListFacts { entries, min_count, bytes, digest, imported_at } = facts;
    BreachListView {
        entries: Some(entries),
        min_count: Some(min_count),
        bytes: Some(bytes),
        digest: Some(digest),
        imported_at: Some(imported_at),
        ..BreachListView::of(BreachListStage::Present)
    }
}

fn view(state: BreachListState) -> BreachListView {
    match state {
        BreachListState::Absent => BreachListView::of(BreachListStage::Absent),
        BreachListState::Present(facts) => present(facts),
        BreachListState::Damaged { reason } => {
            BreachListView { reason: Some(reason), ..BreachListView::of(BreachListStage::Damaged) }
        }
    }
}

pub(crate) async fn get(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    reply::ok(&view(shared.ports.breach_list.state()))
}

pub(crate) async fn put(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    // As for components: an upload waits here with its body unread.
    let closed = |_| Refusal::internal("the room is closed");
    let _one_of_few = shared.uploads.acquire().await.map_err(closed)?;
    let bytes = input::bytes(asked.body, BREACH_LIST_BYTES_MAX as u64).await?;

    if bytes.is_empty() {
        return Err(refuse::bad_input("the body is empty; `serviceful breach-list import` makes and sends a list"));
    }

    let facts = shared.ports.breach_list.put(bytes).await.map_err(refused)?;
    let mut reply = reply::ok(&present(facts))?;
    reply.note = Some(format!("breach list {} of {} passwords", facts.digest, facts.entries).into());
    Ok(reply)
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    if !shared.ports.breach_list.remove().await.map_err(refused)? {
        return Err(refuse::not_found("breach list"));
    }

    let mut reply = reply::ok(&BreachListView::of(BreachListStage::Absent))?;
    reply.note = Some("breach list removed".into());
    Ok(reply)
}

fn refused(error: BreachListError) -> Refusal {
    match error {
        BreachListError::Unfit(sentence) => refuse::bad_input(format!("the breach list does not do: {sentence}"))
            .next("make and send one with `serviceful breach-list import FILE`"),
        failed @ BreachListError::Failed(_) => Refusal::internal(failed.to_string()),
    }
}
