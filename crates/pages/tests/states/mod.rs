//! Every page in the states that matter, drawn with given names: the gallery takes honest ones, the tests hostile ones.
use pages::*;

/// What people and apps are called.
pub(crate) struct Names {
    pub(crate) person: String,
    pub(crate) email: String,
    pub(crate) app: String,
    pub(crate) host: String,
    pub(crate) platform: String,
    pub(crate) device: String,
    pub(crate) function: String,
    /// Path, message, owner: whatever else somebody wrote.
    pub(crate) text: String,
    /// Values that go through the page: tokens, secrets, ids.
    pub(crate) opaque: String,
}

impl Names {
    /// As they mostly are.
    pub(crate) fn honest() -> Self {
        Self {
            person: "Ann Lee".into(),
            email: "ann@example.com".into(),
            app: "coffee".into(),
            host: "coffee.apps.example.com".into(),
            platform: "Example Works".into(),
            device: "Firefox on Linux".into(),
            function: "orders".into(),
            text: "GET /orders/42".into(),
            opaque: "hJ3kQ9zT0wYx".into(),
        }
    }

    /// As long as they get, in scripts that run the other way.
    pub(crate) fn long() -> Self {
        Self {
            person: "Wolfeschlegelsteinhausenbergerdorff-Müller de la Torre y Santa Cruz".into(),
            email: "maximiliana.featherstonehaugh-cholmondeley@subsidiary.department.long-company-name.example.co.uk"
                .into(),
            app: "quarterly-supplier-invoice-reconciliation".into(),
            host: "quarterly-supplier-invoice-reconciliation.apps.platform.example.co.uk".into(),
            platform: "מערכת ההזדהות של החברה הגדולה והחשובה בעולם".into(),
            device: "A browser that calls itself something quite long on an operating system that does so, too".into(),
            function: "reconcile-everything-of-the-quarter".into(),
            text: "POST /a/rather/long/path/without/a/single/space/that/goes/on/and/on?with=a-query&and=another-value"
                .into(),
            opaque: "0123456789abcdef".repeat(8),
        }
    }
}

/// A page with its name and state: `sign-in`, `sign-in.failed`.
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) page: Page,
}

/// All of them.
pub(crate) fn all(n: &Names) -> Vec<State> {
    let (mut states, frame) = (Vec::new(), frame(n));
    let plain = Frame { destination: None, ..frame.clone() };
    sign_in(n, &frame, &mut states);
    joining(n, &frame, &plain, &mut states);
    factors(n, &frame, &plain, &mut states);
    refusals(n, &frame, &plain, &mut states);
    told(n, &plain, &mut states);
    command_line(n, &plain, &mut states);
    account(n, &plain, &mut states);
    states
}

fn frame(n: &Names) -> Frame {
    Frame {
        lang: Lang::En,
        platform: n.platform.as_str().into(),
        host: "id.example.com".into(),
        destination: Some(Destination { app: n.app.as_str().into(), host: n.host.as_str().into() }),
        without: pages::Without::default(),
        development: None,
    }
}

fn hidden(n: &Names) -> Hidden {
    Hidden { token: n.opaque.clone(), tx: n.opaque.clone(), to: String::new() }
}

fn both() -> Choice {
    Choice { passkeys: true, passwords: Some(PasswordRules::default()) }
}

fn push(states: &mut Vec<State>, name: &'static str, page: Page) {
    states.push(State { name, page });
}

fn sign_in(n: &Names, frame: &Frame, states: &mut Vec<State>) {
    let email = || Shown::from(n.email.as_str());
    let first = SignIn { hidden: hidden(n), passwords: true, sign_up: true, ..SignIn::default() };
    push(states, "sign-in", first.render(frame));
    push(states, "sign-in.development", first.render(&Frame { development: Some("alice".into()), ..frame.clone() }));
    push(states, "sign-in.platform", first.render(&Frame { destination: None, ..frame.clone() }));
    let failed = SignIn { email: email(), faults: Fault::SignInFailed.into(), ..first.clone() };
    push(states, "sign-in.failed", failed.render(frame));
    let malformed = SignIn { email: n.text.as_str().into(), faults: Fault::EmailMalformed.into(), ..first.clone() };
    push(states, "sign-in.malformed", malformed.render(frame));
    let passkeys_only = SignIn { passwords: false, sign_up: false, faults: Fault::PasskeyUnknown.into(), ..first };
    push(states, "sign-in.passkeys-only", passkeys_only.render(frame));

    let password = PasswordStep { hidden: hidden(n), email: email(), keep: true, puzzle: None, faults: Faults::none() };
    push(states, "password", password.render(frame));
    let puzzle = Puzzle { challenge: n.opaque.clone(), bits: 18, solution: String::new() };
    push(states, "password.puzzle", PasswordStep { puzzle: Some(puzzle), ..password.clone() }.render(frame));
    let failed = PasswordStep { faults: Fault::SignInFailed.into(), ..password };
    push(states, "password.failed", failed.render(frame));

    let forgot = ForgotPassword { hidden: hidden(n), email: email(), mail: true, faults: Faults::none() };
    push(states, "forgot-password", forgot.render(frame));
    push(states, "forgot-password.no-mail", ForgotPassword { mail: false, ..forgot }.render(frame));
    let sent = CheckMail { hidden: hidden(n), purpose: MailPurpose::Reset, email: email(), minutes: 10 };
    push(states, "check-mail.reset", sent.render(frame));
    let new = NewPassword { hidden: hidden(n), secret: n.opaque.clone(), email: email(), ..NewPassword::default() };
    push(states, "new-password", new.render(frame));
    let guessable = Faults(vec![Fault::PasswordGuessable(n.person.as_str().into())]);
    push(states, "new-password.guessable", NewPassword { faults: guessable, ..new }.render(frame));
}

fn joining(n: &Names, frame: &Frame, plain: &Frame, states: &mut Vec<State>) {
    let (name, email) = (|| Shown::from(n.person.as_str()), || Shown::from(n.email.as_str()));
    let claim = Claim { hidden: hidden(n), choice: Some(both()), ..Claim::default() };
    push(states, "claim", claim.render(plain));
    let wrong = Claim {
        secret: n.opaque.clone(),
        name: name(),
        email: email(),
        faults: Faults(vec![Fault::ClaimWrong, Fault::EmailMalformed, Fault::PasswordTooShort(15), Fault::Unavailable]),
        ..claim
    };
    push(states, "claim.wrong", wrong.render(plain));
    let again = Claim { hidden: hidden(n), again: true, choice: Some(both()), ..Claim::default() };
    push(states, "claim.again", again.render(plain));

    let open = SignUp { hidden: hidden(n), mode: SignUpMode::Open, ..SignUp::default() };
    push(states, "sign-up", open.render(frame));
    let domains = vec!["example.com".into(), n.host.as_str().into()];
    let domain = SignUp {
        mode: SignUpMode::Domain(domains),
        email: email(),
        faults: Fault::EmailNotAccepted.into(),
        ..open.clone()
    };
    push(states, "sign-up.domain", domain.render(frame));
    push(states, "sign-up.invite", SignUp { mode: SignUpMode::Invite, ..open.clone() }.render(frame));
    push(states, "sign-up.off", SignUp { mode: SignUpMode::Off, ..open }.render(plain));
    let sent = CheckMail { hidden: hidden(n), purpose: MailPurpose::Verify, email: email(), minutes: 30 };
    push(states, "check-mail.verify", sent.render(frame));
    let verify = VerifyEmail { hidden: hidden(n), secret: n.opaque.clone(), email: email() };
    push(states, "verify-email", verify.render(frame));
    let set_up = SetUp { hidden: hidden(n), email: email(), choice: both(), faults: Faults::none() };
    push(states, "set-up", set_up.render(frame));
    push(states, "set-up.failed", SetUp { faults: Fault::PasskeyFailed.into(), ..set_up.clone() }.render(frame));
    push(states, "set-up.breached", SetUp { faults: Fault::PasswordBreached.into(), ..set_up }.render(frame));

    let invited = Invitation {
        hidden: hidden(n),
        secret: n.opaque.clone(),
        inviter: Some(n.person.as_str().into()),
        app: Some(n.app.as_str().into()),
        email: email(),
        choice: Some(both()),
        ..Invitation::default()
    };
    push(states, "invitation", invited.render(plain));
    let by_operator = Invitation { inviter: Some(Shown::default()), app: None, ..invited.clone() };
    push(states, "invitation.operator", by_operator.render(plain));
    let signed_up = Invitation { inviter: None, app: None, ..invited.clone() };
    push(states, "invitation.sign-up", signed_up.render(plain));
    let known = Invitation { signed_in: Some(email()), choice: None, app: None, ..invited };
    push(states, "invitation.signed-in", known.render(plain));
}

fn factors(n: &Names, frame: &Frame, plain: &Frame, states: &mut Vec<State>) {
    let email = || Shown::from(n.email.as_str());
    let set_up = AuthenticatorSetUp {
        hidden: hidden(n),
        uri: format!("otpauth://totp/Example:{}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example", n.email),
        secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
        skippable: true,
        faults: Faults::none(),
    };
    push(states, "authenticator.set-up", set_up.render(plain));
    let wrong =
        AuthenticatorSetUp { faults: Fault::CodeWrong.into(), skippable: false, uri: n.opaque.clone(), ..set_up };
    push(states, "authenticator.set-up.wrong", wrong.render(plain));
    let challenge =
        AuthenticatorChallenge { hidden: hidden(n), email: email(), recovery: true, faults: Faults::none() };
    push(states, "authenticator.challenge", challenge.render(frame));
    let used = AuthenticatorChallenge { faults: Fault::CodeUsed.into(), ..challenge };
    push(states, "authenticator.challenge.used", used.render(frame));

    let code = |i: u32| format!("{i:02}ABCDEFGHJKMNPQRSTVWXYZ").to_lowercase();
    let codes = RecoveryCodes {
        hidden: hidden(n),
        codes: (0..10).map(code).collect(),
        email: email(),
        replaced: false,
        carried: n.opaque.clone(),
        faults: Faults::none(),
    };
    push(states, "recovery-codes", codes.render(plain));
    let unsaved = RecoveryCodes { replaced: true, faults: Fault::NotSaved.into(), ..codes };
    push(states, "recovery-codes.replaced", unsaved.render(plain));
    let challenge = RecoveryChallenge { hidden: hidden(n), email: email(), ..RecoveryChallenge::default() };
    push(states, "recovery-challenge", challenge.render(frame));
    let alone =
        RecoveryChallenge { after: RecoveryAfter::Nothing, faults: Fault::RecoveryFailed.into(), ..challenge.clone() };
    push(states, "recovery.alone", alone.render(frame));
    let lost = RecoveryChallenge { after: RecoveryAfter::SignIn { password: true }, ..challenge.clone() };
    push(states, "recovery.confirm", lost.render(frame));
    let faults = Fault::RecoveryCodeWrong.into();
    let no_password = RecoveryChallenge { after: RecoveryAfter::SignIn { password: false }, faults, ..lost };
    push(states, "recovery.confirm.wrong", no_password.render(frame));
    let wrong = RecoveryChallenge { faults: Fault::RecoveryCodeWrong.into(), ..challenge };
    push(states, "recovery-challenge.wrong", wrong.render(frame));

    let reason = ConfirmReason::Function { app: n.app.as_str().into(), function: n.function.as_str().into() };
    let confirm = Confirm {
        hidden: Hidden { to: "/account/passkeys".into(), ..hidden(n) },
        email: email(),
        reason,
        passkeys: true,
        password: true,
        recovery: true,
        ..Confirm::default()
    };
    push(states, "confirm", confirm.render(frame));
    let code = Confirm {
        hidden: Hidden { to: n.opaque.clone(), ..hidden(n) },
        reason: ConfirmReason::Account,
        passkeys: false,
        code: true,
        faults: Faults(vec![Fault::PasswordWrong, Fault::CodeMalformed]),
        ..confirm.clone()
    };
    push(states, "confirm.password", code.render(plain));
    let console = Confirm { reason: ConfirmReason::Console, password: false, ..confirm };
    push(states, "confirm.console", console.render(plain));
    let (app, function) = (Shown::from(n.app.as_str()), Shown::from(n.function.as_str()));
    let held_up = HeldUp {
        hidden: hidden(n),
        app: app.clone(),
        function: function.clone(),
        code: "ID-008".into(),
        request: n.opaque.as_str().into(),
    };
    push(states, "held-up", held_up.render(plain));
    let lacking = Lacking { hidden: hidden(n), email: email(), app, function, authenticator: true, passkeys: true };
    push(states, "lacking", lacking.render(frame));
    push(states, "lacking.no-means", Lacking { authenticator: false, passkeys: false, ..lacking }.render(frame));
}

fn refusals(n: &Names, frame: &Frame, plain: &Frame, states: &mut Vec<State>) {
    let denied = Denied {
        hidden: hidden(n),
        name: n.person.as_str().into(),
        email: n.email.as_str().into(),
        app: n.app.as_str().into(),
        asked: n.text.as_str().into(),
        owner: Some("Bob Stone".into()),
        access: AccessRequest::Open,
        code: "POL-001".into(),
        request: "01JD3Q8Z4M".into(),
        ..Denied::default()
    };
    push(states, "denied", denied.render(frame));
    let wordy = Denied { message: n.text.as_str().into(), faults: Fault::MessageTooLong(500).into(), ..denied.clone() };
    push(states, "denied.too-long", wordy.render(frame));
    let sent = Denied { access: AccessRequest::Sent { age: Age(7_200) }, ..denied.clone() };
    push(states, "denied.sent", sent.render(frame));
    let bare =
        Denied { access: AccessRequest::None, owner: None, asked: Shown::default(), name: Shown::default(), ..denied };
    push(states, "denied.bare", bare.render(frame));

    let puzzle = Some(Puzzle { challenge: n.opaque.clone(), bits: 22, solution: String::new() });
    let slow = SlowDown {
        hidden: hidden(n),
        email: n.email.as_str().into(),
        wait_s: 30,
        puzzle,
        carried: n.opaque.clone(),
        faults: Faults::none(),
    };
    push(states, "slow-down", slow.render(frame));
    push(states, "slow-down.wrong", SlowDown { faults: Fault::PuzzleWrong.into(), ..slow.clone() }.render(frame));
    push(states, "slow-down.plain", SlowDown { puzzle: None, carried: String::new(), wait_s: 1, ..slow }.render(frame));

    for (name, kind) in [
        ("problem.not-found", ProblemKind::NotFound),
        ("problem.link-expired", ProblemKind::LinkExpired),
        ("problem.link-invalid", ProblemKind::LinkInvalid),
        ("problem.attempt-expired", ProblemKind::AttemptExpired),
        ("problem.form-invalid", ProblemKind::FormInvalid),
        ("problem.no-cookies", ProblemKind::NoCookies),
        ("problem.account-disabled", ProblemKind::AccountDisabled),
        ("problem.sign-in-first", ProblemKind::SignInFirst),
        ("problem.unavailable", ProblemKind::Unavailable),
    ] {
        push(states, name, Problem { hidden: hidden(n), kind, request: n.opaque.as_str().into() }.render(plain));
    }
}

fn told(n: &Names, plain: &Frame, states: &mut Vec<State>) {
    let refused = Refused {
        hidden: hidden(n),
        status: 404,
        sign_in: true,
        code: "POL-002".into(),
        request: n.opaque.as_str().into(),
        ..Refused::default()
    };
    push(states, "refused.nothing", refused.render(plain));
    let bare = Refused { sign_in: false, ..refused.clone() };
    for (name, kind, status) in [
        ("refused.method", RefusedKind::Method, 405),
        ("refused.undeployed", RefusedKind::Undeployed, 503),
        ("refused.console", RefusedKind::Console, 401),
        ("refused.signed-out", RefusedKind::SignIn, 401),
        ("refused.limit", RefusedKind::Limit, 413),
        ("refused.malformed", RefusedKind::Malformed, 400),
        ("refused.busy", RefusedKind::Unavailable, 503),
    ] {
        push(states, name, Refused { kind, status, ..bare.clone() }.render(plain));
    }
    let (detail, next) = (n.text.as_str().into(), n.text.as_str().into());
    let failed = Refused { kind: RefusedKind::Failed, status: 500, detail, next, ..bare.clone() };
    push(states, "refused.failed", failed.render(plain));
    let forbidden = Refused { kind: RefusedKind::Forbidden, status: 403, ..failed };
    push(states, "refused.forbidden", forbidden.render(plain));
    let nameless = Frame { host: Shown::default(), ..plain.clone() };
    push(states, "refused.host", Refused { kind: RefusedKind::Host, status: 421, ..bare }.render(&nameless));
}

fn command_line(n: &Names, plain: &Frame, states: &mut Vec<State>) {
    let confirm = CliConfirm {
        hidden: hidden(n),
        name: n.person.as_str().into(),
        email: n.email.as_str().into(),
        computer: Some(n.device.as_str().into()),
        code: "KXPT-4927".into(),
        paste: false,
    };
    push(states, "cli.confirm", confirm.render(plain));
    push(states, "cli.confirm.paste", CliConfirm { paste: true, computer: None, ..confirm }.render(plain));
    let paste = CliPaste { hidden: hidden(n), email: n.email.as_str().into(), code: n.opaque.clone(), minutes: 5 };
    push(states, "cli.paste", paste.render(plain));
    push(states, "cli.allowed", CliDone { hidden: hidden(n), allowed: true }.render(plain));
    push(states, "cli.refused", CliDone { hidden: hidden(n), allowed: false }.render(plain));
    let out = SignOut { hidden: hidden(n), name: n.person.as_str().into(), email: n.email.as_str().into() };
    push(states, "sign-out", out.render(plain));
    push(states, "signed-out", SignedOut { hidden: hidden(n) }.render(plain));
}

fn account(n: &Names, plain: &Frame, states: &mut Vec<State>) {
    let email = || Shown::from(n.email.as_str());
    let empty = Account {
        hidden: hidden(n),
        name: n.person.as_str().into(),
        email: email(),
        sessions: vec![Session {
            id: n.opaque.clone(),
            device: n.device.as_str().into(),
            this: true,
            ..Session::default()
        }],
        password: PasswordState::Unset,
        ..Account::default()
    };
    push(states, "account.empty", empty.render(plain));
    let nameless = Account { name: Shown::default(), faults: Fault::NameMissing.into(), ..empty };
    push(states, "account.nameless", nameless.render(plain));
    push(states, "account", full_account(n).render(plain));
    let (typed, faults) = (n.text.as_str().into(), Fault::NameUnfit.into());
    push(states, "account.name", Account { name_typed: typed, faults, notice: None, ..full_account(n) }.render(plain));
    let mut renamed = Account { faults: Fault::LabelUnfit.into(), notice: None, ..full_account(n) };
    if let Some(key) = renamed.passkeys.last_mut() {
        key.label_typed = Some(n.text.as_str().into());
    }
    push(states, "account.label", renamed.render(plain));
    let known = Account { password_known: true, notice: None, ..full_account(n) };
    push(states, "account.password-known", known.render(plain));
    let development = Frame { development: Some(n.person.as_str().into()), ..plain.clone() };
    push(states, "account.development", full_account(n).render(&development));

    let add = AddPasskey { hidden: hidden(n), email: email(), label: n.device.as_str().into(), faults: Faults::none() };
    push(states, "add-passkey", add.render(plain));
    let twice = Faults(vec![Fault::PasskeyTwice, Fault::LabelTooLong(64)]);
    push(states, "add-passkey.twice", AddPasskey { faults: twice, ..add }.render(plain));
    let change = ChangePassword { hidden: hidden(n), email: email(), present: true, ..ChangePassword::default() };
    push(states, "change-password", change.render(plain));
    push(states, "change-password.known", ChangePassword { known: true, ..change.clone() }.render(plain));
    push(states, "change-password.set", ChangePassword { present: false, ..change }.render(plain));
    for (name, removal) in [
        ("remove.passkey", Removal::Passkey { id: n.opaque.clone(), label: n.device.as_str().into() }),
        ("remove.password", Removal::Password),
        ("remove.authenticator", Removal::Authenticator),
        ("remove.recovery-codes", Removal::RecoveryCodes),
    ] {
        let faults = if name == "remove.password" { Fault::LastCredential.into() } else { Faults::none() };
        push(states, name, Remove { hidden: hidden(n), removal, faults }.render(plain));
    }
}

fn full_account(n: &Names) -> Account {
    let passkey = |label: &str, used, synced| Passkey {
        id: n.opaque.clone(),
        label: label.into(),
        label_typed: None,
        added: Age(40 * 86_400),
        used,
        synced,
    };
    let session = |device: &str, used, this, command_line| Session {
        id: n.opaque.clone(),
        device: device.into(),
        seen_from: "203.0.113.0/24".into(),
        used: Age(used),
        begun: Age(used + 300_000),
        this,
        command_line,
    };
    Account {
        hidden: hidden(n),
        name: n.person.as_str().into(),
        name_typed: Shown::default(),
        email: n.email.as_str().into(),
        email_verified: true,
        notice: Some(Notice::PasskeyAdded),
        passkeys: vec![passkey("iCloud Keychain", Some(Age(120)), true), passkey(&n.device, None, false)],
        password: PasswordState::Set { changed: Age(200 * 86_400), removable: true },
        password_known: false,
        authenticator: Authenticator::On { added: Age(90_000), removable: true },
        recovery_left: Some(3),
        sessions: vec![
            session(&n.device, 0, true, false),
            session("Safari on iPhone", 7_300, false, false),
            session("Command line on build-3", 500_000, false, true),
        ],
        faults: Faults::none(),
    }
}
