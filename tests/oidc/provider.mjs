// A certified provider of OpenID Connect, on this machine, for the tests: it signs everybody in without asking.
//
// Takes one JSON object as its argument: clientId, clientSecret, redirectUris, account (the subject), claims. Prints its
// issuer. Ends with its standard input, so that none outlives a test.

import { createServer } from "node:http";

import { Provider } from "oidc-provider";

const { clientId, clientSecret, redirectUris, account, claims } = JSON.parse(process.argv[2]);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris }],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "nickname", "preferred_username", "groups"],
    },
    cookies: { keys: ["for tests alone"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...claims }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) {
      answer(request, response);
      return;
    }
    interact(provider, request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  console.log(issuer);
});

async function interact(provider, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (account === null) {
    const result = { error: "access_denied", error_description: "Somebody turned back." };
    await provider.interactionFinished(request, response, result);
    return;
  }
  if (prompt.name === "login") {
    await provider.interactionFinished(request, response, { login: { accountId: account } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
