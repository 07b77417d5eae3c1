// What is being written is kept in this browser until it has been sent, so that a closed tab loses nothing.
const form = document.querySelector("form.write");
const text = form?.querySelector('textarea[name="text"]');
const key = `draft ${location.pathname}`;

if (text && !text.hidden) {
  const kept = sessionStorage.getItem(key);
  if (kept && kept !== text.value && !document.querySelector(".field-problem")) text.value = kept;
  text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "post") sessionStorage.removeItem(key);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.querySelector('button[value="post"]').click();
  });
}
