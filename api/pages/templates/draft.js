// Saves the draft of a form while somebody writes. Without this script the same form has a button that saves.
"use strict";
(() => {
  const form = document.querySelector("form[data-draft]");
  const status = document.getElementById("draft-status");
  if (!form || !status) return;
  const PAUSE = 1500; // milliseconds without typing before it saves
  const RETRY = 10000; // milliseconds before it tries again
  const revision = form.elements.namedItem("_revision");
  let timer = 0;
  let pending = null;
  let changed = false;
  let stopped = false;

  const body = () => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) fields.append(name, String(value));
    fields.set("_draft", "auto");
    return fields;
  };
  const say = (words, trouble) => {
    status.textContent = words;
    status.classList.toggle("failed", trouble);
    // Only trouble is read out; a screen reader would otherwise speak every few seconds.
    if (trouble) status.setAttribute("role", "alert");
    else status.removeAttribute("role");
    // It is shown at the lower edge of the window, and never over the field in which somebody writes: one that is too tall to be
    // seen whole above it becomes lower, and scrolls by itself.
    const field = document.activeElement;
    if (!field || !form.contains(field)) return;
    const edge = status.getBoundingClientRect().top;
    if (field.offsetHeight > edge) field.style.height = `${Math.max(edge, 0)}px`;
    const covered = field.getBoundingClientRect().bottom - edge;
    if (covered > 0) scrollBy({ top: covered, behavior: "instant" });
  };
  // The draft exists now, so somebody can be invited to it.
  const invites = (address) => {
    const place = document.getElementById("draft-people");
    if (!place || !address) return;
    const link = document.createElement("a");
    link.href = address;
    link.textContent = place.dataset.invite;
    place.replaceChildren(link);
    place.removeAttribute("id");
  };
  const later = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  };

  // Gives whether the server was reached.
  async function attempt() {
    let reached = true;
    changed = false;
    try {
      const answer = await fetch(form.action, { method: "POST", body: body(), redirect: "error" });
      const type = answer.headers.get("content-type") || "";
      const told = type.startsWith("application/json") ? await answer.json() : null;
      if (answer.ok && told) {
        revision.value = told.revision;
        say(told.said, false);
        invites(told.people);
        for (const [name, words] of Object.entries(told.counts)) {
          const place = document.getElementById(`${form.id}-${name}-count`);
          if (place) {
            place.textContent = words;
            place.classList.toggle("over", told.over.includes(name));
          }
        }
      } else if (told) {
        // Another device saved it, or it cannot be kept: the person decides, with the button.
        stopped = answer.status === 409;
        say(told.said, true);
      } else if (answer.status === 401 || answer.status === 403) {
        changed = stopped = true;
        say(form.dataset.ended, true);
      } else {
        changed = true;
        say(form.dataset.failed, true);
        later(RETRY);
      }
    } catch {
      reached = false;
      changed = true;
      say(form.dataset.offline, true);
      later(RETRY);
    }
    pending = null;
    if (changed && !stopped) later(RETRY);
    return reached;
  }
  const save = () => {
    if (!pending && changed && !stopped) pending = attempt();
    return pending ?? Promise.resolve(true);
  };

  const note = () => {
    changed = true;
    if (!stopped) later(PAUSE);
  };
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  // Without a connection the browser would leave the page for one of its own, and what was typed last would be gone. So what is not
  // saved yet is saved first, and the page stays if the server cannot be reached.
  let leaving = false;
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (leaving || stopped || !(changed || pending)) {
      changed = false;
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    // Twice, because somebody may have typed while the first was on its way.
    if (!(await save()) || !(await save())) return;
    leaving = true;
    form.requestSubmit(button);
    leaving = false;
  });
  // What was typed in the last moment is sent along when the page is left.
  addEventListener("pagehide", () => {
    if (changed && !stopped) navigator.sendBeacon(form.action, body());
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
