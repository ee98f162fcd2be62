// Starts the form on the page of its own.
import init from "./gatehouse.js";
import { listen } from "./channel.js";
import { styled } from "./style.js";
import { ways } from "./ways.js";

const element = document.getElementById("gatehouse");

// Where a factor has to be set up before anything else, another program goes on in the same place. Without it the form
// begins anew.
element.addEventListener("gatehouse-enroll", async ({ detail: [flow, keep] }) => {
  try {
    const [program] = await Promise.all([import("./gatehouse-account.js"), styled(element)]);
    await program.default();
    program.startEnrollment(element, flow, keep);
  } catch {
    location.reload();
  }
});

ways(new URL(element.dataset.endpoint, document.baseURI).href.replace(/\/$/, ""));
// In the place of a page of the app another tab's sign-in is the end of it. Elsewhere it would take away what is typed.
if ("front" in element.dataset) listen();
init();
