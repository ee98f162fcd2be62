// better-auth behind node:http, with the same Argon2id as Gatehouse. `node better_auth.mjs PORT DATABASE [cookie-cache]`,
// the database as `sqlite:PATH` or `postgres://…`.

import { createServer } from "node:http";

import { LibsqlDialect } from "@libsql/kysely-libsql";
import { Algorithm, hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import pg from "pg";

const [port, database, cookieCache] = process.argv.slice(2);
const argon2id = { algorithm: Algorithm.Argon2id, memoryCost: 19456, timeCost: 2, parallelism: 1 };

async function opened() {
  if (!database.startsWith("sqlite:")) return new pg.Pool({ connectionString: database, max: 10 });
  const dialect = new LibsqlDialect({ url: `file:${database.slice("sqlite:".length)}` });
  return { dialect, type: "sqlite" };
}

const options = {
  baseURL: `http://localhost:${port}`,
  secret: "a secret that is long enough for a benchmark",
  database: await opened(),
  emailAndPassword: {
    enabled: true,
    password: { hash: (text) => hash(text, argon2id), verify: ({ hash, password }) => verify(hash, password) },
  },
  session: { cookieCache: { enabled: cookieCache === "cookie-cache", maxAge: 300 } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
};

const { runMigrations } = await getMigrations(options);
await runMigrations();
if (database.startsWith("sqlite:")) {
  const { createClient } = await import("@libsql/client");
  const client = createClient({ url: `file:${database.slice("sqlite:".length)}` });
  await client.execute("PRAGMA journal_mode = WAL");
  client.close();
}
createServer(toNodeHandler(betterAuth(options))).listen(Number(port), "127.0.0.1");
