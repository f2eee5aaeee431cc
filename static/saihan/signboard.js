// The button prints; without this file one prints from the browser's menu.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
