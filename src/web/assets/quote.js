// A reply takes along what is selected in the post it answers, to be quoted (write.js).
addEventListener("click", (event) => {
  const link = event.target.closest('a[data-key="r"]');
  const selection = getSelection();
  if (!link || selection.isCollapsed) return;
  const body = link.closest("article")?.querySelector(".post-body");
  if (!body?.contains(selection.anchorNode) || !body.contains(selection.focusNode)) return;
  sessionStorage.setItem("quote", JSON.stringify({ to: new URL(link.href).pathname, words: String(selection) }));
});
