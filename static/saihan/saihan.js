// Small helps for every page; all of it works without this file too.

// A form that is on its way is not sent a second time by a second tap.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // A page that comes back from the browser's memory has to be usable again.
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});

// What is folded away on a phone is open where there is room for it, also in what htmx has just brought.
function openWide() {
  if (!matchMedia("(min-width: 62rem)").matches) return;
  for (const details of document.querySelectorAll("details[data-open-wide]")) details.open = true;
}
openWide();
document.addEventListener("htmx:after:swap", openWide);

// In a row that is scrolled sideways, what is chosen is in sight.
for (const chosen of document.querySelectorAll(".chips-scroll > [aria-current], .chips-scroll > .chip-chosen")) {
  const row = chosen.parentElement;
  row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
}
