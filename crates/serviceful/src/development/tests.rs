use super::*;

fn project(text: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = text {
        std::fs::write(folder.path().join(FILE), text).unwrap();
    }
    folder
}

fn refused(text: &str, who: &str) -> String {
    let folder = project(Some(text));
    format!("{:#}", Development::of_project(folder.path(), who, None).expect_err(text))
}

#[test]
fn there_is_somebody_without_a_file() {
    let folder = project(None);
    let made = Development::of_project(folder.path(), "alice", None).unwrap();
    let seen: Vec<_> = made.people().iter().map(|p| (p.key.as_str(), p.role, p.assurance)).collect();
    assert_eq!(
        seen,
        [
            ("alice", Role::Admin, Assurance::PhishingResistant),
            ("bob", Role::Member, Assurance::SingleFactor),
            ("carol", Role::None, Assurance::MultiFactor),
        ]
    );
    assert_eq!(&*made.acting().unwrap().mark(), "alice, phishing-resistant");
    let weaker = Development::of_project(folder.path(), "alice", Some(Assurance::SingleFactor)).unwrap();
    assert_eq!(&*weaker.acting().unwrap().mark(), "alice, single-factor");
    assert_eq!(weaker.acting().unwrap().id, made.acting().unwrap().id, "the same person after a restart");
    for nobody in NOBODY {
        assert!(Development::of_project(folder.path(), nobody, None).unwrap().acting().is_none());
        assert!(Development::of_project(folder.path(), nobody, Some(Assurance::None)).is_err());
    }
    let why = Development::of_project(folder.path(), "mallory", None).unwrap_err().to_string();
    assert!(why.contains("`mallory`") && why.contains("`alice`, `bob`, `carol`, and `stranger`"), "{why}");
}

#[test]
fn a_file_says_who_there_is_and_its_mistakes_are_named() {
    let folder = project(Some("[erin]\nname = \"Erin Example\"\nrole = \"member\"\nassurance = \"mfa\"\n[zoe]\n"));
    let made = Development::of_project(folder.path(), "zoe", None).unwrap();
    let erin = &made.people()[0];
    assert_eq!((erin.name.as_str(), erin.role, erin.assurance), ("Erin Example", Role::Member, Assurance::MultiFactor));
    assert_eq!((made.people().len(), made.acting().unwrap().name.as_str()), (2, "Zoe"));
    for (text, says) in [
        ("", "1 to 50"),
        ("[a]\nrol = \"member\"", "rol"),
        ("[a]\nrole = \"owner\"", "owner"),
        ("[a]\nassurance = \"very\"", "no assurance"),
        ("[\"A b\"]", "no name for `--as`"),
        ("[stranger]", "no name for `--as`"),
        ("[a]\nname = \"\"", "1 to 60"),
        ("[a]\nname = \"x\\n\"", "one line"),
        ("[a", "is not understood"),
    ] {
        let why = refused(text, "a");
        assert!(why.contains(says) && why.contains(FILE), "{text}: {why}");
    }
}

#[test]
fn nothing_but_a_developers_own_machine_has_them() {
    let folder = project(None);
    let made = Development::of_project(folder.path(), "alice", None).unwrap();
    let address = |text: &str| text.parse().unwrap();
    let good = Config::for_project(folder.path(), address("127.0.0.1:8080")).unwrap();
    made.check(&good).unwrap();
    let wrong: [fn(&mut Config); 5] = [
        |config| config.dev = false,
        |config| config.listen.addresses.push("0.0.0.0:80".parse().unwrap()),
        |config| config.listen.addresses = vec!["192.168.1.2:8080".parse().unwrap()],
        |config| config.names.apps_domain = Some("apps.example.org".to_owned()),
        |config| config.tls = Some(crate::config::Tls { certificates: vec![] }),
    ];
    for (at, change) in wrong.into_iter().enumerate() {
        let mut config = good.clone();
        change(&mut config);
        assert!(made.check(&config).is_err(), "{at}");
        config.development = Some(made.clone());
        // The process that would act on it looks again, whoever hands it the configuration.
        assert!(config.development().is_err(), "{at}");
    }
    let mut config = good;
    assert!(config.development().unwrap().is_none());
    config.development = Some(made);
    assert!(config.development().unwrap().is_some());
}

#[test]
fn no_file_of_an_operator_has_them() {
    let folder = project(None);
    let made = Development::of_project(folder.path(), "alice", None).unwrap();
    let mut config = Config::for_project(folder.path(), "127.0.0.1:8080".parse().unwrap()).unwrap();
    config.development = Some(made);
    let whole = toml::to_string(&config).unwrap();
    let without_dev = whole.replace("dev = true", "dev = false");
    assert_ne!(whole, without_dev);
    let section = "[development]\nacting = \"alice\"\n[[development.people]]\nkey = \"alice\"\n";
    for text in [whole.as_str(), &without_dev, section, "[development]\npeople = []\n", "development = {}\n"] {
        let file = folder.path().join("operator.toml");
        std::fs::write(&file, text).unwrap();
        let error = format!("{:#}", Config::read(&file).expect_err(text));
        assert!(error.contains("development") || error.contains("`dev`"), "{text}: {error}");
    }
}
