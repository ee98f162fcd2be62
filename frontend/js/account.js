// Starts the account page as a page of its own.
import init, { startAccount } from "./gatehouse-account.js";
import { listen } from "./channel.js";

listen();
init().then(() => startAccount(document.getElementById("gatehouse")));
