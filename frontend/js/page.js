// Starts the form on the page of its own.
import init from "./gatehouse.js";
init();
