use super::*;

fn inspect_text(text: &str) -> Result<Inspected, Failed> {
    inspect(&wat::parse_str(text).unwrap(), &CompileLimits::default())
}

fn limit_of(result: Result<Inspected, Failed>) -> String {
    match result {
        Err(Failed::Limit { limit, .. }) => limit,
        other => panic!("expected a limit, got {other:?}"),
    }
}

/// A component that serves, around some text.
fn serving(inside: &str) -> String {
    format!(
        r#"(component {inside}
             (instance $h)
             (export "wasi:http/incoming-handler@0.2.4" (instance $h)))"#
    )
}

#[test]
fn imports_are_listed_and_the_handler_is_found() {
    let imports = r#"(import "wasi:io/streams@0.2.6" (instance)) (import "wasi:cli/environment@0.2.0" (instance))"#;
    let inspected = inspect_text(&serving(imports)).unwrap();
    assert_eq!(inspected.imports, ["wasi:cli/environment@0.2.0", "wasi:io/streams@0.2.6"]);
    assert_eq!(inspected.serves, "wasi:http/incoming-handler@0.2.4");
}

#[test]
fn the_newer_handler_wins() {
    let both = r#"(component (instance $h)
        (export "wasi:http/handler@0.3.0" (instance $h))
        (export "wasi:http/incoming-handler@0.2.4" (instance $h)))"#;
    assert_eq!(inspect_text(both).unwrap().serves, "wasi:http/handler@0.3.0");
}

#[test]
fn imports_inside_inner_components_are_their_own_business() {
    let inner = r#"(component $inner (import "anything" (func)))"#;
    assert_eq!(inspect_text(&serving(inner)).unwrap().imports, Vec::<String>::new());
}

#[test]
fn memories_and_tables_that_could_never_run_are_refused() {
    let module = |inside: &str| serving(&format!("(core module {inside})"));
    assert_eq!(limit_of(inspect_text(&module("(memory 8193)"))), "memory_mib");
    assert_eq!(limit_of(inspect_text(&module("(memory 65536)"))), "memory_mib");
    assert!(inspect_text(&module("(memory 8192)")).is_ok());
    assert_eq!(limit_of(inspect_text(&module("(table 100001 funcref)"))), "table_elements");
    assert!(inspect_text(&module("(table 100000 funcref)")).is_ok());
}

#[test]
fn counts_are_summed_over_all_modules() {
    let limits = CompileLimits { functions: 5, items: 40, ..CompileLimits::default() };
    let module = format!("(core module {})", "(func)".repeat(3));
    let check = |times: usize| inspect(&wat::parse_str(serving(&module.repeat(times))).unwrap(), &limits);
    assert!(check(1).is_ok());
    assert_eq!(limit_of(check(2)), "functions");
    let many = format!("(core module {})", "(global i32 (i32.const 0))".repeat(41));
    assert_eq!(limit_of(inspect(&wat::parse_str(serving(&many)).unwrap(), &limits)), "items");
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| serving(&format!("{}{}", "(component ".repeat(levels), ")".repeat(levels)));
    assert!(inspect_text(&nested(7)).is_ok());
    assert_eq!(limit_of(inspect_text(&nested(8))), "nesting");
}

#[test]
fn every_cut_of_a_component_is_refused_without_a_panic() {
    let whole =
        wat::parse_str(serving("(core module (memory 1) (func (param i32) nop) (global i32 (i32.const 1)))")).unwrap();
    assert!(inspect(&whole, &CompileLimits::default()).is_ok());
    for cut in 0..whole.len() {
        let (head, _) = whole.split_at(cut);
        let _ = inspect(head, &CompileLimits::default());
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bent = whole.clone();
            if let Some(byte) = bent.get_mut(at) {
                *byte ^= 1 << bit;
            }
            let _ = inspect(&bent, &CompileLimits::default());
        }
    }
}
