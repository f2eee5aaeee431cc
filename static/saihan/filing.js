// Filing: categories are filtered while one types, the line to write is ready once a category is chosen, and open cases
// that may be the same are looked up when place or category change.
// Without this file the search button asks the server and everything else is plain HTML.

(() => {
  const form = document.getElementById("filing");
  const search = document.getElementById("category-search");
  const chosen = document.getElementById("chosen-category");
  const title = document.getElementById("id_title");
  const alike = document.getElementById("alike");
  const majors = [...document.querySelectorAll("#majors details")];
  const accordion = "major"; // one major is open at a time, but all that fit while one searches

  document.getElementById("category-search-button").remove();
  search.parentElement.classList.remove("input-group");

  function filter() {
    const words = search.value.trim().toLowerCase();
    let found = 0;
    for (const major of majors) {
      let hits = 0;
      for (const label of major.querySelectorAll("label")) {
        const fits = label.querySelector("input").dataset.name.toLowerCase().includes(words);
        label.hidden = !fits;
        hits += fits;
      }
      major.hidden = hits === 0;
      if (words) major.removeAttribute("name");
      else major.name = accordion;
      major.open = words !== "" && hits > 0;
      found += hits;
    }
    const familiar = document.getElementById("familiar");
    if (familiar) familiar.hidden = words !== "";
    document.getElementById("no-category").hidden = found > 0;
  }

  // On the phone what is asked next stands below, and the heading says what was chosen.
  function fold() {
    if (chosen.textContent && matchMedia("(max-width: 61.99rem)").matches) for (const major of majors) major.open = false;
  }

  fold();
  search.addEventListener("input", filter);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "search") event.preventDefault();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "category") {
      chosen.textContent = event.target.dataset.name;
      fold();
      if (!title.value) title.focus();
    }
    if (["grid", "category", "latitude"].includes(event.target.name)) alike.dispatchEvent(new Event("look"));
  });
})();
