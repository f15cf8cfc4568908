//! Just enough JSON to write, so that guests stay small.

/// A JSON string with its quotes.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if (control as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A JSON string, or `null`.
pub fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), string)
}

/// A JSON array of strings.
pub fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = texts.into_iter().map(string).collect();
    format!("[{}]", items.join(","))
}

/// One line `["name","value"]` per field, in the order received.
pub fn field_lines(fields: &[(String, Vec<u8>)]) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("[{},{}]\n", string(name), string(&String::from_utf8_lossy(value))))
        .collect()
}

/// One line `{"try":…,"ok":…,"said":…}`: what a guest attempted and what came of it.
pub fn attempt<T: std::fmt::Debug, E: std::fmt::Debug>(what: &str, outcome: Result<T, E>) -> String {
    let (ok, said) = match outcome {
        Ok(value) => (true, format!("{value:?}")),
        Err(error) => (false, format!("{error:?}")),
    };
    format!("{{\"try\":{},\"ok\":{ok},\"said\":{}}}\n", string(what), string(&said))
}
