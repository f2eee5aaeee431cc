// The button of the case file; without this file the browser's own menu prints it.

(() => {
  const button = document.getElementById("print");
  button.hidden = false;
  button.addEventListener("click", () => window.print());
})();
