use super::*;

/// A module that passes, with room for one change.
fn module(change: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "serviceful" "now" (func (result f64)))
            (memory (export "memory") 2)
            (table 2 funcref)
            (global (mut i32) (i32.const 1024))
            (func (export "input") (param i32) (result i32) (i32.const 8))
            (func (export "evaluate") (param i32 i32 i64) (result i32) (i32.const 0))
            (func (export "request") (param i32 i32) (result i32) (i32.load (i32.const 16)))
            (func (export "event") (param i32 i32) (result i32) (i32.const 0))
            (elem (i32.const 0) func 0)
            (data (i32.const 16) "abc")
            {change}
        )"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn memory_and_data_are_taken_out() {
    let split = split(&module("")).unwrap();
    assert_eq!((split.pages, split.globals), (2, 1));
    assert_eq!(split.data, [(16, b"abc".to_vec())]);
    let mut imported = false;
    for payload in Parser::new(0).parse_all(&split.code) {
        match payload.unwrap() {
            Payload::MemorySection(_) | Payload::DataSection(_) => panic!("it is still there"),
            Payload::ImportSection(section) => {
                imported = section.into_imports().any(|import| matches!(import.unwrap().ty, TypeRef::Memory(_)));
            }
            _ => {}
        }
    }
    assert!(imported);
    wasmparser::Validator::new().validate_all(&split.code).unwrap();
}

#[test]
fn state_outside_the_memory_is_refused() {
    for (change, word) in [
        (r#"(memory 1)"#, "more than one"),
        (r#"(data "later")"#, "placed later"),
        (r#"(func $s) (start $s)"#, "start function"),
        (r#"(func (table.set 0 (i32.const 0) (ref.null func)))"#, "changes a table"),
        (r#"(func (drop (table.grow 0 (ref.null func) (i32.const 1))))"#, "changes a table"),
        (r#"(elem func 0)"#, "placed later"),
        (r#"(func (export "_initialize"))"#, "initialised"),
        (r#"(global (export "g") (mut i32) (i32.const 0))"#, "exports a table or global"),
    ] {
        let error = split(&module(change)).unwrap_err().to_string();
        assert!(error.contains(word), "{change}: {error}");
    }
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let text = r#"(module (memory 1) (func (export "input")))"#;
    assert_eq!(split(&wat::parse_str(text).unwrap()).unwrap_err(), Export("evaluate"));
    let text = r#"(module (import "wasi_snapshot_preview1" "path_open" (func)))"#;
    let error = split(&wat::parse_str(text).unwrap()).unwrap_err();
    assert_eq!(error, Import("wasi_snapshot_preview1/path_open".into()));
    // One line, and none of the bytes.
    for bytes in [&b"no module\x1b[2J\n"[..], b"", b"\0asm\x0d\0\x01\0"] {
        assert_eq!(split(bytes).unwrap_err(), Unfit("is no WebAssembly module"));
    }
    let whole = module("");
    assert!(matches!(split(&whole[..whole.len() - 9]).unwrap_err(), Invalid(text) if !text.contains('\n')));
}
