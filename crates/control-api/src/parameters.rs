//! What stands in an address: the parameters of the query, the values in the path, and what each may be.
use types::{AppName, FunctionName, GroupName, SecretName};
use utoipa::openapi::{
    Required,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{Object, ObjectBuilder, Type},
};

use crate::{AUDIT_PAGE_MAX, AuditQuery, CALLERS_PAGE_MAX, LOG_TAIL_MAX, Op, PEOPLE_PAGE_MAX};

/// A parameter of the query string.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Words, or an id of ours.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number up to this one, from this one.
    Number(usize, usize),
    /// A moment, or a place in the log.
    Count,
    OneOf(&'static [&'static str]),
    App,
}

/// Parameters of the query string.
pub(crate) const fn query(op: Op) -> &'static [(&'static str, Kind)] {
    match op {
        Op::AppLogs => &[("tail", Kind::Number(0, LOG_TAIL_MAX)), ("follow", Kind::Flag)],
        Op::TokensList => &[("all", Kind::Flag)],
        Op::FunctionCallers => &[("limit", Kind::Number(1, CALLERS_PAGE_MAX)), ("after", Kind::Text)],
        Op::GroupGet => &[("limit", Kind::Number(1, PEOPLE_PAGE_MAX)), ("after", Kind::Text)],
        Op::PeopleList => &[
            ("limit", Kind::Number(1, PEOPLE_PAGE_MAX)),
            ("after", Kind::Text),
            ("find", Kind::Text),
            ("groups", Kind::Flag),
        ],
        Op::AuditList => &[
            ("limit", Kind::Number(1, AUDIT_PAGE_MAX)),
            ("before", Kind::Count),
            ("kind", Kind::OneOf(&AuditQuery::KINDS)),
            ("app", Kind::App),
            ("action", Kind::Text),
            ("principal", Kind::Text),
            ("result", Kind::OneOf(&AuditQuery::RESULTS)),
            ("request", Kind::Text),
            ("since", Kind::Count),
        ],
        _ => &[],
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A name in lower case, as [`types::NameError`] says what one is.
fn name(bytes_max: usize) -> ObjectBuilder {
    text().pattern(Some("^[a-z](-?[a-z0-9])*$")).max_length(Some(bytes_max))
}

fn schema(kind: Kind) -> Object {
    let number = || ObjectBuilder::new().schema_type(Type::Integer);
    match kind {
        Kind::Text => text(),
        Kind::Flag => ObjectBuilder::new().schema_type(Type::Boolean),
        Kind::Number(from, to) => number().minimum(Some(from)).maximum(Some(to)),
        Kind::Count => number().minimum(Some(0)),
        Kind::OneOf(words) => text().enum_values(Some(words.iter().copied())),
        Kind::App => name(AppName::MAX_BYTES),
    }
    .build()
}

/// What a segment of the path may be, by what it is called there. People are named by id or by name, and so are others.
fn segment(called: &str) -> Object {
    match called {
        "app" => name(AppName::MAX_BYTES),
        "function" => name(FunctionName::MAX_BYTES),
        "group" => name(GroupName::MAX_BYTES),
        "secret" => text().pattern(Some("^[A-Z][A-Z0-9_]*$")).max_length(Some(SecretName::MAX_BYTES)),
        "digest" => text().pattern(Some("^sha256:[0-9a-f]{64}$")),
        _ => text().min_length(Some(1)),
    }
    .build()
}

pub(crate) fn in_query((name, kind): (&str, Kind)) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.schema(Some(schema(kind))).build()
}

pub(crate) fn in_path(name: &str) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.schema(Some(segment(name))).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_asked_by_the_names_that_it_knows() {
        let names: Vec<&str> = query(Op::AuditList).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, AuditQuery::PARAMETERS);
    }
}
