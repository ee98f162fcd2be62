// Starts the account page as a page of its own.
import init from "./gatehouse-account.js";
import { listen } from "./channel.js";

listen();
init();
