use super::*;

fn watch(config: &Config) -> (Watch, Arc<Flow>, Instant) {
    let flow = Arc::new(Flow::new(false));
    let now = Instant::now();
    (Watch::new(flow.clone(), config, now), flow, now)
}

fn after(start: Instant, ms: u64) -> Instant {
    start + Duration::from_millis(ms)
}

#[test]
fn a_client_that_says_nothing_is_ended() {
    let (mut watch, _, t) = watch(&Config::default());
    assert_eq!(watch.look(after(t, 5_000)), Ruling::Keep);
    assert_eq!(watch.look(after(t, 5_001)), Ruling::End(Slow::FirstByte));
}

#[test]
fn a_head_has_its_time_from_the_first_byte_however_it_drips() {
    let (mut watch, flow, t) = watch(&Config::default());
    flow.head_open.store(true, Relaxed);
    for second in 0..=10 {
        flow.read.fetch_add(20, Relaxed);
        assert_eq!(watch.look(after(t, second * 1_000)), Ruling::Keep, "second {second}");
    }
    assert_eq!(watch.look(after(t, 10_500)), Ruling::End(Slow::Head));
}

#[test]
fn idle_time_counts_from_the_last_request() {
    let (mut watch, flow, t) = watch(&Config::default());
    flow.read.fetch_add(20, Relaxed);
    let turn = crate::flow::Turn::begin(&flow);
    assert_eq!(watch.look(after(t, 100_000)), Ruling::Keep);
    drop(turn);
    assert_eq!(watch.look(after(t, 130_000)), Ruling::Keep);
    assert_eq!(watch.look(after(t, 130_001)), Ruling::End(Slow::Idle));
}

#[test]
fn a_reader_below_the_rate_is_ended_and_one_above_it_is_not() {
    for (bytes_per_second, ends) in [(0, true), (500, true), (2_000, false)] {
        let (mut watch, flow, t) = watch(&Config::default());
        flow.read.fetch_add(20, Relaxed);
        let _turn = crate::flow::Turn::begin(&flow);
        flow.write_blocked.store(true, Relaxed);
        let mut ruling = Ruling::Keep;
        for second in 0..60 {
            flow.written.fetch_add(bytes_per_second, Relaxed);
            ruling = watch.look(after(t, second * 1_000));
            if ruling != Ruling::Keep {
                break;
            }
        }
        assert_eq!(ruling, if ends { Ruling::End(Slow::Reader) } else { Ruling::Keep }, "{bytes_per_second}");
    }
}

#[test]
fn a_stream_without_window_is_the_clients_fault_and_a_slow_function_is_not() {
    for waits_for_us in [false, true] {
        let (mut watch, flow, t) = watch(&Config::default());
        flow.read.fetch_add(20, Relaxed);
        let _turn = crate::flow::Turn::begin(&flow);
        let outflow = flow.outflow();
        outflow.waits_for_us.store(waits_for_us, Relaxed);
        assert_eq!(watch.look(t), Ruling::Keep);
        let ruling = watch.look(after(t, 11_000));
        assert_eq!(ruling, if waits_for_us { Ruling::Keep } else { Ruling::End(Slow::Reader) });
        outflow.ended.store(true, Relaxed);
        assert_eq!(watch.look(after(t, 12_000)), Ruling::Keep);
    }
}

#[test]
fn floods_of_frames_end_and_bursts_do_not() {
    let (mut watch, flow, t) = watch(&Config::default());
    flow.read.fetch_add(100, Relaxed);
    flow.control_frames.store(1_000, Relaxed);
    assert_eq!(watch.look(after(t, 500)), Ruling::Keep);
    flow.control_frames.store(2_600, Relaxed);
    assert_eq!(watch.look(after(t, 1_000)), Ruling::End(Slow::Frames));
}

#[test]
fn age_and_number_of_requests_retire() {
    let config = Config { requests_per_connection_max: 1, ..Config::default() };
    let (mut watch, flow, t) = watch(&config);
    flow.read.fetch_add(100, Relaxed);
    drop(crate::flow::Turn::begin(&flow));
    assert_eq!(watch.look(t), Ruling::Retire);
    let (mut old, flow, t) = super::tests::watch(&Config::default());
    flow.read.fetch_add(100, Relaxed);
    let _turn = crate::flow::Turn::begin(&flow);
    assert_eq!(old.look(after(t, 3_600_001)), Ruling::Retire);
}
