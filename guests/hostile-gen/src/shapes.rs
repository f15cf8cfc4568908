//! Files whose outer shape is the attack: types that double, instances without end, and things that are no component at all.

use std::fmt::Write;

use anyhow::Result;
use wasm_encoder::{ComponentSection, ComponentSectionId, InstanceSection, ModuleArg};
use wasmparser::{Parser, Payload};

use crate::Hostile;
use crate::bombs::noise;
use crate::component::answering_http;

/// Each level is a pair of the one below: 2^60 values at the top, a few hundred bytes in all.
const DOUBLINGS: u32 = 60;
/// Below the size that validators refuse: costs whatever a type of a hundred thousand values costs.
const DOUBLINGS_BELOW_LIMIT: u32 = 16;
const INSTANCES: u32 = 900;
const NESTED_COMPONENTS: u32 = 90;

/// Every shape with its name.
pub(crate) fn all() -> Result<Vec<Hostile>> {
    let spin = wat::parse_str(include_str!("../../hostile-wat/spin.wat"))?;
    let sound = answering_http(spin.clone())?;
    let valid = [
        ("types-wide", with_component(&sound, &wat::parse_str(doubling(DOUBLINGS_BELOW_LIMIT))?)),
        ("instances", many_instances(&sound)?),
        ("nested-components", wat::parse_str(nested())?),
        ("no-handler", wat::parse_str("(component)")?),
        (
            "unknown-import",
            wat::parse_str("(component (import \"evil:host/backdoor@1.0.0\" (instance (export \"open\" (func)))))")?,
        ),
        ("core-module", spin),
    ];
    let invalid = [
        ("types-doubling", with_component(&sound, &wat::parse_str(doubling(DOUBLINGS))?)),
        ("empty", Vec::new()),
        ("text", b"this is not wasm\n".to_vec()),
        ("magic-only", b"\0asm".to_vec()),
        ("next-version", b"\0asm\x0e\x00\x01\x00".to_vec()),
        ("truncated", sound.iter().take(sound.len() / 2).copied().collect()),
        ("flipped", flipped(&sound)),
        ("noise", b"\0asm\x0d\x00\x01\x00".iter().copied().chain(noise(65_536)).collect()),
        ("huge-section", b"\0asm\x0d\x00\x01\x00\x01\xff\xff\xff\xff\x0f".to_vec()),
    ];
    let valid = valid.map(|(name, bytes)| Hostile { name, bytes, valid: true });
    let invalid = invalid.map(|(name, bytes)| Hostile { name, bytes, valid: false });
    Ok(valid.into_iter().chain(invalid).collect())
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

/// A sound component with another inside that nobody uses: what is wrong with that one is all that is wrong.
fn with_component(sound: &[u8], inner: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    wasm_encoder::RawSection { id: ComponentSectionId::Component.into(), data: inner }.append_to_component(&mut bytes);
    bytes
}

/// A sound component with a small module, memory included, instantiated over and over behind its back.
fn many_instances(sound: &[u8]) -> Result<Vec<u8>> {
    let small = wat::parse_str("(module (memory (export \"memory\") 1))")?;
    let mut bytes = sound.to_vec();
    wasm_encoder::RawSection { id: ComponentSectionId::CoreModule.into(), data: &small }
        .append_to_component(&mut bytes);
    let mut instances = InstanceSection::new();
    for _ in 0..INSTANCES {
        instances.instantiate::<[(&str, ModuleArg); 0], &str>(modules_in(sound)?, []);
    }
    instances.append_to_component(&mut bytes);
    Ok(bytes)
}

/// How many core modules a component holds: the index that one appended to it gets.
fn modules_in(component: &[u8]) -> Result<u32> {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(component) {
        count += u32::from(matches!(payload?, Payload::ModuleSection { .. }));
    }
    Ok(count)
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
