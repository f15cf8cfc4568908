//! Files whose outer shape is the attack: types that double, instances without end, and things that are no component at all.

use std::fmt::Write;

use anyhow::Result;

use crate::bombs::noise;
use crate::component::answering_http;

/// Each level is a pair of the one below: 2^60 values at the top, a few hundred bytes in all.
const DOUBLINGS: u32 = 60;
/// Just below the size that validators refuse: costs whatever a type of half a million values costs.
const DOUBLINGS_BELOW_LIMIT: u32 = 18;
const INSTANCES: u32 = 900;
const NESTED_COMPONENTS: u32 = 90;

/// Every shape with its name.
pub(crate) fn all() -> Result<Vec<(&'static str, Vec<u8>)>> {
    let sound = answering_http(wat::parse_str(include_str!("../../hostile-wat/spin.wat"))?)?;
    Ok(vec![
        ("types-doubling", wat::parse_str(doubling(DOUBLINGS))?),
        ("types-wide", wat::parse_str(doubling(DOUBLINGS_BELOW_LIMIT))?),
        ("instances", wat::parse_str(many_instances())?),
        ("nested-components", wat::parse_str(nested())?),
        ("no-handler", wat::parse_str("(component)")?),
        ("unknown-import", wat::parse_str("(component (import \"evil:host/backdoor@1.0.0\" (instance (export \"open\" (func)))))")?),
        ("core-module", wat::parse_str(include_str!("../../hostile-wat/spin.wat"))?),
        ("empty", Vec::new()),
        ("text", b"this is not wasm\n".to_vec()),
        ("magic-only", b"\0asm".to_vec()),
        ("next-version", b"\0asm\x0e\x00\x01\x00".to_vec()),
        ("truncated", sound[..sound.len() / 2].to_vec()),
        ("flipped", flipped(&sound)),
        ("noise", b"\0asm\x0d\x00\x01\x00".iter().copied().chain(noise(65_536)).collect()),
        ("huge-section", b"\0asm\x0d\x00\x01\x00\x01\xff\xff\xff\xff\x0f".to_vec()),
    ])
}

/// A function type over pairs of pairs of pairs.
fn doubling(levels: u32) -> String {
    let mut text = String::from("(component\n  (type $t0 (tuple u64 u64))\n");
    for level in 1..=levels {
        let below = level - 1;
        let _ = writeln!(text, "  (type $t{level} (tuple $t{below} $t{below}))");
    }
    let _ = writeln!(text, "  (import \"take\" (func (param \"all\" (list $t{levels}))))\n)");
    text
}

/// One small module with a memory, instantiated over and over.
fn many_instances() -> String {
    let mut text = String::from("(component\n  (core module $m (memory (export \"memory\") 1))\n");
    for _ in 0..INSTANCES {
        text.push_str("  (core instance (instantiate $m))\n");
    }
    text.push(')');
    text
}

/// Components within components.
fn nested() -> String {
    let depth = NESTED_COMPONENTS as usize;
    format!("{}{}", "(component ".repeat(depth), ")".repeat(depth))
}

/// One byte in the middle changed.
fn flipped(sound: &[u8]) -> Vec<u8> {
    let middle = sound.len() / 2;
    sound.iter().enumerate().map(|(index, byte)| if index == middle { byte ^ 0x55 } else { *byte }).collect()
}
