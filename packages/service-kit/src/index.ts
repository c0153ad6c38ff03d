// The public names of @riffle/service-kit.

export * from "./nest/index.ts";
export * from "./process.ts";
