// Keys on lists and threads: j and k go down and up, o opens, u goes back up, r answers, c writes.
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

const follow = (link) => link && location.assign(link.href);

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "o") follow(rows[at]?.querySelector("a"));
  else if (event.key === "u") follow(document.querySelector('[data-key="u"]') ?? document.querySelector(".where a"));
  else if (event.key === "r") follow((rows[at] ?? document).querySelector('[data-key="r"]'));
  else if (event.key === "c") follow(document.querySelector('[data-key="c"]'));
});
