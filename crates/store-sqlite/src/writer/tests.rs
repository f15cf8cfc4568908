use super::*;

const LABEL: Label = Label { doing: "tested", what: "the row" };

fn table() -> Connection {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT").expect("a table");
    db
}

fn rows(db: &Connection) -> Vec<i64> {
    let mut read = db.prepare("SELECT x FROM t ORDER BY x").expect("a statement");
    read.query_map([], |r| r.get(0)).expect("rows").map(|x| x.expect("a number")).collect()
}

type Answers = Vec<oneshot::Receiver<Result<i64, StoreError>>>;

/// A group in which each caller inserts its numbers one after the other.
fn group(callers: &[&[i64]]) -> (Vec<Box<dyn Job>>, Answers) {
    let mut jobs: Vec<Box<dyn Job>> = Vec::new();
    let mut answers = Vec::new();
    for numbers in callers {
        let numbers = numbers.to_vec();
        let (job, answer) = Write::new(LABEL, move |db: &Connection| {
            for x in &numbers {
                db.prepare_cached("INSERT INTO t VALUES (?1)")?.execute([x])?;
            }
            Ok(numbers[0])
        });
        jobs.push(Box::new(job));
        answers.push(answer);
    }
    (jobs, answers)
}

fn finish(jobs: Vec<Box<dyn Job>>, lost: Option<&str>, answers: Answers) -> Vec<Result<i64, StoreError>> {
    jobs.into_iter().for_each(|job| job.finish(lost));
    answers.into_iter().map(|mut a| a.try_recv().expect("every caller is answered")).collect()
}

#[test]
fn one_failure_undoes_only_itself() {
    let db = table();
    // The second caller fails after a first insert that must go too; the fourth collides with the first.
    let (mut jobs, answers) = group(&[&[1], &[2, 2], &[3, 4], &[5, 1], &[6]]);
    commit(&db, &mut jobs).expect("the group is committed");
    let answers = finish(jobs, None, answers);
    let ok: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [true, false, true, false, true]);
    assert!(matches!(&answers[1], Err(StoreError::Conflict { what }) if what == "the row"), "{:?}", answers[1]);
    assert_eq!(rows(&db), [1, 3, 4, 6]);
}

#[test]
fn a_group_that_cannot_be_committed_tells_everybody() {
    let db = table();
    // A caller whose work ends the transaction stands for SQLite rolling back by itself on a full disk.
    let (mut jobs, mut answers) = group(&[&[1], &[2]]);
    let (thief, answer) = Write::new(LABEL, |db: &Connection| Ok(db.execute_batch("ROLLBACK").map(|()| 0)?));
    jobs.insert(1, Box::new(thief));
    answers.insert(1, answer);
    let lost = commit(&db, &mut jobs).expect_err("nothing to commit").to_string();
    for answer in finish(jobs, Some(&lost), answers) {
        assert!(matches!(answer, Err(StoreError::Failed { doing: "tested", .. })), "{answer:?}");
    }
    assert!(rows(&db).is_empty(), "and nothing is there");
    assert!(db.is_autocommit(), "and the next group can begin");
    let (mut jobs, answers) = group(&[&[7]]);
    commit(&db, &mut jobs).expect("the next group");
    assert_eq!(finish(jobs, None, answers)[0].as_ref().ok(), Some(&7));
}

#[test]
fn a_caller_that_went_away_does_not_hold_the_others_up() {
    let db = table();
    let (mut jobs, mut answers) = group(&[&[1], &[2]]);
    drop(answers.remove(0));
    commit(&db, &mut jobs).expect("committed");
    jobs.remove(0).finish(None);
    assert!(finish(jobs, None, answers)[0].is_ok());
    assert_eq!(rows(&db), [1, 2], "the write of the one that left stands");
}

#[test]
fn a_busy_lane_shares_commits_and_an_idle_one_does_not_wait() {
    use crate::lane::Lane;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let db = Connection::open(file.path()).expect("a database");
    db.execute_batch("CREATE TABLE t (x INTEGER PRIMARY KEY) STRICT").expect("a table");
    // Without a write-ahead log, bytes 24 to 27 of the file count its commits.
    let commits = || {
        let bytes = std::fs::read(file.path()).expect("the file");
        u32::from_be_bytes(bytes[24..28].try_into().expect("four bytes"))
    };
    let before = commits();
    // The first piece of work blocks until all others are queued; then the rest must go in few groups.
    let lane = Lane::start("test", vec![move |intake: Intake<Box<dyn Job>>| run(&db, &intake)]).expect("a thread");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (gate, opened) = std::sync::mpsc::channel::<()>();
    let (first, first_answer) = Write::new(LABEL, move |_: &Connection| {
        opened.recv().ok();
        Ok(0)
    });
    runtime.block_on(lane.send(Box::new(first))).expect("queued");
    let callers: Vec<Vec<i64>> = (1..=100).map(|x| vec![x]).collect();
    let (jobs, answers) = group(&callers.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for job in jobs {
        runtime.block_on(lane.send(job)).expect("queued");
    }
    gate.send(()).expect("the first waits");
    runtime.block_on(first_answer).expect("answered").expect("done");
    for answer in answers {
        runtime.block_on(answer).expect("answered").expect("done");
    }
    lane.close();
    let commits = commits() - before;
    assert!((1..=2).contains(&commits), "{commits} commits for 101 callers");
}
