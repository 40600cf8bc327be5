// Makes or uses a passkey. Where no script runs, the page offers codes instead.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;
  const button = form.querySelector("button");
  const trouble = document.getElementById("passkey-trouble");
  const missing = document.getElementById("passkey-missing");
  const making = form.dataset.passkey === "make";

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const options = () => {
    const given = JSON.parse(form.dataset.options);
    given.challenge = bytes(given.challenge);
    if (given.user) given.user.id = bytes(given.user.id);
    for (const list of [given.excludeCredentials, given.allowCredentials]) {
      for (const each of list || []) each.id = bytes(each.id);
    }
    return { publicKey: given };
  };
  const answer = (made) => {
    const response = { clientDataJSON: text(made.response.clientDataJSON) };
    if (making) {
      response.attestationObject = text(made.response.attestationObject);
    } else {
      response.authenticatorData = text(made.response.authenticatorData);
      response.signature = text(made.response.signature);
      if (made.response.userHandle) response.userHandle = text(made.response.userHandle);
    }
    return JSON.stringify({
      id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {},
    });
  };

  form.hidden = false;
  if (missing) missing.hidden = true;
  let done = false;
  form.addEventListener("submit", async (event) => {
    if (done) return;
    event.preventDefault();
    trouble.hidden = true;
    button.disabled = true;
    try {
      const wanted = options();
      const made = making ? await navigator.credentials.create(wanted) : await navigator.credentials.get(wanted);
      form.elements.namedItem("passkey").value = answer(made);
      done = true;
      form.submit();
    } catch {
      button.disabled = false;
      trouble.hidden = false;
      trouble.focus();
    }
  });
})();
