// docker-compose.yml, driven: brought up, looked at, taken down with its volumes.
//
//   CS1. The project's name is the rehearsal's own, so that somebody's running stack and its data are never touched.

import { sh } from "./shell.ts";

/** One running container. */
export interface ComposeContainer {
  readonly service: string;
  readonly startedAtMs: number;
}

/** A stack under a name of its own. */
export class ComposeStack {
  readonly #words: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  /** @param envFile for `--env-file`; its variables give way to `env` */
  constructor(project: string, env: Readonly<Record<string, string>>, envFile?: string) {
    this.#env = { ...env, COMPOSE_PROJECT_NAME: project };
    this.#words = ["docker", "compose", ...(envFile === undefined ? [] : ["--env-file", envFile])];
  }

  /** `docker compose …`; resolves with its standard output. */
  run(...words: string[]): Promise<string> {
    return sh([...this.#words, ...words], { env: this.#env });
  }

  /** Starts everything, or these services of whatever profile, and waits until all of it is healthy. */
  async up(...services: readonly string[]): Promise<void> {
    await this.run("up", "--detach", "--wait", "--wait-timeout", "600", ...services);
  }

  /** Takes everything down, its data too, and whatever a profile has added. */
  async down(): Promise<void> {
    await this.run("--profile", "*", "down", "--volumes", "--timeout", "20");
  }

  /** When the container of a service was started, and how it ended if it did. */
  async stateOf(service: string): Promise<{ startedAtMs: number; exitCode: number; running: boolean }> {
    const id = (await this.run("ps", "--all", "--quiet", service)).trim();
    const [state] = JSON.parse(await sh(["docker", "inspect", id])) as [
      { State: { StartedAt: string; ExitCode: number; Running: boolean } },
    ];
    const { StartedAt, ExitCode, Running } = state.State;
    return { startedAtMs: Date.parse(StartedAt), exitCode: ExitCode, running: Running };
  }
}

/** Size of an image in bytes, all layers. */
export const imageBytes = async (image: string): Promise<number> =>
  Number((await sh(["docker", "image", "inspect", "--format", "{{.Size}}", image])).trim());
