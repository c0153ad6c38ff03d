// How the dashboard is built and served while it is worked on.
//
//   V1. The build has no inline script and no inline style, so that the console's policy can refuse all of them.
//   V2. `vite` alone answers /v1 from the stand-in server, with seeded data; with CONSOLE_URL it answers from a console.

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const standInPort = 8191;

/** Starts the stand-in beside Vite and ends with it. */
const standIn = (): Plugin => ({
  name: "riffle-stand-in",
  apply: "serve",
  async configureServer(server) {
    const { startStandIn } = await import("./dev/stand-in-server.ts");
    const running = await startStandIn({ port: standInPort });
    server.httpServer?.once("close", () => void running.close());
  },
});

export default defineConfig(() => {
  const console = process.env["CONSOLE_URL"];
  return {
    root: fileURLToPath(new URL(".", import.meta.url)),
    plugins: [react(), ...(console === undefined ? [standIn()] : [])],
    build: {
      outDir: "../dist/dashboard",
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      target: "es2023",
    },
    server: {
      host: "127.0.0.1",
      proxy: { "/v1": { target: console ?? `http://127.0.0.1:${standInPort}`, ws: true } },
    },
  };
});
