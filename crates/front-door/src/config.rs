//! What an operator may set about the front door. An absent key is the safe value; nothing can be switched off.
use serde::{Deserialize, Serialize};

/// A key whose value cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`front-door.{key}` may not be {value}; {next}")]
pub struct ConfigError {
    key: &'static str,
    value: u64,
    next: &'static str,
}

macro_rules! config {
    ($($(#[$doc:meta])* $key:ident: $default:expr;)+) => {
        /// Limits of the front door; every name ends in its unit. The reasons for the numbers are in the README.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config { $($(#[$doc])* pub $key: u64),+ }

        impl Default for Config {
            fn default() -> Self { Self { $($key: $default),+ } }
        }

        impl Config {
            /// Name and value of every limit, for `serviceful posture`.
            pub fn entries(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($key), self.$key)),+]
            }
        }
    };
}

config! {
    /// Connections that the node holds at once. The composition root lowers it to half of the descriptor limit.
    connections_max: 4_096;
    /// Connections of one IPv4 address or IPv6 /64 on which nobody has proved who they are.
    connections_per_prefix_max: 64;
    /// Connections on the host socket at once.
    host_connections_max: 64;
    /// TLS handshakes in progress at once.
    handshakes_max: 1_024;
    /// Requests between arrival and the last byte of the response, on the whole node.
    requests_in_flight_max: 2_048;
    /// From accept to the first byte.
    first_byte_ms: 5_000;
    /// From accept to the end of the TLS handshake.
    handshake_ms: 5_000;
    /// From the first to the last byte of a request's head.
    headers_ms: 10_000;
    /// How long a body may be slow before its rate counts.
    body_grace_ms: 10_000;
    /// Time spent waiting for one body, in sum.
    body_total_ms: 60_000;
    /// Slowest body after the grace.
    body_bytes_per_second_min: 1_024;
    /// How long a client may be slow to read before its rate counts.
    write_grace_ms: 10_000;
    /// Slowest reader after the grace.
    write_bytes_per_second_min: 1_024;
    /// A connection without a request.
    idle_ms: 30_000;
    /// Requests of one connection; then it is asked to reconnect.
    requests_per_connection_max: 1_000;
    /// Age of a connection; then it is asked to reconnect.
    connection_age_ms: 3_600_000;
    /// Time that running requests get when the process is asked to stop.
    drain_ms: 30_000;
    /// How often the deadlines of a connection are looked at; all times above are kept to within this.
    watch_ms: 500;
    /// Header fields of a request.
    header_fields_max: 64;
    /// All header fields: name, value and 32 more for each.
    header_bytes_max: 16_384;
    /// Path and query.
    uri_bytes_max: 8_192;
    /// The largest request body of any route; a route's own limit is lower and kept by its workroom.
    body_bytes_max: 67_108_864;
    /// Concurrent streams of an HTTP/2 connection.
    h2_streams_max: 100;
    /// Flow-control window of an HTTP/2 stream.
    h2_stream_window_bytes: 65_536;
    /// Flow-control window of an HTTP/2 connection.
    h2_connection_window_bytes: 1_048_576;
    /// Response bytes that an HTTP/2 stream may hold unsent.
    h2_send_buffer_bytes: 65_536;
    /// HTTP/2 frames other than DATA and HEADERS.
    h2_control_frames_per_second_max: 5_000;
    /// Between HTTP/2 keep-alive pings.
    h2_ping_interval_ms: 5_000;
    /// For the answer to one.
    h2_ping_timeout_ms: 5_000;
}

impl Config {
    /// Refuses values that would switch a limit off or the door shut.
    pub fn check(&self) -> Result<(), ConfigError> {
        const DAY_MS: u64 = 86_400_000;
        const LARGEST: u64 = 1 << 30;
        for (key, value) in self.entries() {
            if value == 0 {
                return Err(ConfigError { key, value, next: "a limit of nothing would refuse everything; raise it" });
            }
            let top = if key.ends_with("_ms") { DAY_MS } else { LARGEST };
            if value > top {
                return Err(ConfigError { key, value, next: "no limit may be that large; lower it" });
            }
        }
        if self.watch_ms > 5_000 {
            let next = "deadlines looked at that rarely are none; use 5000 or less";
            return Err(ConfigError { key: "watch_ms", value: self.watch_ms, next });
        }
        if self.header_fields_max > 96 {
            let next = "the parser beneath takes 100; use 96 or less";
            return Err(ConfigError { key: "header_fields_max", value: self.header_fields_max, next });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_stand_and_nothing_can_be_switched_off() {
        assert_eq!(Config::default().check(), Ok(()));
        let keys = Config::default().entries().len();
        let json = serde_json::to_value(Config::default()).unwrap();
        let mut refused = 0;
        for (key, _) in Config::default().entries() {
            for bad in [0_u64, u64::MAX] {
                let mut changed = json.clone();
                changed[key] = bad.into();
                let config: Config = serde_json::from_value(changed).unwrap();
                let said = config.check().unwrap_err().to_string();
                assert!(said.contains(key), "{said}");
                refused += 1;
            }
        }
        assert_eq!(refused, 2 * keys);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"idle_s": 3}"#).is_err());
    }
}
