//! What must hold for whatever somebody sends to the control API: its bodies, and what stands in its addresses. Run by the tests on
//! mangled ones, and by `fuzz/`.
use control_api as api;
use serde::{Serialize, de::DeserializeOwned};
use types::{AppName, Digest, FunctionName, GroupName, PrincipalId, SecretName, email_address};

use crate::input::{self, Query};

/// Bytes as the body of an operation: refused in words, or the same again when it is written.
fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    match input::from_json::<T>(bytes) {
        Ok(read) => {
            let written = serde_json::to_vec(&read).unwrap_or_default();
            let again = input::from_json::<T>(&written).ok().and_then(|again| serde_json::to_vec(&again).ok());
            assert_eq!(again, Some(written), "what was read is written and read alike");
            Some(read)
        }
        Err(words) => {
            assert!(!words.is_empty() && !words.contains("expected struct ") && !words.contains("expected enum "));
            None
        }
    }
}

/// A body, as every one that an operation takes: claims, deployments, members, lists of people, groups, secrets, invitations,
/// resets, tokens, keys, mails.
pub fn body(bytes: &[u8]) {
    read::<api::Claim>(bytes);
    read::<api::ClaimIssue>(bytes);
    read::<api::ComponentsNamed>(bytes);
    read::<api::CreateDeployment>(bytes);
    read::<api::Rollback>(bytes);
    read::<api::PutMember>(bytes);
    read::<api::ImportMembers>(bytes);
    read::<api::ApproveAccess>(bytes);
    read::<api::PutSecret>(bytes);
    read::<api::CreateGroup>(bytes);
    read::<api::AddToGroup>(bytes);
    read::<api::PutAppGroup>(bytes);
    read::<api::PutPerson>(bytes);
    read::<api::RenamePerson>(bytes);
    read::<api::CreateReset>(bytes);
    read::<api::RotateKeys>(bytes);
    read::<api::CreateToken>(bytes);
    read::<api::CreateCallToken>(bytes);
    if let Some(mail) = read::<api::TestMail>(bytes) {
        address(&mail.to);
    }
    if let Some(invitation) = read::<api::CreateInvitation>(bytes) {
        address(&invitation.email);
    }
    if let Some(list) = read::<api::ImportPeople>(bytes) {
        list.people.iter().for_each(|row| address(&row.email));
    }
}

fn address(text: &str) {
    if let Some(address) = email_address(text) {
        assert_eq!(email_address(&address), Some(address.clone()), "an address stays what it is");
        assert!(address.is_ascii() && !address.bytes().any(|b| b.is_ascii_control() || b == b' '));
    }
}

/// A query, and each of its values as everything that stands in a path.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(uri) = format!("/x?{text}").parse::<http::Uri>() else { return };
    let Ok(request) = http::Request::get(uri).body(()) else { return };
    let (head, ()) = request.into_parts();
    let Ok(query) = Query::parse(&head, &["limit", "after", "find", "follow"]) else { return };
    let _ = (query.value::<u64>("limit"), query.flag("follow"));
    for name in ["limit", "after", "find", "follow"] {
        let Some(value) = query.text(name) else { continue };
        one_spelling(AppName::parse(value));
        one_spelling(FunctionName::parse(value));
        one_spelling(GroupName::parse(value));
        one_spelling(SecretName::parse(value));
        if let Ok(digest) = value.parse::<Digest>() {
            assert_eq!(digest.to_string(), value);
        }
        if let Ok(id) = value.parse::<PrincipalId>() {
            assert_eq!(id.to_string(), value, "an id has one spelling");
        }
        if let Ok(shown) = input::display_text("a name", value, 80) {
            assert!(!shown.is_empty() && !shown.chars().any(char::is_control));
        }
        assert!(input::short(value).chars().count() <= 80);
    }
}

fn one_spelling<T: ToString + std::str::FromStr, E>(parsed: Result<T, E>) {
    if let Ok(name) = parsed {
        let text = name.to_string();
        assert!(text.is_ascii() && text.parse::<T>().is_ok_and(|again| again.to_string() == text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mangled_bodies_are_refused_or_read_alike() {
        let seeds: [&[u8]; 9] = [
            br#"{"code":"abc","name":"Ada"}"#,
            br#"{"manifest":"name = \"a\"","components":{"a.wasm":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}}"#,
            br#"{"dry_run":false,"people":[{"line":2,"email":"ada@example.org","groups":["cooks"]}]}"#,
            br#"{"dry_run":true,"members":[{"line":2,"person":"Ada","role":"member"}]}"#,
            br#"{"email":"Ada@Example.org","app":"coffee","role":"admin","groups":["cooks"],"print":true}"#,
            br#"{"name":"cooks","people":["Ada"],"role":"member","value":"v"}"#,
            br#"{"emergency":true,"disabled":false,"again":true,"service":"till","life_s":60}"#,
            br#"{"to":"ada@example.org","digests":[],"value":"\u0000\ud83d\ude00"}"#,
            br#"{"app":"coffee","life_s":18446744073709551615,"label":null}"#,
        ];
        mangle::run(&seeds, 20_000, body);
        for open in ["[", "{\"people\":", "{\"a\":[", "[[", "{\"members\":[{\"line\":"] {
            body(open.repeat(50_000).as_bytes());
        }
    }

    #[test]
    fn mangled_queries_are_refused_or_plain() {
        let seeds: [&[u8]; 5] = [
            b"limit=5&after=p-aaaaaaaaaaaaaaaaaaaaaaaaaa&find=Ada%20L&follow=true",
            b"find=%C3%A4&find=x",
            b"limit=-1&limit=18446744073709551616&follow=maybe",
            b"after=sha256:0000000000000000000000000000000000000000000000000000000000000000&find=STRIPE_KEY",
            b"find=coffee-2&after=%00%ff&&=&limit",
        ];
        mangle::run(&seeds, 30_000, query);
    }
}
