//! Routes of one app that cannot be told apart. The router refuses them as well; here the author learns the line.
use types::{Method, RoutePattern};

use crate::{findings::Findings, function::Draft};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment<'r> {
    Plain(&'r str),
    Param(&'r str),
    Rest,
}

/// One way in which a route is entered into the router.
struct Spelling<'r> {
    method: Option<Method>,
    segments: Vec<Segment<'r>>,
}

/// `/a/*` is the folder with and without its slash, and all below it.
fn spellings(route: &RoutePattern) -> Vec<Spelling<'_>> {
    let segment = |s| match s {
        "*" => Segment::Rest,
        _ => str::strip_prefix(s, ':').map_or(Segment::Plain(s), Segment::Param),
    };
    let segments: Vec<Segment<'_>> = route.path().split('/').skip(1).map(segment).collect();
    let method = route.method();
    let mut all = Vec::new();
    if let Some((Segment::Rest, folder)) = segments.split_last() {
        all.push(Spelling { method, segments: [folder, &[Segment::Plain("")]].concat() });
        if !folder.is_empty() {
            all.push(Spelling { method, segments: folder.to_vec() });
        }
    }
    all.push(Spelling { method, segments });
    all
}

/// Why two spellings clash, and what to do.
fn clash(one: &Spelling<'_>, two: &Spelling<'_>) -> Option<&'static str> {
    let mut renamed = false;
    for pair in one.segments.iter().zip(&two.segments) {
        match pair {
            (Segment::Plain(a), Segment::Plain(b)) if a == b => {}
            (Segment::Plain(_), _) | (_, Segment::Plain(_)) => return None,
            (Segment::Param(a), Segment::Param(b)) => renamed |= a != b,
            (Segment::Rest, Segment::Rest) => {}
            (Segment::Param(_), Segment::Rest) | (Segment::Rest, Segment::Param(_)) => {
                return Some("a `:name` and a `*` cannot stand in the same place; change one of the paths");
            }
        }
    }
    if one.segments.len() != two.segments.len() {
        return None;
    }
    if one.method == two.method {
        return Some("change the path or the method of one of them");
    }
    renamed.then_some("give the `:name` of both routes the same name")
}

pub(crate) fn check<'d>(drafts: impl Iterator<Item = &'d Draft>, findings: &mut Findings<'_>) {
    let mut known: Vec<(&Draft, Vec<Spelling<'_>>)> = Vec::new();
    for draft in drafts {
        let mine = spellings(&draft.route);
        let clash = known.iter().find_map(|(other, theirs)| {
            let all = theirs.iter().flat_map(|one| mine.iter().map(move |two| (one, two)));
            all.into_iter().find_map(|(one, two)| clash(one, two)).map(|instead| (&other.route, instead))
        });
        if let Some((other, instead)) = clash {
            let problem = format!("the route `{}` clashes with the earlier `{other}`", draft.route);
            findings.report(&draft.route_span, &format!("{}.route", draft.key), problem, instead);
        }
        known.push((draft, mine));
    }
}
