import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export interface Operation {
  operationId: string;
  security?: object[];
  parameters?: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

/** Reads the OpenAPI document of a server. */
export async function readDocument(url: string): Promise<OpenApi> {
  return (await (await fetch(`${url}/docs/json`)).json()) as OpenApi;
}

/** Returns every operation with its method and path. */
export function operationsOf(document: OpenApi): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Returns a function that compares a response with the document: undefined, or the mismatch. */
export function responseChecker(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, "openapi");
  return async function mismatchOf(method: string, path: string, response: Response): Promise<string | undefined> {
    const documented = document.paths[path]?.[method.toLowerCase()]?.responses[response.status];
    if (!documented) return `${method} ${path} returned ${response.status}, which is not documented`;
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const text = await response.text();
    if (!documented.content)
      return text === "" ? undefined : `${method} ${path} returned ${response.status} with a body`;
    const schema = documented.content[type]?.schema;
    if (!schema) return `${method} ${path} returned ${response.status} as ${type || "nothing"}`;
    const pointer = `openapi#/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${method.toLowerCase()}/responses/${response.status}/content/${type.replaceAll("/", "~1")}/schema`;
    const validate = ajv.getSchema(encodeURI(pointer)) ?? ajv.compile({ $ref: encodeURI(pointer) });
    return validate(JSON.parse(text))
      ? undefined
      : `${method} ${path} ${response.status}: ${ajv.errorsText(validate.errors)}`;
  };
}
