use super::*;

#[test]
fn the_version_is_the_one_that_is_locked() {
    let lock = include_str!("../../../../Cargo.lock");
    for package in ["wasmtime", "wasmtime-wasi", "wasmtime-wasi-http"] {
        let entry = format!("name = \"{package}\"\nversion = \"{WASMTIME_VERSION}\"\n");
        assert!(
            lock.contains(&entry),
            "If you are here because `{package}` moved: set WASMTIME_VERSION to its version"
        );
    }
}

#[test]
fn the_build_names_version_settings_and_cpu() {
    let build = build_of(Baseline::of_this_host());
    let parts: Vec<&str> = build.as_str().split('/').collect();
    let [format, version, settings, cpu] = parts.as_slice() else { panic!("{build}") };
    assert_eq!((*format, *version), ("sf1", "wasmtime-48.0.8+p0"));
    let hash = settings.strip_prefix("cfg-").unwrap();
    assert!(hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(["x86_64-v3", "x86_64-v1", "aarch64"].contains(cpu));
    assert_eq!(build, build_of(Baseline::of_this_host()));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn another_cpu_is_another_build() {
    assert_ne!(build_of(Baseline::X86V1), build_of(Baseline::X86V3));
}

#[test]
fn a_change_of_settings_needs_a_new_patch_level_or_version() {
    let text = draft(Baseline::of_this_host()).text;
    for line in [
        "config.epoch_interruption = true",
        "config.wasm_gc = false",
        "config.wasm_memory64 = false",
        "config.wasm_component_model_async = true",
        "config.memory_init_cow = true",
        "pool.linear_memory_keep_resident = 1048576",
    ] {
        assert!(text.lines().any(|has| has == line), "`{line}` is missing from\n{text}");
    }
    assert!(text.lines().count() > 70, "{text}");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn what_the_compiler_makes_the_worker_loads() {
    let component =
        wat::parse_str("(component (core module $m (func (export \"f\"))) (core instance (instantiate $m)))").unwrap();
    let build = build_id();
    for baseline in [Baseline::X86V1, Baseline::of_this_host()] {
        let compiler = Engine::new(&config(Purpose::Compile, baseline, build).unwrap()).unwrap();
        let artefact = compiler.precompile_component(&component).unwrap();
        let worker = Engine::new(&config(Purpose::Work, baseline, build).unwrap()).unwrap();
        assert!(worker.precompile_component(&component).is_err(), "a worker must not be able to compile");
        let key = aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap();
        let sealed = crate::seal::tests::sealed(&key, artefact, build);
        native::load(&worker, &sealed).expect("settings agree");
        // The same bytes under another build id: wasmtime's own check.
        let other = EngineBuild::new("sf1/wasmtime-48.0.0+p0/cfg-0000000000000000/x86_64-v3").unwrap();
        let stranger = Engine::new(&config(Purpose::Work, baseline, &other).unwrap()).unwrap();
        assert!(native::load(&stranger, &sealed).is_err());
    }
}
