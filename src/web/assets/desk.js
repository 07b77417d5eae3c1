// The desk by keys: a approves, d declines, t approves and trusts, z takes back; w and q open what is written in, e edits,
// c tells the others, j and k go on and back, x chooses in the list. What can be taken back counts down and then goes.
const $ = (selector) => document.querySelector(selector);
const rows = [...document.querySelectorAll("[data-keys] > *")];
let at = -1;
let isSent = false;

addEventListener("submit", () => {
  isSent = true;
});
addEventListener("pageshow", () => {
  isSent = false;
});

function go(to) {
  if (!rows[to]) return;
  rows[at]?.classList.remove("is-at");
  at = to;
  rows[at].classList.add("is-at");
  rows[at].querySelector("a")?.focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
}

addEventListener("keydown", (event) => {
  const { key } = event;
  if (event.target.matches("textarea") && key === "Enter" && (event.ctrlKey || event.metaKey))
    event.target.closest("details")?.querySelector("button[name=do]")?.click();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isSent) return;
  if (key === "Escape" && event.target.closest("details")) {
    event.target.closest("details").open = false;
    document.activeElement?.blur();
    return;
  }
  if (event.target.closest("input:not([type=checkbox]), textarea, select") || !/^[a-z]$/.test(key)) return;
  const button = $(`[data-press="${key}"]`);
  const link = $(`[data-key="${key}"]`);
  const more = $(`[data-open="${key}"]`);
  if (button) button.click();
  else if (more) {
    more.open = true;
    more.querySelector("textarea").focus();
  } else if (rows.length > 0 && key === "j") go(at + 1);
  else if (rows.length > 0 && key === "k") go(at - 1);
  else if (rows[at] && key === "o") location.assign(rows[at].querySelector("a").href);
  else if (rows[at] && key === "x") rows[at].querySelector("input").click();
  else if (link) location.assign(link.href);
  else return;
  event.preventDefault();
});

// The machine's clock may be wrong: counted from when the page came, by what the server said was left.
for (const bar of document.querySelectorAll(".undo[data-left]")) {
  const end = performance.now() + Number(bar.dataset.left);
  const words = bar.querySelector(".undo-until");
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left <= 0) bar.remove();
    else {
      words.textContent = bar.dataset.words.replace("{0}", left);
      setTimeout(tick, 250);
    }
  };
  tick();
}
