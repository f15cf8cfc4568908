//! `Intl` in the English of the United States. What is expected is what ICU says (node 20, but for the space before AM and PM).
mod harness;

use harness::{Worker, get};

/// Expressions, and what they give as text; the error's name when they throw.
const CASES: &str = include_str!("js/intl.json");

#[tokio::test]
async fn texts_are_those_of_icu() {
    let cases: Vec<(String, String)> = serde_json::from_str(CASES).unwrap();
    let told: String = cases.iter().map(|(expression, _)| format!("tell(() => {expression});\n")).collect();
    let worker = Worker::start().await;
    // In the handler, and at the top level: they depend on nothing that a request has.
    let source = format!(
        "const DATE = new Date('2026-07-01T12:05:09.678Z');
        const all = () => {{
            const list = [];
            const tell = (act) => {{ try {{ list.push(String(act())); }} catch (error) {{ list.push(error.name); }} }};
            {told}
            return list;
        }};
        const before = all();
        export default {{ fetch() {{ return Response.json([before, all()]); }} }};"
    );
    let mut request = get(worker.bring_js(&source).await, "/");
    request.limits.cpu_ms = 5_000;
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    let found: [Vec<String>; 2] = serde_json::from_str(&answer.text()).unwrap();
    let mut wrong = Vec::new();
    for found in &found {
        assert_eq!(found.len(), cases.len());
        for ((expression, expected), found) in cases.iter().zip(found) {
            if expected != found {
                wrong.push(format!("{expression}: `{found}`, not `{expected}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn another_language_is_answered_in_this_one_and_says_so() {
    let worker = Worker::start().await;
    let answer = worker
        .js("return Response.json([Intl.DateTimeFormat.supportedLocalesOf(['de-DE', 'en-US']), new Intl.NumberFormat('de-DE').resolvedOptions().locale, new Intl.DateTimeFormat().resolvedOptions().timeZone, 'Segmenter' in Intl]);")
        .await;
    assert_eq!(answer.text(), r#"[["en-US"],"en-US","UTC",false]"#);
    // Whoever does not name it finds it, too.
    let answer =
        worker.js("return new Response(typeof globalThis['In' + 'tl'].NumberFormat + (1234).toFixed());").await;
    assert_eq!(answer.text(), "function1234");
    // The clock of a formatter is the request's, and there is none before.
    let answer =
        worker.js("return new Response(new Intl.DateTimeFormat('en-US', { year: 'numeric' }).format());").await;
    assert!(answer.text().parse::<u32>().unwrap() >= 2026, "{answer:?}");
}
