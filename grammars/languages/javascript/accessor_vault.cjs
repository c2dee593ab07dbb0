"use strict";
/**
 * Secrets from HashiCorp Vault or OpenBao, each read once.
 *
 * Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
 * VAULT_NAMESPACE, a private authority's certificate from VAULT_CACERT. A secret that cannot be read throws: there is
 * no default.
 */
const { spawnSync } = require("child_process");

const MOUNT = process.env.KEYLIFT_VAULT_MOUNT || "@KEYLIFT_MOUNT@";
const PREFIX = process.env.KEYLIFT_VAULT_PREFIX || "@KEYLIFT_PREFIX@";
const FIELD = "@KEYLIFT_FIELD@";
const VERSION = process.env.KEYLIFT_VAULT_KV || "@KEYLIFT_KV@";

// A process of its own asks, because a lookup is an expression, which cannot wait for an answer.
const ASK = String.raw`
const fs = require("fs"), os = require("os"), path = require("path");
const { url, field, version } = JSON.parse(fs.readFileSync(0, "utf8"));
const env = process.env;
const fail = (why) => { process.stderr.write(why); process.exit(1); };
if (!env.VAULT_ADDR) fail("VAULT_ADDR is not set");
let token = env.VAULT_TOKEN;
if (!token) {
  try { token = fs.readFileSync(path.join(os.homedir(), ".vault-token"), "utf8").trim(); } catch { fail("VAULT_TOKEN is not set"); }
}
const headers = { "X-Vault-Token": token, "X-Vault-Request": "true" };
if (env.VAULT_NAMESPACE) headers["X-Vault-Namespace"] = env.VAULT_NAMESPACE;
const options = { headers };
if (env.VAULT_CACERT) options.ca = fs.readFileSync(env.VAULT_CACERT);
const target = new URL(env.VAULT_ADDR.replace(/[/]+$/, "") + url);
require(target.protocol === "https:" ? "https" : "http").get(target, options, (answer) => {
  let body = "";
  answer.setEncoding("utf8").on("data", (part) => { body += part; }).on("end", () => {
    if (answer.statusCode !== 200) fail("the server answered " + answer.statusCode);
    let value;
    try { const data = JSON.parse(body).data; value = (version === "1" ? data : data.data)[field]; } catch { value = null; }
    if (typeof value !== "string") fail("the answer has no text in the field " + field);
    process.stdout.write(JSON.stringify(value));
  });
}).setTimeout(30000, () => fail("the server does not answer")).on("error", (error) => fail(error.code || "no connection"));
`;

/** @type {Map<string, string>} */
const known = new Map();

/**
 * The secret of that name, as text.
 * @param {string} name
 * @returns {string}
 */
function keyliftSecret(name) {
  const before = known.get(name);
  if (before !== undefined) return before;
  const parts = [MOUNT, ...(VERSION === "1" ? [] : ["data"]), ...PREFIX.split("/"), name].filter((part) => part !== "");
  const request = { url: "/v1/" + parts.map((part) => part.split("/").map(encodeURIComponent).join("/")).join("/"), field: FIELD, version: VERSION };
  const asked = spawnSync(process.execPath, ["--no-warnings", "-e", ASK], {
    input: JSON.stringify(request),
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
    windowsHide: true,
  });
  if (asked.status !== 0) {
    throw new Error(`The secret ${name} could not be read: ${asked.error ? asked.error.message : asked.stderr.trim()}`);
  }
  const value = JSON.parse(asked.stdout);
  known.set(name, value);
  return value;
}

exports.keyliftSecret = keyliftSecret;
