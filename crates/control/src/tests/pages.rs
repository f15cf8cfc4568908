//! How much of a list is asked for: what makes no sense is refused with what would, wherever there is a list.
use control_api::{AUDIT_PAGE_MAX, CALLERS_PAGE_MAX, LOG_TAIL_MAX, OPERATIONS, Op, PEOPLE_PAGE_MAX};
use types::Code;

use super::harness::{Room, Sent, owner};

/// Operations that give a part of a list: the parameter, its least and its largest value.
const PAGED: [(Op, &[&str], &str, usize, usize); 5] = [
    (Op::AuditList, &[], "limit", 1, AUDIT_PAGE_MAX),
    (Op::FunctionCallers, &["coffee", "menu"], "limit", 1, CALLERS_PAGE_MAX),
    (Op::PeopleList, &[], "limit", 1, PEOPLE_PAGE_MAX),
    (Op::GroupGet, &["baristas"], "limit", 1, PEOPLE_PAGE_MAX),
    (Op::AppLogs, &["coffee"], "tail", 0, LOG_TAIL_MAX),
];

#[tokio::test]
async fn numbers_out_of_range_are_refused_with_the_range_by_every_list() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.baristas().await;
    for (op, values, name, least, most) in PAGED {
        let ask = async |value: &str| room.raw(op, &owner(), values, &format!("{name}={value}"), Sent::Nothing).await;
        for good in [least, 1, most] {
            assert!(ask(&good.to_string()).await.is_ok(), "{} {name}={good}", op.id());
        }
        let mut bad = vec![(most + 1).to_string(), "0".repeat(30) + "x"];
        bad.extend((least > 0).then(|| "0".to_owned()));
        bad.extend(
            ["", "-1", "-0", "+5", "1.5", "1e3", "%205", "0x10", "abc", "%00", "18446744073709551616", "9e99"]
                .map(str::to_owned),
        );
        for value in bad {
            let refusal = ask(&value).await.map(|_| ()).expect_err(&value);
            assert_eq!(refusal.code, Code::CTL_BAD_INPUT, "{} {name}={value}", op.id());
            let detail = refusal.detail.unwrap();
            assert!(detail.starts_with(&format!("`{name}` is {least} to {most}, not `")), "{}: {detail}", op.id());
        }
    }
}

#[tokio::test]
async fn lists_that_are_given_whole_say_that_they_have_no_such_parameter() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let whole = OPERATIONS.iter().filter(|row| row.method.is_safe() && row.op != Op::ResourceMetadata);
    for row in whole {
        for query in ["page_size=0", "limit=-1", "tail=1e9"] {
            let name = query.split_once('=').unwrap().0;
            if PAGED.iter().any(|(op, _, has, ..)| *op == row.op && *has == name) {
                continue;
            }
            let values: &[&str] = if row.of_app { &["coffee", "menu"] } else { &["x"] };
            let refusal = room.raw(row.op, &owner(), values, query, Sent::Nothing).await.map(|_| ()).unwrap_err();
            assert_eq!(refusal.code, Code::CTL_BAD_INPUT, "{}", row.id());
            assert!(refusal.detail.unwrap().contains(&format!("no parameter `{name}`")), "{} {query}", row.id());
        }
    }
}

#[tokio::test]
async fn flags_are_true_or_false() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    for (op, values, name) in
        [(Op::PeopleList, &[][..], "groups"), (Op::TokensList, &[], "all"), (Op::AppLogs, &["coffee"], "follow")]
    {
        for value in ["", "1", "yes", "TRUE", "0"] {
            let query = format!("{name}={value}");
            let refusal = room.raw(op, &owner(), values, &query, Sent::Nothing).await.map(|_| ()).unwrap_err();
            assert_eq!(refusal.code, Code::CTL_BAD_INPUT, "{} {query}", op.id());
            assert!(refusal.detail.unwrap().contains("`true` or `false`"), "{} {query}", op.id());
        }
    }
}
