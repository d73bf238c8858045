"use strict";
(() => {
  let seen = null;
  async function look() {
    try {
      const answer = await fetch("/state", { cache: "no-store" });
      if (!answer.ok) return;
      const now = await answer.text();
      if (seen !== null && now !== seen) location.reload();
      seen = now;
    } catch { /* the server is gone; what is shown stays */ }
  }
  look();
  setInterval(look, 1000);
})();
