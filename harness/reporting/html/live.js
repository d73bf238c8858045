"use strict";
(() => {
  let seen = null;
  async function look() {
    try {
      const now = await (await fetch("/state", { cache: "no-store" })).text();
      if (seen !== null && now !== seen) location.reload();
      seen = now;
    } catch { /* the server is gone; what is shown stays */ }
  }
  look();
  setInterval(look, 1000);
})();
