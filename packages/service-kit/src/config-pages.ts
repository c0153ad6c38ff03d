// The configuration as text: the table of a README and the lines of an .env.example.
//
// Both are functions of the schemas, so that a page can be compared with what the code reads.

import { IsOptional, type TObject, type TProperties } from "typebox";
import { ruleOf, type VariableSchema, variableSchema } from "./config-value.ts";

function defaultOf(property: TProperties[string]): string {
  const variable = variableSchema(property);
  if (variable.defaultText !== undefined) return variable.defaultText;
  if (variable.default === undefined) return IsOptional(property) ? "none" : "**required**";
  if (variable.secret === true) return "(secret)";
  return `\`${String(variable.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Columns padded to one width, as the formatter of the repository writes tables. */
function alignedTable(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) =>
    Math.max(3, ...rows.map((row) => [...(row[column] ?? "")].length)),
  );
  const lines = rows.map((row) =>
    row.map((text, column) => text + " ".repeat((widths[column] ?? 0) - [...text].length)),
  );
  const rule = widths.map((width) => "-".repeat(width));
  return [...lines.slice(0, 1), rule, ...lines.slice(1)]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/**
 * The Markdown table of a schema's variables: name, meaning, rule, default, in the order of the schema.
 * A secret's row says that `<NAME>_FILE` is read too.
 */
export function configTable<P extends TProperties>(schema: TObject<P>): string {
  const rows = Object.entries(schema.properties).map(([name, property]) => {
    const variable = variableSchema(property);
    const file = variable.secret === true ? ` Secret; \`${name}_FILE\` may name a file that holds it.` : "";
    const meaning = cell(`${variable.description ?? ""}${file}`);
    return [`\`${name}\``, meaning, cell(ruleOf(variable)), defaultOf(property)];
  });
  return alignedTable([["Variable", "Meaning", "Must be", "Default"], ...rows]);
}

function exampleLine(name: string, variable: VariableSchema): string {
  const value = variable.defaultText === undefined ? variable.default : undefined;
  if (value !== undefined && variable.secret !== true) return `# ${name}=${String(value)}`;
  return `# ${name}=${variable.secret === true ? "" : (variable.examples?.[0] ?? "")}`;
}

function exampleBlock(name: string, property: TProperties[string]): string {
  const variable = variableSchema(property);
  const required = variable.default === undefined && !IsOptional(property) ? " Required." : "";
  return [
    `# ${variable.description ?? ""} Must be ${ruleOf(variable)}.${required}`,
    exampleLine(name, variable),
  ].join("\n");
}

/**
 * The text of .env.example: first what all services share with the same default, then each service's own.
 *
 * @param schemas the configuration schema of each service by its name
 */
export function envExample(schemas: Readonly<Record<string, TObject<TProperties>>>): string {
  const services = Object.entries(schemas);
  const blocksOf = ([, schema]: (typeof services)[number]): string[] =>
    Object.entries(schema.properties).map(([name, property]) => exampleBlock(name, property));
  const [first, ...others] = services.map(blocksOf);
  const shared = (first ?? []).filter((block) => others.every((blocks) => blocks.includes(block)));
  const sections = services.map((service) => {
    const own = blocksOf(service).filter((block) => !shared.includes(block));
    return own.length === 0 ? "" : `## ${service[0]}\n\n${own.join("\n\n")}\n`;
  });
  return [`## every service\n\n${shared.join("\n\n")}\n`, ...sections].filter((s) => s !== "").join("\n");
}
