// Passkeys: the browser is asked, and its answer goes to the server in an ordinary form. Without it, the form stays hidden.
const form = document.querySelector("[data-passkey]");
const b64 = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

function asked() {
  const options = JSON.parse(form.dataset.passkey);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const one of options.excludeCredentials ?? []) one.id = bytes(one.id);
  return options;
}

function send({ id, rawId, response, type, authenticatorAttachment: from }) {
  const said = { clientDataJSON: b64(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (response[name]) said[name] = b64(response[name]);
  if (response.getTransports) said.transports = response.getTransports();
  const answer = { id, rawId: b64(rawId), type, response: said, clientExtensionResults: {} };
  form.elements.answer.value = JSON.stringify(from ? { ...answer, authenticatorAttachment: from } : answer);
  form.submit();
}

let waiting;
async function use() {
  const failed = form.querySelector("[role=alert]");
  failed.hidden = true;
  waiting?.abort();
  const publicKey = asked();
  try {
    send(
      await (publicKey.user ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey })),
    );
  } catch {
    failed.hidden = false;
  }
}

if (form && window.PublicKeyCredential) {
  form.hidden = false;
  form.querySelector("button").addEventListener("click", use);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    use();
  });
  // Where the browser can, passkeys are offered in the address field.
  if (!asked().user)
    PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => {
      if (!can) return;
      waiting = new AbortController();
      navigator.credentials
        .get({ publicKey: asked(), mediation: "conditional", signal: waiting.signal })
        .then(send, () => undefined);
    });
}
