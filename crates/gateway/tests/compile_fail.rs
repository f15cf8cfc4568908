//! Running code without a policy decision does not compile.

#[test]
fn passes_cannot_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
