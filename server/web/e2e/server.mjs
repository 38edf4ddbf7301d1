// The real server, on a port of its own, with a data directory of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const module = fileURLToPath(new URL("../../", import.meta.url));
const startWithin = 30_000;

const built = new Map();

/** CLEW_BIN, or a binary that is built once and removed when the tests end. */
const binary = () => process.env.CLEW_BIN || build("./cmd/clew");

/** The path of a program of the workspace, by its folder below server/. */
function build(folder) {
  if (built.has(folder)) return built.get(folder);
  const dir = mkdtempSync(join(tmpdir(), "clew-e2e-bin-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, basename(folder));
  const go = spawnSync("go", ["build", "-o", path, folder], { cwd: module, encoding: "utf8" });
  if (go.status !== 0) throw new Error(`go build: ${go.error?.message ?? go.stderr}`);
  built.set(folder, path);
  return path;
}

/** Runs examples/approval against a server. path is that of its trace; say writes a line to it. */
export async function startApproval(url) {
  const child = spawn(build("../examples/approval"), [], {
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: url },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const first = await new Promise((resolve, reject) => {
    child.stdout.once("data", (chunk) => resolve(String(chunk)));
    child.once("error", reject);
  });
  return {
    path: first.trim(),
    say: (line) => child.stdin.write(`${line}\n`),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Starts clew on a free port; its url answers when this resolves. stop ends it and removes what it wrote. */
export async function startServer({ key = "" } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "clew-e2e-"));
  const bin = binary();
  const start = (listen) => run(bin, listen, join(dir, "data"), key);
  let running = await start("127.0.0.1:0");
  const { url } = running;
  return {
    url,
    halt: () => running.end(),
    async resume() {
      running = await start(new URL(url).host);
    },
    async stop() {
      await running.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function run(bin, listen, data, key) {
  const args = ["serve", "--listen", listen, "--listen-grpc", "off", "--data", data];
  const child = spawn(bin, args, {
    env: { ...process.env, CLEW_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let output = "";
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`clew tells no address:\n${output}`)), startWithin);
    const read = (chunk) => {
      output += chunk;
      const found = /url=(http:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    void ended.then((code) => reject(new Error(`clew ended with ${code}:\n${output}`)));
  });
  return {
    url,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
