// A room that wants to run a function has to be given a permit: it cannot make one.
use std::sync::Arc;

fn main() {
    let _ = gateway::Permit {
        request: types::RequestId::from_bytes([0; 16]),
        head: http::Request::new(()).into_parts().0,
        body: unreachable!(),
        caller: Arc::new(types::Caller::Stranger),
        intent: gateway::Intent::UnroutedControl,
        policies: Arc::from([]),
        cookies: unreachable!(),
        neighbourhood: unreachable!(),
        proof: None,
    };
}
