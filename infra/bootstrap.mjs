// The first thing that runs on a fresh checkout: `node infra/bootstrap.mjs <command> [arguments]`, behind
// `npx -y pnpm@10 start`, `… scenario`, `… riffle`, `… test`, the audits and the rehearsals.
//
// Nothing is installed when it begins, so it is plain JavaScript for Node 20 and later and imports only Node itself.
// It installs what is missing, builds what has changed, and hands over to Node 24, which comes with the packages.
//
//   T1. Installing is skipped while the lockfile is the one that was installed; building is left to turbo's cache.
//   T2. Output of a step is shown only when the step fails. Before `riffle`, whose output programs read, even the line
//       that a step is goes to standard error.
//   T3. The exit code is that of the command, and a signal goes to the command, which then has its time to clean up.
//       Ctrl-C reaches this process and the command at once, and often twice; the command takes signals within half
//       a second of each other for one.
//   T4. What is no command is refused before anything is installed, and `--help` alone needs nothing either.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 20;
/** Type stripping, which runs the launcher's .ts files as they are, is on by default from here. */
const launcherNodeMajor = 24;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isWindows = process.platform === "win32";

const commands = {
  start: (args) => script("infra/launcher/start.ts", args),
  scenario: (args) => script("infra/launcher/scenario.ts", args),
  riffle: (args) => script("packages/cli/dist/main.js", args),
  "audit:faults": (args) => script("audit/faults/run.ts", args),
  "audit:bugs": (args) => script("audit/planted-bugs/run.ts", args),
  "rehearse:compose": (args) => script("audit/rehearsals/compose.ts", args),
  "rehearse:brokers": (args) => script("audit/rehearsals/brokers.ts", args),
  "rehearse:scale": (args) => script("audit/rehearsals/scale.ts", args),
  "rehearse:kubernetes": (args) => script("audit/rehearsals/kubernetes.ts", args),
  test: (args) => pnpm(["run", "verify", ...args]),
};

const stepLines = process.argv[2] === "riffle" ? process.stderr : process.stdout;

/** npm and npx name themselves `npm exec …`; pnpm is a script under a node. */
const packageManager = /^(npm|npx|pnpm)\s|^\S*node\s+\S*\b(npm|npx|pnpm)(\.c?js)?\s/;
/** The shells that they put in between: npx's for pnpm, pnpm's for this script, and the wrapper in node_modules/.bin. */
const glue = /^\S*sh\s+(-c\s+'?pnpm'?\s|-c\s+node infra\/bootstrap\.mjs|\S*\.bin\/node\s)/;

await main(process.argv.slice(2));

async function main([name, ...args]) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < nodeMajorMin) {
    fail(
      `Riffle needs Node ${nodeMajorMin} or later to begin with; this is ${process.version} (${process.execPath}).`,
    );
  }
  const there = `There are: ${Object.keys(commands).join(", ")}.`;
  if (name === "--help" || name === "-h") {
    process.stdout.write(
      `usage: npx -y pnpm@10 <command> [arguments]\n${there} Behind a command, --help says more.\n`,
    );
    return;
  }
  if (!Object.hasOwn(commands, name ?? "")) {
    fail(`${name === undefined ? "No command was named." : `There is no command "${name}".`} ${there}`, 2);
  }
  await installWhenNeeded();
  // `verify` builds by itself, and shows it.
  if (name !== "test") {
    await step("building", pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"]));
  }
  process.exitCode = await handOver(commands[name](args));
}

async function installWhenNeeded() {
  const stamp = join(root, "node_modules", ".riffle-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return;
  }
  await step(
    "installing packages (the first time takes a minute)",
    // Without the question whether an older node_modules may be replaced, which nobody may be there to answer.
    pnpm(["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"]),
  );
  writeFileSync(stamp, wanted);
}

/** The pnpm that runs this, so that its version is the one the user chose; else the one the README names. */
function pnpm(args) {
  const path = process.env.npm_execpath;
  const startedByPnpm = path !== undefined && (process.env.npm_config_user_agent ?? "").startsWith("pnpm/");
  if (!startedByPnpm) {
    return { command: "npx", args: ["-y", "pnpm@10", ...args], shell: isWindows };
  }
  return /\.[cm]?js$/.test(path)
    ? { command: process.execPath, args: [path, ...args], shell: false }
    : { command: path, args, shell: false };
}

function script(path, args) {
  return { command: launcherNode(), args: [join(root, path), ...args], shell: false };
}

/** Node 24 from the installed packages; this process's own where that one cannot run here (a system without glibc). */
function launcherNode() {
  const bundled = join(root, "node_modules", "node", "bin", isWindows ? "node.exe" : "node");
  const { status } = spawnSync(bundled, ["--version"]);
  if (status === 0) {
    return bundled;
  }
  if (Number(process.versions.node.split(".")[0]) >= launcherNodeMajor) {
    return process.execPath;
  }
  const remedy = `delete node_modules and run this again, or use Node ${launcherNodeMajor} or later yourself`;
  fail(`Node ${launcherNodeMajor} from the installed packages does not run (${bundled}); ${remedy}.`);
}

function environment() {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", RIFFLE_LAUNCHER_PARENT: String(process.pid) };
  // It would leave out the development dependencies, which build the rest.
  delete env.NODE_ENV;
  return env;
}

/** Runs a command with its output kept back, in one line: what it does, and how long it took. */
async function step(title, { command, args, shell }) {
  const startedAt = performance.now();
  stepLines.write(`▸ ${title} …`);
  const child = spawn(command, args, {
    cwd: root,
    env: environment(),
    shell,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = [];
  child.stdout.on("data", (chunk) => output.push(chunk));
  child.stderr.on("data", (chunk) => output.push(chunk));
  const code = await exitCodeOf(child);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code !== 0) {
    stepLines.write(` failed after ${seconds} s\n`);
    process.stderr.write(Buffer.concat(output));
    fail(
      `${title}: "${[command, ...args].join(" ")}" ended with exit code ${code}; its output is above.`,
      code,
    );
  }
  stepLines.write(` ${seconds} s\n`);
}

/** Runs the command in the foreground until it ends. */
async function handOver({ command, args, shell }) {
  const child = spawn(command, args, { cwd: root, env: environment(), shell, stdio: "inherit" });
  return await exitCodeOf(child);
}

function exitCodeOf(child) {
  const pass = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) {
    process.on(signal, pass);
  }
  const watch = watchChain(() => child.kill("SIGTERM"));
  return new Promise((resolve) => {
    const end = (code) => {
      clearInterval(watch);
      for (const signal of signals) {
        process.off(signal, pass);
      }
      resolve(code);
    };
    child.once("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      end(1);
    });
    // 128 + the signal's number, as shells say it.
    child.once("exit", (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/**
 * `npx -y pnpm@10 start` is a chain: npx, a shell, pnpm, a shell, this. A link that is killed tells the next one nothing
 * (even SIGTERM ends at the first shell), and all the rest would run on with nobody to stop it. So each link is looked
 * at, and when one is gone the command is asked to end. Whoever typed the command is not a link: a terminal may be
 * closed on a command that was sent to the background on purpose.
 */
function watchChain(onGone) {
  const links = chainAbove();
  const timer = setInterval(() => {
    if (links.some((pid) => !isAlive(pid))) {
      clearInterval(timer);
      onGone();
    }
  }, 500);
  timer.unref();
  return timer;
}

/** The process ids from this process's parent up to the npx or pnpm that was typed; none when there is neither. */
function chainAbove() {
  const processes = runningProcesses();
  const chain = [];
  let length = 0;
  for (let pid = process.ppid; processes.has(pid); pid = processes.get(pid).parent) {
    const { args } = processes.get(pid);
    chain.push(pid);
    if (packageManager.test(args)) {
      length = chain.length;
    } else if (!glue.test(args)) {
      break;
    }
  }
  return chain.slice(0, length);
}

/** Process id → parent and command line; empty where there is no `ps`. */
function runningProcesses() {
  const { stdout } = isWindows ? {} : spawnSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  const matches = (stdout ?? "").matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm);
  return new Map(
    [...matches].map(([, pid, parent, args]) => [Number(pid), { parent: Number(parent), args }]),
  );
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
