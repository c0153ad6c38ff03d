// What a container's HEALTHCHECK runs: 0 when the service in it is ready. Plain JavaScript on Node alone, because the
// image has neither a shell tool for it nor anything that could compile.

const port = process.env.ADMIN_PORT ?? "9464";

try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_500) });
  process.stdout.write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(
    `nothing answers at 127.0.0.1:${port}/readyz: ${error.cause?.message ?? error.message}\n`,
  );
  process.exitCode = 1;
}
