// A workroom takes a permit; an arrival, however it looks, is not one.
async fn run(room: &dyn gateway::Work, cx: &gateway::Ctx, arrival: gateway::Arrival) {
    let _ = room.work(cx, arrival).await;
}

fn main() {
    let _ = run;
}
