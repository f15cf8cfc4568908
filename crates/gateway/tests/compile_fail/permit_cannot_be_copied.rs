// A permit is used up by the work it allows: it cannot be kept for a second time.
fn twice(permit: gateway::Permit) -> (gateway::Permit, gateway::Permit) {
    (permit.clone(), permit)
}

fn main() {
    let _ = twice;
}
