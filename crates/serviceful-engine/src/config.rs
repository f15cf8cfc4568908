//! The one place where the engine is configured, for compiler and worker alike, and the build id that follows from it.
//!
//! Every option that wasmtime has for this build is set by name, the ones we would have got anyway too: a default that
//! changes in a patch release must not change what we run. Each line also goes into a canonical text whose hash is part
//! of the build id, so an artefact made under other settings is never loaded.
use std::{fmt::Write as _, num::NonZeroUsize, sync::LazyLock};

use types::{EngineBuild, RunLimits};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy, OptLevel, PoolingAllocationConfig,
    ProfilingStrategy, RegallocAlgorithm, Strategy, WasmBacktraceDetails, WasmFeatures,
};

use crate::{
    js::{builtin, installed},
    native,
    seal::sha256,
};

/// The exact version of the engine; a test holds it against `Cargo.lock`.
pub const WASMTIME_VERSION: &str = "48.0.8";
/// Counts our own changes to what the engine does under the same wasmtime version and settings.
const PATCH_LEVEL: u32 = 0;

/// Calls that may run at once in one worker: slots of the pool.
pub(crate) const CALLS_MAX: usize = 256;
/// Core instances in the pool; a component made by common tools has three to six.
const CORE_INSTANCES: u32 = 4_096;
/// Stack of a guest: recursion past it traps. The fiber around it also carries host calls. Only what is touched takes memory.
/// JavaScript's own limit (`STACK_BYTES` in `js/engine/src/vm.rs`) must come first, and a call of a script takes 600 bytes here.
pub(crate) const WASM_STACK_BYTES: usize = 4 << 20;
const FIBER_STACK_BYTES: usize = (4 << 20) + (512 << 10);
/// Per slot and never given back: what a small function touches is reset by `memset`, not by page faults.
const MEMORY_RESIDENT_BYTES: usize = 1 << 20;
const TABLE_RESIDENT_BYTES: usize = 64 << 10;
const STACK_RESIDENT_BYTES: usize = 64 << 10;

/// What the engine is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Compile,
    /// Runs the JavaScript engine once and compiles what its memory became, which holds no code.
    Snapshot,
    Work,
}

/// The CPU that artefacts are made for: a named one, so that nodes of different age can share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    #[cfg(target_arch = "x86_64")]
    X86V3,
    #[cfg(target_arch = "x86_64")]
    X86V1,
    #[cfg(target_arch = "aarch64")]
    Arm,
}

impl Baseline {
    /// The best named baseline that this machine has.
    pub(crate) fn of_this_host() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let v3 = has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt");
            if v3 && has!("movbe") && has!("f16c") && has!("sse4.2") && has!("cmpxchg16b") {
                Self::X86V3
            } else {
                Self::X86V1
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            Self::Arm
        }
    }

    /// Name, target, and the extensions that may be used beyond it.
    const fn parts(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::X86V3 => ("x86_64-v3", "x86_64-unknown-linux-gnu", X86_V3),
            #[cfg(target_arch = "x86_64")]
            Self::X86V1 => ("x86_64-v1", "x86_64-unknown-linux-gnu", &[]),
            #[cfg(target_arch = "aarch64")]
            Self::Arm => ("aarch64", "aarch64-unknown-linux-gnu", &[]),
        }
    }

    const fn name(self) -> &'static str {
        self.parts().0
    }

    const fn target(self) -> &'static str {
        self.parts().1
    }

    const fn features(self) -> &'static [&'static str] {
        self.parts().2
    }
}

/// What Cranelift knows of the x86-64-v3 level (System V ABI, x86-64 supplement).
#[cfg(target_arch = "x86_64")]
const X86_V3: &[&str] = &[
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_cmpxchg16b",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
];

/// A configuration in the making, with the canonical text of what was set.
struct Draft {
    config: Config,
    pool: PoolingAllocationConfig,
    text: String,
}

impl Draft {
    fn note(&mut self, option: &str, value: impl std::fmt::Debug) {
        // Writing to a `String` does not fail.
        let _ = writeln!(self.text, "{option} = {value:?}");
    }
}

/// Sets options on one part of the draft and notes each.
macro_rules! set {
    ($draft:ident.$part:ident: $($option:ident = $value:expr),+ $(,)?) => {
        $(
            $draft.$part.$option($value);
            $draft.note(concat!(stringify!($part), ".", stringify!($option)), $value);
        )+
    };
}

/// The build id of this executable on this machine.
pub(crate) fn build_id() -> &'static EngineBuild {
    static BUILD: LazyLock<EngineBuild> = LazyLock::new(|| build_of(Baseline::of_this_host()));
    &BUILD
}

/// An engine for this machine.
///
/// # Errors
/// What wasmtime says when the settings cannot be had here, such as too little address space.
pub(crate) fn engine(purpose: Purpose) -> wasmtime::Result<Engine> {
    Engine::new(&config(purpose, Baseline::of_this_host(), build_id())?)
}

fn build_of(baseline: Baseline) -> EngineBuild {
    let hash = sha256(draft(baseline).text.as_bytes()).hex();
    let hash = hash.get(..16).unwrap_or(&hash);
    let text = format!("sf1/wasmtime-{WASMTIME_VERSION}+p{PATCH_LEVEL}/cfg-{hash}/{}", baseline.name());
    // INVARIANT: the parts above are short visible ASCII. Were they not, no artefact would carry the id `invalid`.
    EngineBuild::new(&text).or_else(|| EngineBuild::new("invalid")).unwrap_or_else(|| std::process::abort())
}

fn config(purpose: Purpose, baseline: Baseline, build: &EngineBuild) -> wasmtime::Result<Config> {
    let Draft { mut config, mut pool, .. } = draft(baseline);
    config.module_version(ModuleVersionStrategy::Custom(build.as_str().to_owned()))?;
    match purpose {
        Purpose::Compile | Purpose::Snapshot => {
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            compiler(&mut config, baseline)?;
        }
        Purpose::Work => {
            // SECURITY: Cranelift is in this executable's text, but a worker cannot be talked into compiling.
            config.enable_compiler(false);
            // Not part of the text: artefacts do not depend on it. Asked here, before the jail closes `/proc`.
            pool.pagemap_scan(Enabled::Auto);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
    }
    Ok(config)
}

/// What only the compiler can be told.
fn compiler(config: &mut Config, baseline: Baseline) -> wasmtime::Result<()> {
    config.target(baseline.target())?;
    config.strategy(Strategy::Cranelift);
    config.cranelift_opt_level(OptLevel::Speed);
    config.cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);
    config.cranelift_nan_canonicalization(false);
    config.cranelift_debug_verifier(false);
    config.parallel_compilation(true);
    native::enable_cpu_features(config, baseline.features());
    Ok(())
}

/// Everything that compiler and worker must agree on.
fn draft(baseline: Baseline) -> Draft {
    let mut draft = Draft {
        config: Config::new(),
        pool: PoolingAllocationConfig::new(),
        text: String::from("serviceful engine configuration 1\n"),
    };
    draft.note("target", baseline.target());
    draft.note("cpu", baseline.features());
    // Snapshots are of this very engine.
    draft.note("javascript", installed::digest());
    draft.note("javascript built-ins", builtin::digest());
    draft.note("cranelift", "speed, backtracking, no NaN canonicalization, no debug verifier, parallel compilation");
    features(&mut draft);
    execution(&mut draft);
    memory(&mut draft);
    pool(&mut draft);
    draft
}

/// Which WebAssembly a guest may be written in. Off: what no common toolchain emits, and what has had escapes.
fn features(draft: &mut Draft) {
    // These have no method of their own in a build without garbage collection, threads and exceptions.
    for (feature, on) in [
        (WasmFeatures::REFERENCE_TYPES, true),
        (WasmFeatures::GC_TYPES, false),
        (WasmFeatures::THREADS, false),
        (WasmFeatures::FUNCTION_REFERENCES, false),
        (WasmFeatures::EXCEPTIONS, false),
        (WasmFeatures::LEGACY_EXCEPTIONS, false),
        (WasmFeatures::MEMORY_CONTROL, false),
    ] {
        draft.config.wasm_features(feature, on);
        draft.note("config.wasm_features", (feature, on));
    }
    set!(draft.config:
        wasm_bulk_memory = true,
        wasm_multi_value = true,
        wasm_simd = true,
        wasm_relaxed_simd = true,
        relaxed_simd_deterministic = false,
        wasm_tail_call = true,
        wasm_extended_const = true,
        wasm_multi_memory = true,
        wasm_branch_hinting = false,
        wasm_shared_everything_threads = false,
        shared_memory = false,
        wasm_memory64 = false,
        wasm_custom_page_sizes = false,
        wasm_gc = false,
        gc_support = false,
        wasm_stack_switching = false,
        wasm_wide_arithmetic = false,
        wasm_component_model = true,
        wasm_component_model_async = true,
        concurrency_support = true,
        wasm_component_model_more_async_builtins = false,
        wasm_component_model_async_stackful = false,
        wasm_component_model_threading = false,
        wasm_component_model_error_context = false,
        wasm_component_model_gc = false,
        wasm_component_model_map = false,
        wasm_component_model_memory64 = false,
        wasm_component_model_fixed_length_lists = false,
        wasm_component_model_implements = false,
    );
}

/// How guests are interrupted, how deep they may go, what a trap can tell.
fn execution(draft: &mut Draft) {
    set!(draft.config:
        epoch_interruption = true,
        consume_fuel = false,
        max_wasm_stack = WASM_STACK_BYTES,
        async_stack_size = FIBER_STACK_BYTES,
        async_stack_zeroing = false,
        signals_based_traps = true,
        wasm_backtrace_max_frames = NonZeroUsize::new(16),
        wasm_backtrace_details = WasmBacktraceDetails::Disable,
        native_unwind_info = false,
        generate_address_map = true,
        debug_info = false,
        debug_symbols = false,
        debug_adapter_modules = false,
        metadata_for_internal_asserts = false,
        profiler = ProfilingStrategy::None,
        compiler_inlining = wasmtime::Inlining::No,
    );
}

/// Four GiB of address space a memory and guards around it, so that no bounds check is needed; images mapped copy-on-write.
fn memory(draft: &mut Draft) {
    set!(draft.config:
        memory_reservation = 4 << 30,
        memory_reservation_for_growth = 0,
        memory_guard_size = 32 << 20,
        guard_before_linear_memory = true,
        memory_may_move = false,
        memory_init_cow = true,
        force_memory_init_memfd = false,
        memory_guaranteed_dense_image_size = 16 << 20,
        table_lazy_init = true,
    );
}

/// The worker's pool. It holds the operator's caps; a function's own, lower limits hold in `work/limiter.rs`.
fn pool(draft: &mut Draft) {
    const CAP: RunLimits = RunLimits::CAP;
    let calls = u32::try_from(CALLS_MAX).unwrap_or(u32::MAX);
    let each = u32::try_from(CAP.instances).unwrap_or(u32::MAX);
    let memory_bytes = usize::try_from(CAP.memory_mib << 20).unwrap_or(usize::MAX);
    let table_elements = usize::try_from(CAP.table_elements).unwrap_or(usize::MAX);
    set!(draft.pool:
        total_component_instances = calls * 2,
        total_core_instances = CORE_INSTANCES,
        total_memories = calls * 2,
        total_tables = CORE_INSTANCES,
        total_stacks = calls * 2,
        max_core_instances_per_component = each,
        max_memories_per_component = each,
        max_tables_per_component = each,
        max_memories_per_module = 4,
        max_tables_per_module = 16,
        max_core_instance_size = 1 << 20,
        max_component_instance_size = 1 << 20,
        max_memory_size = memory_bytes,
        table_elements = table_elements,
        linear_memory_keep_resident = MEMORY_RESIDENT_BYTES,
        table_keep_resident = TABLE_RESIDENT_BYTES,
        async_stack_keep_resident = STACK_RESIDENT_BYTES,
        max_unused_warm_slots = 16,
        decommit_batch_size = 1,
    );
}

#[cfg(test)]
mod tests;
