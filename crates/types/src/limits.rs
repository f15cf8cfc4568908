//! Limits of one function. Every limit has a default, a unit in its name, and an operator's cap that no manifest passes.
use serde::{Deserialize, Serialize};

macro_rules! limits {
    ($(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $field:ident: $default:expr, cap $cap:expr;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $type { $($(#[$field_doc])* pub $field: u64),+ }

        impl Default for $type {
            fn default() -> Self { Self { $($field: $default),+ } }
        }

        impl $type {
            /// What an operator allows at most unless the operator's own file says otherwise.
            pub const CAP: Self = Self { $($field: $cap),+ };

            /// Name, value and cap of every limit, for messages and reference pages.
            pub fn entries(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($field), self.$field)),+]
            }

            /// The limits that are zero or pass `cap`: name, asked, cap.
            pub fn beyond(&self, cap: &Self) -> Vec<(&'static str, u64, u64)> {
                let mut found = Vec::new();
                $(if self.$field == 0 || self.$field > cap.$field {
                    found.push((stringify!($field), self.$field, cap.$field));
                })+
                found
            }

            /// Sets a limit by name; `false` when there is no such limit.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name { $(stringify!($field) => self.$field = value,)+ _ => return false }
                true
            }
        }
    };
}

limits! {
    /// Limits of one call of a function.
    RunLimits {
        /// CPU time of the guest, in milliseconds.
        cpu_ms: 1_000, cap 30_000;
        /// Wall time from the first byte in to the last byte out, in milliseconds.
        wall_ms: 30_000, cap 120_000;
        /// Linear memory over all of the component's memories, in MiB.
        memory_mib: 64, cap 512;
        /// Elements over all tables.
        table_elements: 20_000, cap 100_000;
        /// Core instances, memories and tables that one call may make, each.
        instances: 50, cap 200;
        /// Live resource handles.
        resources: 1_000, cap 10_000;
        /// Request body, in KiB.
        request_kib: 1_024, cap 65_536;
        /// Response body, in KiB.
        response_kib: 65_536, cap 1_048_576;
        /// Response header fields, names and values together, in bytes.
        header_bytes: 16_384, cap 65_536;
        /// Log output, in bytes a second; what is over it is dropped and counted.
        log_bytes_per_second: 65_536, cap 1_048_576;
        /// Questions to the app's key-value store.
        kv_calls: 1_000, cap 10_000;
    }
}

limits! {
    /// Limits of compiling one component.
    CompileLimits {
        /// Size of the component, in KiB.
        component_kib: 32_768, cap 65_536;
        /// CPU time, in seconds.
        compile_cpu_s: 10, cap 120;
        /// Address space of the compiler, in MiB.
        compile_memory_mib: 1_024, cap 4_096;
        /// Functions in all core modules together.
        functions: 50_000, cap 200_000;
        /// Bytes of the largest function body.
        function_body_bytes: 1_048_576, cap 4_194_304;
        /// Types, imports, exports and globals together.
        items: 100_000, cap 400_000;
    }
}

/// Both kinds of limit, as a manifest's `[limits]` table or an operator's caps hold them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    pub run: RunLimits,
    pub compile: CompileLimits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_stay_within_the_caps() {
        assert_eq!(RunLimits::default().beyond(&RunLimits::CAP), []);
        assert_eq!(CompileLimits::default().beyond(&CompileLimits::CAP), []);
    }

    #[test]
    fn zero_and_too_much_are_named() {
        let mut limits = RunLimits::default();
        assert!(limits.set("cpu_ms", 0) && limits.set("memory_mib", 4_096));
        assert!(!limits.set("cpu", 1));
        let names: Vec<_> = limits.beyond(&RunLimits::CAP).iter().map(|l| l.0).collect();
        assert_eq!(names, ["cpu_ms", "memory_mib"]);
    }
}
