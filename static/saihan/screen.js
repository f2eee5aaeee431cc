// The large screen for days on end: fresh every minute, and the last picture with its time while nothing fresh comes.
// Without this file the page loads itself anew every minute.

(() => {
  const EVERY = 60_000; // ms from one picture to the next
  const PATIENCE = 20_000; // ms for an answer
  const TURN = 12_000; // ms for a page of a list
  const RENEWAL = 24 * 3600_000; // ms until the page itself is loaded anew, with the styles and scripts of a new version
  const wall = matchMedia("(min-width: 75rem) and (min-aspect-ratio: 4/3)");

  function say(word) {
    for (const line of document.querySelectorAll(".screen-word")) {
      line.hidden = line.id !== word;
      line.querySelector("[data-at]").textContent = document.getElementById("screen-at").textContent;
    }
  }

  // Who is logged out is led to the login page, and who may not see the grid any more gets 404.
  function isOut(answer) {
    return answer.redirected || [401, 403, 404].includes(answer.status);
  }

  async function refresh() {
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (isOut(answer)) return say("screen-out");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("screen");
      if (!answer.ok || !fresh) return say("screen-stale");
      if (performance.now() > RENEWAL) return location.reload(); // the server has just answered
      document.getElementById("screen").replaceWith(document.adoptNode(fresh));
      document.dispatchEvent(new Event("screen:swap"));
      say("");
      turn();
    } catch {
      say("screen-stale");
    }
  }

  // What does not fit is shown page by page. The time of day says which, so that a fresh picture does not begin anew.
  function turn() {
    for (const body of document.querySelectorAll("[data-pages]")) {
      const rows = [...body.rows];
      for (const row of rows) row.hidden = false;
      const list = body.closest(".screen-list");
      const head = body.parentElement.tHead?.offsetHeight ?? 0;
      const fits = wall.matches ? Math.max(1, Math.floor((list.clientHeight - head) / rows[0].offsetHeight)) : rows.length;
      const pages = Math.ceil(rows.length / fits);
      const page = Math.floor(Date.now() / TURN) % pages;
      rows.forEach((row, place) => (row.hidden = Math.floor(place / fits) !== page));
      list.closest("section").querySelector("[data-page]").textContent = pages > 1 ? `${page + 1} / ${pages}` : "";
    }
  }

  async function goOn() {
    await refresh();
    setTimeout(goOn, EVERY);
  }

  turn();
  setInterval(turn, TURN);
  wall.addEventListener("change", turn);
  setTimeout(goOn, EVERY);
})();
