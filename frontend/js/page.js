// Starts the form on the page of its own.
import init from "./gatehouse.js";
import { listen } from "./channel.js";

// In the place of a page of the app another tab's sign-in is the end of it. Elsewhere it would take away what is typed.
if ("front" in document.getElementById("gatehouse").dataset) listen();
init();
