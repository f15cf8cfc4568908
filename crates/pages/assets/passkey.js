// Passkeys. Asks the platform for options and the browser for a passkey, and sends the form with what it made. Decides nothing.
//
// A form says what it wants: data-passkey="get" or "create", data-options the path of the options, data-autofill when the
// browser may offer passkeys in the address field of the page. The result goes into the form's field `credential`.

const forms = [...document.querySelectorAll("form[data-passkey]")];
const usable = Boolean(window.PublicKeyCredential && navigator.credentials);

// The quiet offer in the address field: it has to be over before a loud one can begin, because browsers take one question at a
// time, and the form holds one ceremony.
const quiet = new AbortController();
let quietly = Promise.resolve();

for (const form of forms) {
  const button = form.querySelector("[data-passkey-button]");
  if (!button) continue;
  if (usable) form.addEventListener("submit", (event) => pressed(event, form, button));
  else withdraw(form, button);
}
const autofill = forms.find((form) => "autofill" in form.dataset);
if (usable && autofill) quietly = offerQuietly(autofill);

async function pressed(event, form, button) {
  // A form that makes an account has a second button, for a password.
  if (event.submitter && event.submitter !== button) return;
  event.preventDefault();
  busy(button, true);
  say(form, "waiting");
  quiet.abort();
  await quietly;
  try {
    await ask(form, {});
  } catch (error) {
    say(form, reason(error));
    busy(button, false);
  }
}

async function offerQuietly(form) {
  try {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    await ask(form, { mediation: "conditional", signal: quiet.signal });
  } catch {
    // It was not asked for, so its end is not news. The button is still there.
  }
}

// Options, passkey, form. Throws what the browser throws.
async function ask(form, how) {
  const publicKey = await options(form, how);
  if (!publicKey) {
    // Not empty: it is no form for a password.
    form.elements.credential.value = "refused";
    return form.submit();
  }
  const make = form.dataset.passkey === "create";
  const credential = make
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey, ...how });
  if (!credential) throw new Error("no credential");
  form.elements.credential.value = JSON.stringify(plain(credential));
  form.submit();
}

// The platform's options with bytes for text. `null` when it refuses them: then the form is sent as it is, and the page that
// comes back says why. Passwords stay out of it.
async function options(form, { mediation, signal }) {
  signal?.throwIfAborted();
  const fields = Object.fromEntries(new FormData(form));
  for (const name of ["password", "new_password", "credential", "ceremony"]) delete fields[name];
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(fields),
    redirect: "error",
    signal,
  });
  if (!answer.ok) {
    if (mediation || answer.status >= 500) throw new Error(`options: ${answer.status}`);
    return null;
  }
  const { publicKey, ceremony } = await answer.json();
  signal?.throwIfAborted();
  form.elements.ceremony.value = ceremony;
  const known = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    ...(publicKey.user && { user: { ...publicKey.user, id: bytes(publicKey.user.id) } }),
    ...(publicKey.excludeCredentials && { excludeCredentials: known(publicKey.excludeCredentials) }),
    ...(publicKey.allowCredentials && { allowCredentials: known(publicKey.allowCredentials) }),
  };
}

// The browser's answer with text for bytes: the shape that WebAuthn calls RegistrationResponseJSON or AuthenticationResponseJSON.
// By hand, because not every browser that has passkeys has `toJSON`.
function plain(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    said.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: said,
  };
}

function bytes(base64url) {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function text(buffer) {
  const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function reason(error) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "cancelled";
  if (error.name === "InvalidStateError") return "twice";
  return "failed";
}

function busy(button, is) {
  button.disabled = is;
  button.toggleAttribute("data-busy", is);
}

// The words stand in the page, in its language.
function say(form, what) {
  const status = form.querySelector("[data-status]");
  if (!status) return;
  status.textContent = status.dataset[what] ?? "";
  status.classList.toggle("bad", what !== "waiting");
}

// This browser has no passkeys: the other way stands open.
function withdraw(form, button) {
  button.hidden = true;
  say(form, "unsupported");
  form.querySelector("details")?.setAttribute("open", "");
}

// Coming back with the browser's "back" must not find a button that waits for ever.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of forms) {
    const button = form.querySelector("[data-passkey-button]");
    if (button) busy(button, false);
    const status = form.querySelector("[data-status]");
    if (status && usable) status.textContent = "";
  }
});
