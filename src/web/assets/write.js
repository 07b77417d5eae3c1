// Writing with a script: what is typed is saved as a draft while one writes; files are attached by choosing, dropping or
// pasting them, and show how far they are; the letter stands beside the form as it will be read. The server does all of
// it for a form without a script too, at the same address; here it answers in JSON.
const form = document.querySelector("form.write");
const text = form.elements.text;
const status = form.querySelector(".write-status");
const pane = document.querySelector("#preview");
const problem = document.querySelector("#files-problem");
const input = form.elements.file;
const key = `draft ${location.pathname}`;
const PAUSE = 1500;
let saved = state();
let timer;
let isLeaving = false;
let last = Promise.resolve();

function state() {
  return JSON.stringify(["subject", "text", "special", "plain"].map((name) => field(name)));
}

function field(name) {
  const one = form.elements[name];
  return one ? (one.type === "checkbox" ? one.checked : one.value) : "";
}

function fields(what) {
  const data = new FormData(form);
  data.delete("file");
  data.set("do", what);
  return data;
}

// One after another, so that each names the version that the one before has made.
function ask(what, file) {
  last = last.then(() => send(what, file)).catch(lost);
  return last;
}

async function send(what, file) {
  const data = fields(what);
  const before = state();
  if (file) data.append("file", file, file.name || "picture.png");
  const answer = file ? await upload(data, file) : await post(data);
  saved = before;
  sessionStorage.removeItem(key);
  form.elements.id.value = answer.id;
  form.elements.version.value = answer.version;
  if (answer.version > 0) history.replaceState(null, "", `${form.getAttribute("action")}?draft=${answer.id}`);
  status.textContent = answer.words;
  if (answer.files !== document.querySelector("#files").innerHTML) showFiles(answer.files);
  if (problem) problem.textContent = answer.problem;
  if (pane.firstElementChild) showPreview(answer.preview);
  return answer;
}

async function post(data) {
  const answer = await fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" } });
  return read(answer.headers.get("content-type"), () => answer.json());
}

// A page instead of JSON: signed out, or an error that is told there.
function read(type, json) {
  if (!/^application\/json/.test(type ?? "")) throw new Error("no JSON");
  return json();
}

function lost() {
  sessionStorage.setItem(key, state());
  status.textContent = form.dataset.lost;
}

function upload(data, file) {
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", file.name);
  const line = document.createElement("p");
  line.className = "uploading";
  line.append(file.name, " ", bar);
  document.querySelector("#files").append(line);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = loaded / total;
    };
    request.onerror = () => reject(new Error("lost"));
    request.onload = () => {
      try {
        resolve(read(request.getResponseHeader("content-type"), () => JSON.parse(request.responseText)));
      } catch (error) {
        reject(error);
      }
    };
    request.send(data);
  }).finally(() => line.remove());
}

async function attach(files) {
  for (const file of files) {
    if (file.size > Number(form.dataset.most)) problem.textContent = form.dataset.large;
    else await ask("attach", file);
  }
}

function showFiles(html) {
  document.querySelector("#files").innerHTML = html;
  for (const button of document.querySelectorAll("#files [data-place]")) button.hidden = false;
}

function showPreview(html) {
  const isText = pane.querySelector("#preview-text")?.checked;
  pane.innerHTML = html;
  if (isText) pane.querySelector("#preview-text").checked = true;
}

// Where one was writing, although something else on the page is selected meanwhile.
let caret = text.value.length;
for (const name of ["keyup", "pointerup", "input"])
  text.addEventListener(name, () => {
    caret = text.selectionEnd;
  });

function insert(words) {
  text.focus();
  text.setRangeText(words, caret, caret, "end");
  caret = text.selectionEnd;
  changed();
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => state() !== saved && ask("save"), PAUSE);
}

// A tab that is put away or closed saves what is left (the body of such a request may be 64 KB).
function leave() {
  if (isLeaving || state() === saved) return;
  const data = new URLSearchParams(fields("save"));
  fetch(form.action, { method: "POST", body: data, headers: { accept: "application/json" }, keepalive: true })
    .then((answer) => read(answer.headers.get("content-type"), () => answer.json()))
    .then(({ id, version }) => {
      form.elements.id.value = id;
      form.elements.version.value = version;
    })
    .catch(lost);
  saved = state();
}

form.addEventListener("input", ({ target }) => target !== input && changed());
input?.addEventListener("change", async () => {
  const files = [...input.files];
  input.value = "";
  await attach(files);
});
form.addEventListener("dragover", (event) => {
  if (!input || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  form.classList.add("is-target");
});
form.addEventListener("dragleave", () => form.classList.remove("is-target"));
form.addEventListener("drop", (event) => {
  form.classList.remove("is-target");
  if (!input || event.dataTransfer.files.length === 0) return;
  event.preventDefault();
  attach([...event.dataTransfer.files]);
});
text.addEventListener("paste", async (event) => {
  const files = [...event.clipboardData.files];
  if (!input || files.length === 0 || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  await attach(files);
  const placed = [...document.querySelectorAll("#files [data-place]")].at(-1);
  if (placed && files.at(-1).type.startsWith("image/")) place(placed.dataset.place);
});
const place = (name) => insert(`![${name.replace(/[[\]]/g, "")}](cid:${encodeURIComponent(name)})`);

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.place) place(button.dataset.place);
  if (button?.name !== "do") return;
  if (button.value === "preview") {
    event.preventDefault();
    if (pane.firstElementChild) pane.replaceChildren();
    else
      ask("preview").then((answer) => {
        if (!answer) return;
        showPreview(answer.preview);
        pane.scrollIntoView({ block: "nearest" });
      });
  } else if (button.value === "save" || button.value.startsWith("remove ")) {
    event.preventDefault();
    ask(button.value);
  }
});
let isReady = false;
form.addEventListener("submit", (event) => {
  if (isReady) return;
  // What is still under way makes the version that is sent.
  event.preventDefault();
  const { submitter } = event;
  clearTimeout(timer);
  // In a turn of its own: while this event is still being handled, a form does not submit itself again.
  last.finally(() =>
    setTimeout(() => {
      isReady = isLeaving = true;
      form.requestSubmit(submitter);
      isReady = false;
    }),
  );
});
addEventListener("pagehide", leave);
addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
addEventListener("pageshow", () => {
  isLeaving = false;
});
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.querySelector('button[value="post"]').click();
});

// What could not be saved before a page was left.
const kept = sessionStorage.getItem(key);
if (kept && !document.querySelector(".field-problem:not(:empty)")) {
  const [subject, words] = JSON.parse(kept);
  form.elements.subject.value = subject;
  text.value = words;
  changed();
}

// Quoting what is selected: here, or in the topic one comes from (quote.js).
const quoted = (words) =>
  `${form.dataset.quote}\n${words
    .trim()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n")}\n\n`;
const button = document.querySelector("[data-quote-selection]");
if (button) {
  button.hidden = false;
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const words = String(getSelection());
    if (words.trim()) insert(quoted(words));
  });
  const brought = JSON.parse(sessionStorage.getItem("quote") ?? "null");
  sessionStorage.removeItem("quote");
  if (brought?.to === location.pathname && text.value === "") insert(quoted(brought.words));
}
for (const one of document.querySelectorAll("[data-scripted]")) one.hidden = false;
if (input) form.querySelector('button[value="attach"]').hidden = true;
for (const one of document.querySelectorAll("#files [data-place]")) one.hidden = false;
