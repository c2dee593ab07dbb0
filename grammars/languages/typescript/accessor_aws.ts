/**
 * Secrets from AWS Secrets Manager, each read once.
 *
 * Made by keylift. Needs the package @aws-sdk/client-secrets-manager; region and credentials come from its own chain.
 * A secret that cannot be read throws: there is no default.
 */
import { spawnSync } from "node:child_process";

const PREFIX = process.env["KEYLIFT_AWS_PREFIX"] || "@KEYLIFT_PREFIX@";

// A process of its own asks, because a lookup is an expression, which cannot wait for an answer.
const ASK = String.raw`
const fs = require("fs");
const { id, from } = JSON.parse(fs.readFileSync(0, "utf8"));
const fail = (error) => { process.stderr.write(error.name + ": " + error.message); process.exit(1); };
process.on("unhandledRejection", fail).on("uncaughtException", fail);
const { SecretsManagerClient, GetSecretValueCommand } = require("module").createRequire(from)("@aws-sdk/client-secrets-manager");
new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: id })).then((answer) => {
  const text = answer.SecretString === undefined ? Buffer.from(answer.SecretBinary).toString() : answer.SecretString;
  process.stdout.write(JSON.stringify(text));
});
`;

const known = new Map<string, string>();

/** The secret of that name, as text. */
export function keyliftSecret(name: string): string {
  const before = known.get(name);
  if (before !== undefined) return before;
  const from = typeof __filename === "string" ? __filename : process.cwd() + "/index.js";
  const request = { id: PREFIX + name, from };
  const asked = spawnSync(process.execPath, ["--no-warnings", "-e", ASK], {
    input: JSON.stringify(request),
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
    windowsHide: true,
  });
  if (asked.status !== 0) {
    throw new Error(`The secret ${name} could not be read: ${asked.error ? asked.error.message : asked.stderr.trim()}`);
  }
  const value: string = JSON.parse(asked.stdout);
  known.set(name, value);
  return value;
}
