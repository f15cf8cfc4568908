//! Functions written in JavaScript: from source to answer, through the real processes.

mod harness;

use harness::{Worker, get};

#[tokio::test]
async fn hello_answers() {
    let worker = Worker::start().await;
    let component = worker.bring_js("export default { fetch() { return new Response('Hello, world.\\n'); } };").await;
    for _ in 0..3 {
        let answer = worker.call(&get(component, "/")).await;
        assert_eq!(answer.failure, None, "{answer:?}");
        assert_eq!((answer.status(), answer.text().as_str()), (200, "Hello, world.\n"));
        assert_eq!(answer.field("content-type").as_deref(), Some("text/plain;charset=UTF-8"));
    }
}
