use super::*;

const ONE: Migration = Migration { name: "0001_one", sql: "CREATE TABLE a (x INTEGER) STRICT;" };
const TWO: Migration =
    Migration { name: "0002_two", sql: "ALTER TABLE a ADD COLUMN y TEXT; INSERT INTO a VALUES (1, 'z');" };

fn empty() -> Connection {
    Connection::open_in_memory().expect("a database")
}

fn tables(db: &Connection) -> i64 {
    db.query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |r| r.get(0)).expect("a count")
}

#[test]
fn goes_forward_from_any_version_and_only_once() {
    let mut db = empty();
    run(&mut db, &[]).expect("no step");
    run(&mut db, &[ONE]).expect("the first step");
    for _ in 0..3 {
        run(&mut db, &[ONE, TWO]).expect("the second step, once");
    }
    let rows: i64 = db.query_row("SELECT count(*) FROM a WHERE y = 'z'", [], |r| r.get(0)).expect("a count");
    assert_eq!(rows, 1);
}

#[test]
fn refuses_the_future_and_an_edited_past() {
    let mut db = empty();
    run(&mut db, &[ONE, TWO]).expect("both");
    let future = run(&mut db, &[ONE]).expect_err("an older build");
    assert!(matches!(future, MigrateError::FromTheFuture { found: 2, known: 1 }));
    assert!(future.to_string().contains("run the newer build again"), "{future}");
    let edited = Migration { sql: "CREATE TABLE b (x INTEGER) STRICT;", ..ONE };
    let error = run(&mut db, &[edited, TWO]).expect_err("another history");
    assert!(matches!(&error, MigrateError::Edited { name } if name == "0001_one"), "{error}");
}

#[test]
fn a_step_that_fails_leaves_nothing() {
    let dangling = "CREATE TABLE p (id INTEGER PRIMARY KEY) STRICT; CREATE TABLE c (p INTEGER REFERENCES p (id)) STRICT; INSERT INTO c VALUES (5);";
    for bad in ["CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE b (x INTEGER) STRICT;", "nonsense", dangling] {
        let mut db = empty();
        db.execute_batch("PRAGMA foreign_keys = OFF").expect("the dangling row must be found by the check itself");
        run(&mut db, &[ONE]).expect("the first step");
        let before = tables(&db);
        let error = run(&mut db, &[ONE, Migration { name: "0002_bad", sql: bad }]).expect_err(bad);
        match &error {
            MigrateError::Dangling { name: "0002_bad", table } => assert_eq!((bad, &**table), (dangling, "c")),
            MigrateError::Failed { name: "0002_bad", .. } => assert_ne!(bad, dangling),
            other => panic!("{other}"),
        }
        assert_eq!(tables(&db), before, "{bad}");
        run(&mut db, &[ONE, TWO]).expect("a mended build goes on");
    }
}

#[test]
fn refuses_somebody_elses_file() {
    let mut db = empty();
    db.execute_batch("CREATE TABLE recipes (x)").expect("a table");
    assert!(matches!(run(&mut db, &[ONE]), Err(MigrateError::Foreign)));
    let mut db = empty();
    db.execute_batch("PRAGMA application_id = 77").expect("a mark");
    assert!(matches!(run(&mut db, &[ONE]), Err(MigrateError::Foreign)));
}

#[test]
fn the_real_steps_make_strict_tables_with_checked_references() {
    let mut db = empty();
    run(&mut db, MIGRATIONS).expect("all steps");
    let loose: i64 = db
        .query_row(
            "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
            [],
            |r| r.get(0),
        )
        .expect("a count");
    assert_eq!(loose, 0);
    for (number, step) in (1..).zip(MIGRATIONS) {
        assert!(step.name.starts_with(&format!("{number:04}_")), "{} is number {number}", step.name);
        assert!(!step.sql.contains("DEFERRABLE"), "{}: would fail at the shared commit", step.name);
    }
}
