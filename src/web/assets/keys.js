// Keys on lists and threads: j and k go down and up, o opens, u goes back up, r answers, c writes.
// n goes to what is new next: further down, else to another page or topic.
// On a post alone j and k are the next and the previous one of its topic; h and l go to what is earlier and later.
const rows = [...document.querySelectorAll("[data-keys] > *")];
let at = rows.findIndex((row) => `#${row.id}` === location.hash);

function go(to) {
  if (!rows[to]) return;
  rows[at]?.classList.remove("is-at");
  at = to;
  rows[at].classList.add("is-at");
  const target = rows[at].matches("article") ? rows[at] : rows[at].querySelector("a");
  target?.focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: rows[at].matches("article") ? "start" : "nearest" });
}

const link = (key) => document.querySelector(`[data-key="${key}"]`);
const follow = (link) => link?.click();

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if ("jk".includes(event.key) && rows.length === 0) follow(link(event.key));
  else if ("hl".includes(event.key)) follow(link(event.key));
  else if (event.key === "n") {
    const next = rows.findIndex((row, i) => i > at && row.matches(".is-new"));
    if (next < 0) follow(link("n"));
    else go(next);
  } else if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "o") follow(rows[at]?.querySelector(".new-mark") ?? rows[at]?.querySelector("a"));
  else if (event.key === "u") follow(link("u") ?? document.querySelector(".where a"));
  else if (event.key === "r") follow((rows[at] ?? document).querySelector('[data-key="r"]'));
  else if (event.key === "c") follow(link("c"));
});
