// Starts the form on the page of its own.
import init from "./gatehouse.js";
import { listen } from "./channel.js";
import { ways } from "./ways.js";

const { endpoint } = document.getElementById("gatehouse").dataset;
ways(new URL(endpoint, document.baseURI).href.replace(/\/$/, ""));
// In the place of a page of the app another tab's sign-in is the end of it. Elsewhere it would take away what is typed.
if ("front" in document.getElementById("gatehouse").dataset) listen();
init();
