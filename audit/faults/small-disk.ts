// A disk that is soon full, for one process and what it starts: for real, not by a fake in front of the file system.
//
//   `file system`      a tmpfs of that size over the folder, seen by that process alone. Needs Linux and the right to mount:
//                      root, or user namespaces for everybody. What is in it is gone when the process ends.
//   `file size limit`  no file of that process can grow beyond it (RLIMIT_FSIZE, by `ulimit -f`). Needs nothing, and works
//                      wherever there is a shell. Writes fail with EFBIG in place of ENOSPC; the disk itself has room.

import { spawnSync } from "node:child_process";

/** How the disk is made small. */
export type SmallDiskKind = "file system" | "file size limit";

/** A program and its arguments. */
export type Words = readonly [program: string, ...args: string[]];

const blockBytes = 512;

/** Root mounts in a mount namespace; others become root in a user namespace of their own first. */
const namespaces = (): string => (process.getuid?.() === 0 ? "-m" : "-rm");

const mountAndRun = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"';
const limitAndRun = 'ulimit -f "$1" && shift && exec "$@"';

/**
 * The words that run a program on a small disk. The process that they become is the program: it has its process id.
 *
 * @param folder exists; the small disk is there
 * @param bytes of all files together, or of the largest
 */
export const onSmallDisk = (kind: SmallDiskKind, folder: string, bytes: number, words: Words): Words =>
  kind === "file system"
    ? ["unshare", namespaces(), "sh", "-c", mountAndRun, "sh", String(bytes), folder, ...words]
    : ["sh", "-c", limitAndRun, "sh", String(Math.ceil(bytes / blockBytes)), ...words];

/** The kinds that work on this machine: `file size limit` always, on a system with a shell. */
export const smallDiskKinds = (folder: string): SmallDiskKind[] =>
  (["file system", "file size limit"] as const).filter((kind) => {
    const [program, ...args] = onSmallDisk(kind, folder, 1 << 20, ["true"]);
    return spawnSync(program, args, { stdio: "ignore" }).status === 0;
  });
