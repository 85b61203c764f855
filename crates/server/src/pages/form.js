"use strict";

// The test form of an operation's page. It posts the message as it stands in the text area and shows
// the answer as it came. The contract's names reach it in data attributes; see form.rs.
(() => {
  const KEPT = "understudy.session";
  const byId = (id) => document.getElementById(id);
  const [form, session, message, status, answer, answerText] =
    ["test", "session", "message", "status", "answer", "answer-text"].map(byId);
  const button = form.querySelector("button");
  const versions = Array.from(form.elements.version);

  const chosen = () => versions.find((version) => version.checked);
  const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

  // Puts the session into the message's header, wherever the person has left that element.
  function writeSession() {
    const name = session.dataset.element;
    const element = new RegExp(`(<${name}>)[^<]*(</${name}>)`);
    message.value = message.value.replace(element, (_, open, close) => open + escaped(session.value) + close);
  }

  // The version is the envelope's namespace; the prefix may stay.
  function writeVersion() {
    const wanted = chosen().dataset.envelope;
    for (const { dataset } of versions) {
      message.value = message.value.replace(`"${dataset.envelope}"`, `"${wanted}"`);
    }
  }

  function keep(value) {
    sessionStorage.setItem(KEPT, value);
  }

  function headers() {
    const action = form.dataset.action;
    const type = chosen().value;
    return type.startsWith("text/xml")
      ? { "Content-Type": type, SOAPAction: `"${action}"` }
      : { "Content-Type": `${type}; action="${action}"` };
  }

  async function send() {
    button.disabled = true;
    status.className = "";
    status.textContent = "Sending…";
    const started = performance.now();
    try {
      const response = await fetch(form.dataset.path, {
        method: "POST",
        headers: headers(),
        body: message.value,
        cache: "no-store",
        credentials: "omit",
      });
      const text = await response.text();
      const milliseconds = Math.round(performance.now() - started);
      status.textContent = `HTTP ${response.status} ${response.statusText}`.trim() + ` in ${milliseconds} ms`;
      status.className = response.ok ? "good" : "bad";
      show(text);
    } catch (failure) {
      status.textContent = `No answer: ${failure.message}`;
      status.className = "bad";
    } finally {
      button.disabled = false;
    }
  }

  function show(text) {
    answer.hidden = false;
    answerText.value = text;
    const login = text.match(new RegExp(`\\b${form.dataset.login}="([^"]+)"`));
    if (login) keep(login[1]);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  message.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!button.disabled) send();
    }
  });
  for (const version of versions) version.addEventListener("change", writeVersion);
  if (session) {
    session.addEventListener("input", () => {
      keep(session.value);
      writeSession();
    });
    session.value = sessionStorage.getItem(KEPT) ?? "";
    if (session.value) writeSession();
  }
  if (chosen() !== versions[0]) writeVersion();
})();
